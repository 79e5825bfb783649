"""Free TCP ports on loopback, chosen below the range from which the kernel takes ports for outgoing connections."""

import random
import socket
from collections.abc import Iterable, Sequence

_LOWEST, _HIGHEST = 12000, 32000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on ``host:port`` now.

    :raises OSError: the host name does not resolve.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


def free_port(*, offsets: Sequence[int] = (0,), avoid: Iterable[int] = (), preferred: int | None = None) -> int:
    """A port p such that p + offset is free for each offset; ``preferred`` if it is one.

    Another program may take it before it is used, so a server that dies at its start is worth a second choice.

    :raises RuntimeError: nothing was found, which means the machine has run out of ports.
    """
    taken = set(avoid)
    highest = _HIGHEST - max(offsets)
    candidates = [random.randrange(_LOWEST, highest) for _ in range(500)]  # noqa: S311 - not a secret
    for port in [preferred, *candidates] if preferred else candidates:
        wanted = [port + offset for offset in offsets]
        if not taken.intersection(wanted) and all(is_free(one) for one in wanted):
            return port
    raise RuntimeError("No free TCP port between 12000 and 32000 on 127.0.0.1.")
