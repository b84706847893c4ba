"""Events over HTTP: server-sent events for screens (HTML Living Standard, section 9.2), lines of JSON for commands."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

from edenmesh.core.ids import format_id
from edenmesh.errors import InvalidInput
from edenmesh.node import Device, Json, PairingTask, PeerEvent, plain
from edenmesh.store import Committed
from edenmesh.web.api.live import Live, News, Topic
from edenmesh.web.visiting import Right, Visitor

EVENT_STREAM: Final = "text/event-stream"
STREAM_HEADERS: Final = {"Cache-Control": "no-store"}
EVENTS_KEPT: Final = 1000
"""Events kept for a reader of lines that reads more slowly than they come; then the oldest give way."""
_RETRY: Final = b"retry: 2000\n\n"
_STILL: Final = b":\n\n"


def asks_for_stream(accept: str) -> bool:
    """Whether an Accept header names server-sent events."""
    return any(part.partition(";")[0].strip().lower() == EVENT_STREAM for part in accept.split(","))


def topics_named(text: str) -> frozenset[Topic]:
    """Topics by their names, a comma between them; all of them where none is named. Raises InvalidInput."""
    names = frozenset(filter(None, text.split(",")))
    if unknown := names - {str(one) for one in Topic}:
        known = ", ".join(Topic)
        raise InvalidInput(what=f"Nothing is told of {sorted(unknown)[0][:20]!r}.", do=f"Choose of: {known}.")
    return frozenset(map(Topic, names)) or frozenset(Topic)


async def stream(live: Live, visitor: Visitor, topics: frozenset[Topic] = frozenset(Topic)) -> AsyncIterator[bytes]:
    """Server-sent events: each with its topic and its state as JSON, and a comment where all is still."""
    yield _RETRY
    async with aclosing(live.follow(visitor, topics)) as told:
        async for news in told:
            yield _STILL if news is None else _event(news)


async def lines_of(device: Device, visitor: Visitor) -> AsyncGenerator[object]:
    """Every event from now on; a line says how many are left out where who reads is too slow to hear them all."""
    kept: deque[Json] = deque(maxlen=EVENTS_KEPT)
    news = asyncio.Event()
    missed = 0

    async def drain() -> None:
        nonlocal missed
        async with aclosing(device.subscribe()) as events:
            async for event in events:
                line = _line(event, visitor)
                if line is not None:
                    missed += len(kept) == EVENTS_KEPT
                    kept.append(line)
                    news.set()

    draining = asyncio.create_task(drain())
    try:
        while True:
            await news.wait()
            news.clear()
            while kept:
                if missed:
                    count, missed = missed, 0
                    yield {"event": "missed", "events": count}
                yield kept.popleft()
    finally:
        draining.cancel()
        await asyncio.wait([draining])


def _line(event: Committed | PeerEvent | PairingTask, visitor: Visitor) -> Json:
    if isinstance(event, Committed):
        return {"event": "commit", "records": len(event.records), "has_charter": event.has_charter}
    if not visitor.may(Right.RUN):
        return None
    if isinstance(event, PairingTask):
        return {"event": "pairing"}
    return {"event": type(event.event).__name__, "peer": format_id("d", event.peer)}


def _event(news: News) -> bytes:
    data = json.dumps(plain(news.view), ensure_ascii=False).encode(errors="replace")
    return b"event: %s\ndata: %s\n\n" % (news.topic.value.encode(), data)
