"""How the project speaks with Vimeo: a client behind the gate of all processes."""

import httpx

from shared.clients.vimeo import VimeoClient, is_connected
from shared.config import Settings
from shared.db.session import Database
from shared.vimeo.quota import PATIENCE_SECONDS, Outlook, Quota, QuotaGate, outlook, quota

__all__ = ["Outlook", "Quota", "connect", "is_connected", "outlook", "quota"]


def connect(
    settings: Settings,
    database: Database,
    http: httpx.AsyncClient,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    tries: int = 3,
) -> VimeoClient:
    """The client of the account whose token is set. Cheap: make one where it is needed, over one ``http``.

    ``patience_seconds`` is how long a call waits for its turn, and ``tries`` how often it asks: someone who waits for
    an answer wants few of both.

    :raises VimeoNotConnected: no token is set.
    """
    return VimeoClient(settings, http, QuotaGate(settings, database, patience_seconds=patience_seconds), tries=tries)
