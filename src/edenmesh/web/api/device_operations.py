"""Operations on the device itself: how it stands, what happens on it, what it holds back."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from edenmesh.core.limits import COUNT_MAX
from edenmesh.node import Check, Device, Json, QuarantineView, Status
from edenmesh.web.api.answers import error_view, lines
from edenmesh.web.api.events import EVENT_STREAM, STREAM_HEADERS, asks_for_stream, lines_of, stream, topics_named
from edenmesh.web.api.operation import LINES, Asked, operation
from edenmesh.web.api.served import Served
from edenmesh.web.jobs import Job, State
from edenmesh.web.visiting import Right, Visitor


class Hearing(Asked, frozen=True):
    """Of which topics to hear, a comma between them; of all where none is named."""

    topics: str = ""


class UpTo(Asked, frozen=True):
    """Of one author the first `up_to` versions; all that are here where that is 0."""

    author: str
    up_to: Annotated[int, Meta(ge=0, le=COUNT_MAX)] = 0


class OfAuthor(Asked, frozen=True):
    """One author, by id."""

    author: str


@dataclass(frozen=True, slots=True)
class Versions:
    """How many versions it was about."""

    versions: int


@dataclass(frozen=True, slots=True)
class JobSeen:
    """Long work: its key, whether it is running, done or failed, the last of each subject, and what ended it."""

    key: str
    state: State
    updates: tuple[Json, ...]
    error: dict[str, Json] | None


class DeviceOperations:
    """How the device stands, and what it holds back."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._device: Device = served.device

    @operation("GET", "/api/status", Right.LOOK)
    def status(self) -> Status:
        """Where this device stands."""
        return self._device.status()

    @operation("GET", "/api/doctor", Right.RUN)
    async def examine(self) -> list[Check]:
        """What may be wrong with this device."""
        return await asyncio.to_thread(self._device.examine)

    @operation("GET", "/api/events", Right.LOOK, media=LINES)
    def events(self, query: Hearing, request: Request, visitor: Visitor) -> Response:
        """What happens from now on: states by topic where text/event-stream is asked for, else a line for each event.

        Topics are status, commit, job and pairing; of the last two only those hear who may run the device.
        """
        if asks_for_stream(request.headers.get("accept", "")):
            told = stream(self._served.live, visitor, topics_named(query.topics))
            return StreamingResponse(told, media_type=EVENT_STREAM, headers=STREAM_HEADERS)
        return lines(lines_of(self._device, visitor))

    @operation("GET", "/api/jobs", Right.RUN)
    def jobs(self) -> list[JobSeen]:
        """Long work under way, and the last that was done: syncs, pulls, deliveries."""
        return [_seen(job) for job in self._served.jobs.all()]

    @operation("GET", "/api/quarantine", Right.RUN)
    def quarantine(self) -> QuarantineView:
        """What is here without effect, and why."""
        return self._device.quarantine.view()

    @operation("POST", "/api/quarantine/accept", Right.RUN)
    def accept_author(self, body: UpTo) -> Versions:
        """Let versions of an author count that were handed in."""
        return Versions(self._device.quarantine.accept(body.author, body.up_to))

    @operation("POST", "/api/quarantine/discard", Right.RUN)
    def discard_author(self, body: OfAuthor) -> Versions:
        """Throw away what the guest `author` handed in."""
        return Versions(self._device.quarantine.discard(body.author))


def _seen(job: Job) -> JobSeen:
    view = job.view
    error = None if view.error is None else error_view(view.error)
    return JobSeen(view.key, view.state, view.updates, error)  # type: ignore[arg-type]
