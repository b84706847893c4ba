"""One address of the screens: who may see it, what it shows, and what its form does.

The one dispatcher of all screens. A GET shows; a POST must carry the token of a page of ours, acts, and ends with a
redirect (post, redirect, get), so that a reload sends nothing twice. Where what was posted is refused, the same screen
is shown again with the reason and with all that was typed.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edenmesh.errors import EdenmeshError, InvalidInput, StoreError, TrustError
from edenmesh.web.pages.posting import BODY_BYTES_MAX, Posted, read_posted, require_token
from edenmesh.web.pages.rendering import Note, Renderer, keep_language, texts_of
from edenmesh.web.texts import Texts
from edenmesh.web.visiting import Right, Visitor, require


@dataclass(frozen=True)
class Visit:
    """One request to a screen: who asks, in which language, what they sent, and why that was refused."""

    request: Request
    visitor: Visitor
    texts: Texts
    renderer: Renderer
    posted: Posted = field(default_factory=Posted)
    error: EdenmeshError | None = None

    @property
    def query(self) -> Mapping[str, str]:
        """What stands after the question mark of the address."""
        return self.request.query_params

    def part(self, name: str) -> str:
        """A part of the address, as its pattern names it."""
        return str(self.request.path_params[name])

    def render(self, template: str, *, status: int = 200, **values: object) -> Response:
        """A screen; it knows `error`, `field_errors` and `posted` of a form that was refused."""
        if self.error is not None and status == 200:
            status = status_of(self.error)
        values = {"error": self.error, "field_errors": field_errors(self.error), "posted": self.posted, **values}
        return self.renderer.render(self.request, template, status, values)

    def go(self, where: str, text: str = "", *, undo: str = "", kind: str = "done") -> Response:
        """To another screen, which says once what was done; `undo` is where a form that takes it back is posted."""
        return self.renderer.redirect(self.visitor, where, Note(text, undo, kind) if text else None)


class Refused(InvalidInput):
    """What was typed does not fit: sentences by field. `what` says how many; a screen shows each at its field."""

    def __init__(self, what: str, fields: Mapping[str, str]) -> None:
        super().__init__(what, kept="What you typed is below.", do="Correct what is marked, then save again.")
        self.fields: Final = dict(fields)


Show = Callable[[Visit], Awaitable[Response]]


def page(
    renderer: Renderer,
    path: str,
    show: Show,
    *,
    right: Right = Right.LOOK,
    act: Show | None = None,
    act_right: Right = Right.RUN,
    body_bytes_max: int = BODY_BYTES_MAX,
) -> Route:
    """The route of one screen. `act` does what its form asks for and ends with `visit.go`; it needs `act_right`."""

    async def answer(request: Request) -> Response:
        return keep_language(request, await _answer(request))

    async def _answer(request: Request) -> Response:
        try:
            if request.method != "POST" or act is None:
                return await show(Visit(request, require(request, right), texts_of(request), renderer))
            return await _post(request, act)
        except EdenmeshError as error:
            return renderer.failure(request, error, status_of(error))

    async def _post(request: Request, act: Show) -> Response:
        visitor = require(request, act_right)
        posted = await read_posted(request, body_bytes_max)
        visit = Visit(request, visitor, texts_of(request), renderer, posted)
        try:
            require_token(visitor, posted)
            return await act(visit)
        except EdenmeshError as error:
            return await show(Visit(request, visitor, visit.texts, renderer, posted, error))

    return Route(path, answer, methods=["GET", "POST"] if act is not None else ["GET"])


def status_of(error: EdenmeshError) -> int:
    """The status nearest to an error (RFC 9110, section 15)."""
    if isinstance(error, TrustError):
        return 403
    return 500 if isinstance(error, StoreError) else 400


def field_errors(error: EdenmeshError | None) -> Mapping[str, str]:
    """Sentences by the name of the field they stand at."""
    if error is None:
        return {}
    if isinstance(error, Refused):
        return error.fields
    name = getattr(error, "field", "")
    return {name: error.what} if isinstance(name, str) and name else {}
