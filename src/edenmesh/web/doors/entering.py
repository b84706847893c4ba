"""What a door shows to whoever has no session: the page that takes a token to the door, and refusals in plain words."""

import json
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from starlette.responses import Response

from edenmesh.errors import EdenmeshError
from edenmesh.web.texts import texts_for

ENTRANCE: Final = "/door/enter"
SESSION: Final = "/door/session"
LEAVING: Final = "/door/leave"
_FOLDER: Final = Path(__file__).parent / "entrance"
_ASSETS: Final = {"/door/enter.js": "text/javascript", "/door/enter.css": "text/css"}


def asset(path: str) -> Response | None:
    """A file of the entrance page; None where there is no such."""
    media = _ASSETS.get(path)
    return Response(_read(path.rpartition("/")[2]), media_type=media) if media is not None else None


def entrance(language: str, status: int = 200) -> Response:
    """The entrance page."""
    texts = texts_for(language)
    words = {
        "title": texts("Enter this device"),
        "wait": texts("One moment…"),
        "closed": texts(
            "This browser is not let in yet. On the device itself, type edenmesh in a terminal or open it from the "
            "menu. On a phone, scan the code that the device shows."
        ),
        "refused": texts(
            "This address does not let you in any more: each works once and for ten minutes. Ask the device for a new "
            "one."
        ),
        "noscript": texts("To be let in, allow this page to run its script."),
    }
    escaped = {name: escape(text) for name, text in words.items()}
    page = Template(_read("enter.html")).substitute(escaped, language=texts.language, direction=texts.direction)
    return Response(page, status, media_type="text/html")


def refusal(status: int, error: EdenmeshError, *, is_json: bool) -> Response:
    """A refusal: JSON for programs, else plain text."""
    if is_json:
        said = {"error": type(error).__name__, "what": error.what, "kept": error.kept, "do": error.do}
        return Response(json.dumps(said), status, media_type="application/json")
    return Response(f"{error.what}\n{error.kept}\n{error.do}\n", status, media_type="text/plain")


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
