"""What hosting costs, and what leaving Vimeo saves: dollars a month, at the prices of the settings."""

from typing import Final

from shared.config import Settings

TERABYTE: Final = 10**12


def monthly_savings(migrated: int, settings: Settings) -> float:
    """What so many videos would cost at Vimeo in a month (``SAVINGS_USD_PER_VIDEO``)."""
    return round(migrated * settings.savings_usd_per_video, 2)


def storage_cost(size_bytes: int, settings: Settings) -> float:
    """What it costs to keep so many bytes for a month (``STORAGE_USD_PER_TB``, a terabyte being 10^12 bytes)."""
    return round(size_bytes / TERABYTE * settings.storage_usd_per_tb, 2)


def traffic_cost(size_bytes: int, settings: Settings) -> float:
    """What it costs to send so many bytes through the CDN (``TRAFFIC_USD_PER_TB``)."""
    return round(size_bytes / TERABYTE * settings.traffic_usd_per_tb, 2)
