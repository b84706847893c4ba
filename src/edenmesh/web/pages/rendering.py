"""Drawing a screen: a template, the language of who reads, and who they are.

Everything put into a template is escaped. A page names nothing outside this device, so its content policy allows only
what stands under its own address (CSP level 3).
"""

from pathlib import Path
from typing import Final

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from edenmesh.web.texts import Texts, texts_for
from edenmesh.web.visiting import visitor_of

_TEMPLATES: Final = Path(__file__).parent / "templates"
LANGUAGE_COOKIE: Final = "language"


class Renderer:
    """Templates of this device."""

    def __init__(self) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, request: Request, template: str, *, status: int = 200, **values: object) -> Response:
        """A whole screen, or a part of one where the template is a part."""
        texts = texts_of(request)
        content = self._environment.get_template(template).render(
            _=texts, texts=texts, visitor=visitor_of(request), path=request.url.path, **values
        )
        return HTMLResponse(content, status)


def texts_of(request: Request) -> Texts:
    """The texts in the language of who reads: what they chose here, else what their browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return texts_for(chosen or request.headers.get("accept-language", ""))
