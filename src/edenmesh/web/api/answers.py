"""Answers of the local API: JSON, lines of JSON as things happen, and errors in the three parts they have."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final

from starlette.responses import Response, StreamingResponse

from edenmesh.errors import (
    ConfigError,
    DeliveryError,
    EdenmeshError,
    InvalidInput,
    PeerUnreachable,
    StoreError,
    TrustError,
    UsageError,
)
from edenmesh.node import Json, plain
from edenmesh.web.jobs import Job, defect

LINES: Final = "application/x-ndjson"
_STATUS: Final[tuple[tuple[type[EdenmeshError], int], ...]] = (
    (InvalidInput, 400),
    (UsageError, 400),
    (ConfigError, 409),
    (TrustError, 403),
    (DeliveryError, 502),
    (PeerUnreachable, 502),
    (StoreError, 500),
)


def answer(view: object, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """A view as JSON."""
    return Response(_encode(plain(view)), status, headers, media_type="application/json")


def refuse(error: EdenmeshError) -> Response:
    """An error as JSON, with the status nearest to it."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    return answer(error_view(error), status)


def error_view(error: EdenmeshError) -> dict[str, Json]:
    """An error as JSON."""
    return {"error": type(error).__name__, "what": error.what, "kept": error.kept, "do": error.do}


def lines(views: AsyncGenerator[object]) -> Response:
    """Views as lines of JSON, each as soon as it is there; an error is the last line."""

    async def encoded() -> AsyncIterator[bytes]:
        try:
            async with aclosing(views):
                async for view in views:
                    yield _line(plain(view))
        except EdenmeshError as error:
            yield _line(error_view(error))
        except Exception as error:  # noqa: BLE001 - the edge: the last line says it, the device goes on
            yield _line(error_view(defect(error)))

    return StreamingResponse(encoded(), media_type=LINES)


async def followed(start: Callable[[], Job]) -> AsyncGenerator[Any]:
    """A job from where it stands to its end. It begins when somebody listens: who has gone by then began nothing."""
    async with aclosing(start().follow()) as updates:
        async for update in updates:
            yield update


def _line(view: Json) -> bytes:
    return _encode(view) + b"\n"


def _encode(view: Json) -> bytes:
    # An error may quote what somebody sent, half a character included (a lone surrogate); that is no reason to fail.
    return json.dumps(view, ensure_ascii=False).encode(errors="replace")
