"""Errors of the sync. What a call to Vimeo raises is in ``shared.clients.vimeo_values``."""

from shared.errors import NotFound


class SyncRunNotFound(NotFound):
    """There is no such run."""

    code, title = "sync_run_not_found", "There is no such sync run"
