"""Every route, every kind of caller. The routes come from the routers, so none can be forgotten."""

import httpx
import pytest
from fastapi import FastAPI

from api.security import SecuredRoute
from shared.auth import service as auth_service
from shared.auth.models import Role
from shared.db.session import Database
from tests.auth.walking import concrete, pattern, routes

OPEN = None
WEB = ("/embed/", "/assets/")

# Who may call what, `{}` for any path parameter.
EXPECTED: dict[str | None, str] = {
    OPEN: """
        GET /healthz · HEAD /healthz · GET /readyz · HEAD /readyz · GET /metrics
        POST /api/auth/login
        POST /api/encoding/webhook · POST /api/encoding/probes · POST /api/migrations/reports
        GET /oembed · POST /api/playback/events
        GET /api/videos/{}/playback · GET /api/videos/{}/captions/{}
        GET /media/{} · HEAD /media/{} · OPTIONS /media/{}
        OPTIONS /api/upload/video · OPTIONS /api/upload/video/{}
    """,
    "viewer": """
        POST /api/auth/logout · GET /api/auth/me · POST /api/auth/password
        GET /api/auth/sessions · DELETE /api/auth/sessions/{}
        GET /api/videos · GET /api/videos/{}
        GET /api/tags
        GET /api/videos/{}/platforms · GET /api/videos/{}/platforms/{}
        GET /api/videos/{}/pipeline · GET /api/videos/{}/captions · GET /api/videos/{}/poster
        GET /api/courses · GET /api/courses/{} · GET /api/courses/{}/modules
        GET /api/modules/{} · GET /api/modules/{}/lessons · GET /api/lessons/{}
        GET /api/encoding/jobs · GET /api/encoding/jobs/{} · GET /api/encoding/jobs/{}/events
        GET /api/videos/{}/encode/plan
        GET /api/videos/sync/vimeo · GET /api/videos/sync/vimeo/{}
        GET /api/migrations · GET /api/migrations/{} · GET /api/videos/{}/migration
        GET /api/videos/analytics · GET /api/videos/analytics/top · GET /api/videos/analytics.csv
        GET /api/videos/{}/analytics
    """,
    "editor": """
        POST /api/videos · PUT /api/videos/{} · PATCH /api/videos/{} · DELETE /api/videos/{}
        POST /api/videos/{}/restore · POST /api/videos/bulk
        POST /api/tags/rename
        POST /api/videos/{}/platforms · DELETE /api/videos/{}/platforms/{}
        PUT /api/videos/{}/pipeline
        PUT /api/videos/{}/captions/{} · DELETE /api/videos/{}/captions/{}
        PUT /api/videos/{}/poster · POST /api/videos/{}/poster · DELETE /api/videos/{}/poster
        POST /api/courses · PUT /api/courses/{} · PATCH /api/courses/{} · DELETE /api/courses/{}
        POST /api/courses/{}/modules · PUT /api/modules/{} · PATCH /api/modules/{} · DELETE /api/modules/{}
        POST /api/modules/{}/lessons · PUT /api/lessons/{} · PATCH /api/lessons/{} · DELETE /api/lessons/{}
        PUT /api/courses/{}/modules/order · PUT /api/modules/{}/lessons/order · PUT /api/lessons/{}/video
        POST /api/videos/{}/encode
        POST /api/encoding/jobs/{}/cancel · POST /api/encoding/jobs/{}/retry · PATCH /api/encoding/jobs/{}
        POST /api/upload/video · HEAD /api/upload/video/{} · PATCH /api/upload/video/{} · DELETE /api/upload/video/{}
    """,
    "admin": """
        GET /api/users · POST /api/users
        GET /api/users/{} · PATCH /api/users/{} · DELETE /api/users/{} · DELETE /api/users/{}/sessions
        GET /api/api-keys · POST /api/api-keys · GET /api/api-keys/{} · DELETE /api/api-keys/{}
        GET /api/audit
        POST /api/videos/sync/vimeo
        POST /api/videos/{}/migrate · POST /api/videos/{}/rollback · POST /api/videos/{}/finalise
        POST /api/migrations · POST /api/migrations/{}/pause · POST /api/migrations/{}/resume
        POST /api/migrations/{}/cancel
    """,
}
ROLE_OF = {
    entry.strip(): role
    for role, block in EXPECTED.items()
    for line in block.splitlines()
    for entry in line.split("·")
    if entry.strip()
}

# Open routes where something else than the caller decides: a signature, a token in the path, other servers' health.
DECIDED_OTHERWISE = (
    "/api/encoding/webhook",
    "/api/encoding/probes",
    "/api/migrations/reports",
    "/api/playback/events",
    "/media/{}",
    "/readyz",
)
CALLERS = ("nobody", "unknown key", "revoked key", "viewer", "editor", "admin")


@pytest.fixture(scope="session")
async def callers(
    app: FastAPI, database: Database, viewer: httpx.AsyncClient, editor: httpx.AsyncClient, admin: httpx.AsyncClient
) -> dict[str, dict[str, str]]:
    """Headers of each kind of caller."""
    async with database.session() as session:
        row, key = await auth_service.create_key(session, auth_service.SYSTEM, name="revoked", role=Role.admin)
        await auth_service.revoke_key(session, auth_service.SYSTEM, row.id)
    known = {"viewer": viewer, "editor": editor, "admin": admin}
    return {
        "nobody": {},
        "unknown key": {"Authorization": "Bearer vms_unknown"},
        "revoked key": {"Authorization": f"Bearer {key}"},
        **{name: {"Authorization": client.headers["Authorization"]} for name, client in known.items()},
    }


def every_route() -> list[object]:
    return [pytest.param(method, route, id=f"{method} {route.path}") for method, route in routes()]


@pytest.mark.parametrize(("method", "route"), every_route())
def test_the_route_asks_for_the_role_of_the_contract(method: str, route: SecuredRoute) -> None:
    if route.path.startswith(WEB):
        assert route.access.role is None
        return
    entry = f"{method} {pattern(route)}"
    assert entry in ROLE_OF, f"{entry}: add it to EXPECTED in {__file__}, under the role that the contract gives it"
    assert (route.access.role and route.access.role.value) == ROLE_OF[entry]


def test_every_route_of_the_table_is_there() -> None:
    assert set(ROLE_OF) - {f"{method} {pattern(route)}" for method, route in routes()} == set()


@pytest.mark.parametrize(("method", "route"), every_route())
async def test_each_caller_gets_what_the_role_allows(
    anonymous: httpx.AsyncClient, callers: dict[str, dict[str, str]], method: str, route: SecuredRoute
) -> None:
    """A broken body and a wrong parameter are not looked at before the caller is known and allowed."""
    broken = {"Content-Type": "application/json"}
    for name in CALLERS:
        expected = denied(name, route.access.role)
        answer = await anonymous.request(
            method,
            concrete(route),
            content=b"{broken",
            headers=broken | callers[name],
            params={"surprise": "1"} if expected else None,
        )
        if expected:
            assert answer.status_code == expected, name
            if method != "HEAD":
                assert answer.headers["content-type"] == "application/problem+json"
        elif pattern(route) not in DECIDED_OTHERWISE:
            assert answer.status_code < 500, name
            assert answer.status_code not in {401, 403}, name


def denied(caller: str, needed: Role | None) -> int | None:
    """The status that this caller gets where ``needed`` is the role; None for anything else."""
    if needed is None:
        return None
    if caller not in set(Role):
        return 401
    ranks = list(Role)
    return 403 if ranks.index(Role(caller)) < ranks.index(needed) else None
