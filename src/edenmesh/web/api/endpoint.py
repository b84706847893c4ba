"""How a request becomes a call of an operation: who asks, what they ask, how much they send, and what is refused.

Nothing of a request reaches the device before its sender's right is known and all of it is of the types the operation
names. What cannot be read is refused in three parts that name the field (InvalidInput), with the status that RFC 9110
has for it: 413 for too much, 415 for another type than JSON.
"""

import inspect
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, TypeVar

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from edenmesh.errors import InvalidInput
from edenmesh.web.api.answers import answer, error_view, lines
from edenmesh.web.api.bounds import NESTING_MAX, QUERY_CHARS_MAX
from edenmesh.web.api.intake import Intake, Refused, Room
from edenmesh.web.api.operation import JSON, LINES, Asked, Done, Operation
from edenmesh.web.visiting import require

Kind = TypeVar("Kind", bound=Asked)

_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at `(?P<where>.*)`)?$", re.DOTALL)
_FIELD: Final = re.compile(r"^Object (?P<how>missing required|contains unknown) field `(?P<name>.*)`$", re.DOTALL)
_TOLD_CHARS_MAX: Final = 200


class Endpoint:
    """The operations at one path, by their methods, of a device that is served."""

    def __init__(self, operations: Mapping[str, tuple[Operation, object]], intake: Intake) -> None:
        self._operations = operations
        self._intake = intake

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        operation, subject = self._operations["GET" if request.method == "HEAD" else request.method]
        visitor = require(request, operation.right)
        if request.method == "HEAD" and operation.media == LINES:
            # Lines come as things happen: who wants to hear none of them begins nothing (RFC 9110, section 9.3.2).
            return Response(media_type=LINES)
        asking = {"visitor": visitor, "request": request}
        with self._intake.room() as room:
            try:
                given = await _read(request, operation, room)
            except Refused as refused:
                # What is still under way of the body is not waited for (RFC 9110, section 15.5.14).
                return answer(error_view(refused.error), refused.status, headers={"Connection": "close"})
            given |= {name: asking[name] for name in asking if name in operation.hints}
            said = operation.function(subject, **given)
            if inspect.isawaitable(said):
                said = await said
        if isinstance(said, Response):
            return said
        if isinstance(said, AsyncGenerator):
            return lines(said)
        return answer(Done() if operation.answer is Done else said, operation.status)


async def _read(request: Request, operation: Operation, room: Room) -> dict[str, object]:
    """What the operation is asked, by the names of its parameters."""
    given: dict[str, object] = {name: request.path_params[name] for name in operation.places}
    if operation.query is not None:
        given["query"] = read_query(request.query_params, request.url.query, operation.query)
    if operation.body is not None:
        _require_json(request)
        given["body"] = read_body(b"".join(await room.read(request, operation.bytes_max)), operation.body)
    if operation.takes_content:
        given["content"] = await room.read(request, operation.bytes_max)
    return given


def read_body(data: bytes, kind: type[Kind]) -> Kind:
    """The JSON object in a body; an empty body is an empty object. Raises InvalidInput that names the field."""
    try:
        asked = msgspec.json.decode(data or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise _not_so(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(what=f"The request is not JSON: {_short(str(error))}.") from error
    except RecursionError as error:
        raise _too_deep() from error
    for name in asked.__struct_fields__:
        _require_shallow(getattr(asked, name), NESTING_MAX)
    return asked


def read_query(query: QueryParams, text: str, kind: type[Kind]) -> Kind:
    """What a query asks. Raises InvalidInput that names the field."""
    if len(text) > QUERY_CHARS_MAX:
        raise InvalidInput(what=f"The query has more than {QUERY_CHARS_MAX:,} characters.")
    lists = {one.encode_name for one in msgspec.structs.fields(kind) if one.type == list[str]}
    given = {name: query.getlist(name) if name in lists else query[name] for name in query}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _not_so(str(error)) from error


def _require_json(request: Request) -> None:
    """A body says by its type that it is JSON, or nothing: what a form of another site could send is refused."""
    said = request.headers.get("content-type", "")
    if said and said.partition(";")[0].strip().lower() != JSON:
        error = InvalidInput(what=f"The request is {_short(said)!r}, not JSON.", do=f"Send it as {JSON}.")
        raise Refused(415, error)


def _require_shallow(value: Any, depth: int) -> None:  # noqa: ANN401 - it came as JSON, whatever it is
    if not isinstance(value, list | dict | tuple):
        return
    if not depth:
        raise _too_deep()
    for item in value.values() if isinstance(value, dict) else value:
        _require_shallow(item, depth - 1)


def _not_so(message: str) -> InvalidInput:
    """What is not as it must be, in words that name the field."""
    found = _AT.match(message)
    what, where = (found["what"], found["where"] or "") if found is not None else (message, "")
    field = _FIELD.match(what)
    place = _short(where.removeprefix("$").lstrip("."))
    if field is not None:
        name = ".".join(filter(None, (place, _short(field["name"]))))
        if field["how"] == "missing required":
            return InvalidInput(what=f"The request needs {name!r}.")
        return InvalidInput(what=f"The request names {name!r}, which means nothing here.")
    what = f"{what[:1].lower()}{what[1:]}".replace("`", "")
    return InvalidInput(what=f"{place!r} in the request is wrong: {what}." if place else f"The request: {what}.")


def _too_deep() -> InvalidInput:
    return InvalidInput(what=f"The request is nested more than {NESTING_MAX} deep.")


def _short(text: str) -> str:
    return text if len(text) <= _TOLD_CHARS_MAX else f"{text[:_TOLD_CHARS_MAX]}..."
