"""What players report while a video is watched."""

from fastapi import Request, Response, status

from api.beacon import beacon_of, read_body
from api.deps import noun_router
from api.problems import problem_responses
from api.security import OPEN
from shared.analytics.schemas import MAX_EVENTS, ViewingEvent

router = noun_router("/api", tag="playback", repeatable=False)


_EVENT = {"$ref": f"#/components/schemas/{ViewingEvent.__name__}"}
_EVENTS = {"type": "array", "items": _EVENT, "minItems": 1, "maxItems": MAX_EVENTS}
# Read raw, for its speed; `sendBeacon` calls the same text/plain.
_BODY = {"required": True, "content": {"application/json": {"schema": {"oneOf": [_EVENT, _EVENTS]}}}}


@router.post(
    "/playback/events",
    dependencies=[OPEN],
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(413, 429, 503),
    openapi_extra={"requestBody": _BODY},
    response_class=Response,
    name="events",
)
async def take_events(request: Request) -> Response:
    """Tell how a video is watched: one event or a list of up to 20, in at most 4 KiB; made for `sendBeacon`.

    All values count from the opening of the page, so an event that is sent twice, late or out of order does no harm,
    and one that is lost is made good by the next. 204 says that it is written. Videos that are not there are left out
    without a word. No cookie is set, and no address is kept.
    """
    await beacon_of(request.app).take(request.scope, await read_body(request.receive))
    return Response(status_code=status.HTTP_204_NO_CONTENT)
