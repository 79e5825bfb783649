"""What an encode or transfer task finds in arq's context: settings, storage, the way to report. No database."""

from dataclasses import dataclass

from shared.clients.s3 import S3
from shared.config import Settings
from worker.callbacks import Callbacks
from worker.media.probe import Prober


@dataclass(frozen=True, slots=True)
class Tools:
    """Made once for each worker process."""

    settings: Settings
    s3: S3
    callbacks: Callbacks
    worker_id: str
    prober: Prober | None = None
