"""Drawing a screen: a template, the language of who reads, and who they are.

Everything put into a template is escaped. A page names nothing outside this device, so its content policy allows only
what stands under its own address (CSP level 3).
"""

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from edenmesh.errors import EdenmeshError
from edenmesh.web.pages.assets import Assets
from edenmesh.web.pages.posting import TOKEN_FIELD, Posted
from edenmesh.web.pages.showing import FILTERS
from edenmesh.web.texts import Texts, texts_for
from edenmesh.web.visiting import Right, Visitor, visitor_of

LANGUAGE_COOKIE: Final = "language"
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_TEMPLATES: Final = Path(__file__).parent / "templates"
_DONE: Final = "done"
_NOTES_MAX: Final = 500


class Note(NamedTuple):
    """What the page after a form says was done; `undo` is the address of a form that takes it back, or empty."""

    text: str
    undo: str = ""
    kind: str = "done"


class Renderer:
    """Templates of this device. `name` and `counts` are asked for on each page: the device's name, figures by topic."""

    def __init__(
        self, name: Callable[[], str] = str, counts: Callable[[Visitor], Mapping[str, int]] = lambda _: {}
    ) -> None:
        self.assets: Final = Assets()
        self._name = name
        self._counts = counts
        self._notes: dict[tuple[str, str], Note] = {}
        self._numbers = count(1)
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(FILTERS)
        self._environment.globals.update(
            asset=self.assets.address,
            Right=Right,
            TOKEN_FIELD=TOKEN_FIELD,
            error=None,
            field_errors={},
            posted=Posted(),
        )

    def render(
        self,
        request: Request,
        template: str,
        status: int = 200,
        values: Mapping[str, object] | None = None,
    ) -> Response:
        """A whole screen, or a part of one where the template is a part."""
        texts, visitor = texts_of(request), visitor_of(request)
        content = self._environment.get_template(template).render(
            _=texts,
            texts=texts,
            visitor=visitor,
            path=request.url.path,
            query=request.query_params,
            device_name=self._name(),
            # Asked for by the pages that show it: parts that are renewed often do not.
            counts=lambda: self._counts(visitor),
            note=self._notes.pop((visitor.account, request.query_params.get(_DONE, "")), None),
            **(values or {}),
        )
        return HTMLResponse(content, status, HEADERS)

    def failure(self, request: Request, error: EdenmeshError, status: int) -> Response:
        """A screen that says in three parts what happened."""
        return self.render(request, "failure.html", status, {"error": error})

    def redirect(self, visitor: Visitor, where: str, note: Note | None = None) -> Response:
        """To another page, by GET (RFC 9110, section 15.4.4), which says once to this visitor what was done."""
        if note is not None:
            key = str(next(self._numbers))
            self._notes[visitor.account, key] = note
            if len(self._notes) > _NOTES_MAX:
                del self._notes[next(iter(self._notes))]
            where = f"{where}{'&' if '?' in where else '?'}{_DONE}={key}"
        return RedirectResponse(where, 303, {"Cache-Control": "no-store"})


def keep_language(request: Request, response: Response) -> Response:
    """Have the browser keep the language that the address asks for, also where the answer leads on to another one."""
    if request.query_params.get("lang"):
        response.set_cookie(LANGUAGE_COOKIE, texts_of(request).language, httponly=True, samesite="strict")
    return response


def texts_of(request: Request) -> Texts:
    """The texts in the language of who reads: asked for in the address, chosen here, or what their browser wants."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    return texts_for(chosen or request.headers.get("accept-language", ""))
