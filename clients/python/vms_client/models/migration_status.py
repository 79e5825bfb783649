from enum import StrEnum


class MigrationStatus(StrEnum):
    HETZNER_ONLY = "hetzner_only"
    HETZNER_PRIMARY = "hetzner_primary"
    MIGRATING = "migrating"
    VIMEO_ONLY = "vimeo_only"

    def __str__(self) -> str:
        return str(self.value)
