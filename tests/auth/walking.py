"""Every route of the API, as the routers have it."""

import re
from uuid import uuid4

from api.routes import ROUTERS
from api.security import SecuredRoute

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
# What stands for a path parameter that is no id.
_WORDS = {"platform": "vimeo", "path": "nothing/here", "name": "nothing.js", "language": "de"}


def routes() -> list[tuple[str, SecuredRoute]]:
    """Each method of each route."""
    found = [route for router in ROUTERS for route in router.routes]
    assert all(isinstance(route, SecuredRoute) for route in found)
    return [(method, route) for route in found if isinstance(route, SecuredRoute) for method in sorted(route.methods)]


def pattern(route: SecuredRoute) -> str:
    """The path with ``{}`` for each parameter."""
    return _PARAMETER.sub("{}", route.path)


def concrete(route: SecuredRoute) -> str:
    """The path with an id that nothing has, or a word that fits, for each parameter."""
    return _PARAMETER.sub(lambda found: _WORDS.get(found[1], str(uuid4())), route.path)
