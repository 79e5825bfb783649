"""What can be wrong with analytics."""

from shared.errors import TooManyRequests, Unavailable


class BeaconFlood(TooManyRequests):
    """429: more events than people who watch can make."""

    code, title = "too_many_events", "Too many events"


class BeaconFull(Unavailable):
    """503: events wait for the database, and no more may wait."""

    code, title = "beacon_full", "More events are waiting than can be kept"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": "5"}
