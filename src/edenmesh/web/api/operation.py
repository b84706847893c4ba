"""An operation of the API, declared once: by a decorator and its signature.

From this come its route, the reading and checking of what is asked, the right it needs, and its place in the OpenAPI
document. A method is declared so:

    @operation("POST", "/api/records", Right.FILL, status=201)
    def add(self, body: NewRecord) -> RecordView:
        \"\"\"Write a new record.\"\"\"

`query` and `body` are read as the type they have (a body from JSON), `content` is the body in pieces, `visitor` who
asks, `request` the whole request; every other parameter is a part of the path. The first line of the docstring says
what the operation does. An answer is made JSON; an AsyncGenerator becomes lines of JSON; a Response is sent as it is.
"""

import inspect
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from edenmesh.web.api.bounds import BODY_BYTES_MAX
from edenmesh.web.visiting import Right

Method = TypeVar("Method", bound=Callable[..., object])

JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"
BYTES: Final = "application/octet-stream"
_DECLARED: Final = "declared_operation"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an operation is asked; a field it does not know is refused, so that no misspelt one is passed over."""


@dataclass(frozen=True, slots=True)
class Done:
    """That it was done, where there is nothing more to say."""


class Content(list[bytes]):
    """The body of a request in the pieces in which it came: a large one is not put together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. `media` is what its answer is; `bytes_max` bounds its body."""

    method: str
    path: str
    right: Right
    name: str
    summary: str
    status: int
    media: str
    bytes_max: int
    answers: object
    hints: dict[str, Any]
    function: Callable[..., object]

    @property
    def query(self) -> type[Asked] | None:
        """What its query is read as."""
        return self.hints.get("query")

    @property
    def body(self) -> type[Asked] | None:
        """What its body is read as."""
        return self.hints.get("body")

    @property
    def takes_content(self) -> bool:
        """Whether its body is taken as bytes."""
        return "content" in self.hints

    @property
    def places(self) -> tuple[str, ...]:
        """The parts of its path that say which one is meant."""
        return tuple(name for name in self.hints if f"{{{name}}}" in self.path)

    @property
    def answer(self) -> object:
        """The type of what it answers; of each line, where it answers in lines."""
        hint = self.answers or self.hints.get("return")
        if hint is NoneType:
            return Done
        return get_args(hint)[0] if self.is_stream else hint

    @property
    def is_stream(self) -> bool:
        """Whether it answers in lines, each as soon as it is there."""
        return get_origin(self.hints.get("return")) is AsyncGenerator


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    method: str
    path: str
    right: Right
    status: int
    media: str | None
    bytes_max: int
    answers: object


def operation(
    method: str,
    path: str,
    right: Right,
    *,
    status: int = 200,
    media: str | None = None,
    bytes_max: int = BODY_BYTES_MAX,
    answers: object = None,
) -> Callable[[Method], Method]:
    """Declare a method to be an operation; `answers` is the type in its answer where it makes the Response itself."""
    declared = _Declared(
        method=method,
        path=path,
        right=right,
        status=status,
        media=media,
        bytes_max=bytes_max,
        answers=answers,
    )

    def decorate(function: Method) -> Method:
        setattr(function, _DECLARED, declared)
        return function

    return decorate


def operations_of(subject: type) -> list[Operation]:
    """The operations a class declares, in the order in which they stand there."""
    return [
        _read(function, declared)
        for function in vars(subject).values()
        if isinstance(declared := getattr(function, _DECLARED, None), _Declared)
    ]


def _read(function: Callable[..., object], declared: _Declared) -> Operation:
    hints = get_type_hints(function, include_extras=True)
    is_stream = get_origin(hints.get("return")) is AsyncGenerator
    return Operation(
        method=declared.method,
        path=declared.path,
        right=declared.right,
        name=function.__name__,
        summary=(inspect.getdoc(function) or "").partition("\n")[0],
        status=declared.status,
        media=declared.media or (LINES if is_stream else JSON),
        bytes_max=declared.bytes_max,
        answers=declared.answers,
        hints=hints,
        function=function,
    )
