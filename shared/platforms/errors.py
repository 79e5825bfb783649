"""Errors of platforms."""

from shared.errors import Conflict, NotFound


class PlatformNotFound(NotFound):
    """The video has no entry for that platform."""

    code, title = "platform_not_found", "The video is not at that platform"


class ExternalIdTaken(Conflict):
    """Another video has this id at that platform."""

    code, title = "external_id_taken", "Another video has this external id"


class PlatformInUse(Conflict):
    """The video plays from there, or can be rolled back to it."""

    code, title = "platform_in_use", "The video needs this platform"
