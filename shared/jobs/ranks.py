"""In which order the messages of a queue are taken.

Priorities are ranges of ranks, far apart. Within one, a rank is a place on a line that all jobs move along together:
what a new job sends begins where the others are now (start-time fair queueing), so a long one does not keep a short one
waiting.
"""

CLASS = 10**11
# Where the line begins when nobody is on it; there is room before it for what is made again.
BEGINNING = 10**6


def rank_of(priority: int, place: int) -> int:
    """The rank of a message: ``priority`` from -1 (low) to 1 (high), ``place`` from 0."""
    return -priority * CLASS + place


def range_of(priority: int) -> tuple[int, int]:
    """The ranks of a priority: the first, and the first one beyond."""
    return rank_of(priority, 0), rank_of(priority, CLASS)


def score_of(rank: int) -> int:
    """Where arq files it. arq takes the lowest score first, no score of 0 and none beyond now in milliseconds."""
    return CLASS + 1 + rank
