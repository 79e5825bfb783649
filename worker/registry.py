"""Task name to function, for each queue; and what the control worker does on its own."""

from collections.abc import Awaitable, Callable
from typing import Any

from shared.jobs.tasks import (
    COMPARE_SOURCE,
    DELETE_OBJECTS,
    ENCODE_PART,
    ENCODE_VIDEO,
    FETCH_SOURCE,
    PROBE_MASTER,
    Queue,
)
from worker.tasks.comparing import compare_source
from worker.tasks.encoding import encode_video
from worker.tasks.fetching import fetch_source
from worker.tasks.parts import encode_part
from worker.tasks.probing import probe_master
from worker.tasks.storage import delete_objects

TaskFunction = Callable[[dict[str, Any], dict[str, Any]], Awaitable[None]]

TASKS: dict[Queue, dict[str, TaskFunction]] = {
    Queue.encoding: {ENCODE_VIDEO.name: encode_video, ENCODE_PART.name: encode_part},
    Queue.transfer: {
        DELETE_OBJECTS.name: delete_objects,
        PROBE_MASTER.name: probe_master,
        FETCH_SOURCE.name: fetch_source,
        COMPARE_SOURCE.name: compare_source,
    },
}
