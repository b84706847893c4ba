"""Operations on files: keeping one, and giving it out whole, in part, or not again (RFC 9110, sections 13 and 14).

A file is named by the hash of its content, so what stands at its address never changes. Only pictures of the kinds
every browser draws, known by how they begin, are shown where they stand; everything else is something to be saved,
whatever whoever handed it in called it.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from edenmesh.core.ids import FileHash, format_id, parse_id
from edenmesh.core.limits import LABEL_CHARS_MAX
from edenmesh.core.records import File
from edenmesh.errors import InvalidInput
from edenmesh.web.api.answers import answer, error_view
from edenmesh.web.api.bounds import CONTENT_BYTES_MAX
from edenmesh.web.api.operation import BYTES, Asked, Content, operation
from edenmesh.web.api.served import Served
from edenmesh.web.visiting import Right

_BEGINNINGS: Final = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
_BEGINNING_BYTES: Final = 12
_RANGE: Final = re.compile(r"bytes=[ \t]*(\d{0,19})-(\d{0,19})[ \t]*", re.ASCII)
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._ -]")
_FOREVER: Final = "private, max-age=31536000, immutable"


class Label(Asked, frozen=True):
    """The name of a file, and its media type; what the name suggests where that is empty."""

    label: str = ""
    media: str = ""


class SavedAs(Asked, frozen=True):
    """Under which name it is to be saved."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file as the value of a record names it."""

    file: str
    label: str
    media: str
    size: int


class FileOperations:
    """What the device does with files."""

    def __init__(self, served: Served) -> None:
        self._files = served.device.files

    @operation("POST", "/api/files", Right.FILL, status=201, bytes_max=CONTENT_BYTES_MAX)
    def add_file(self, query: Label, content: Content) -> FileSeen:
        """Keep a file; what is answered names it in a record."""
        for name, text in (("label", query.label), ("media", query.media)):
            if len(text) > LABEL_CHARS_MAX:
                raise InvalidInput(what=f"{name!r} in the request has more than {LABEL_CHARS_MAX} characters.")
        return _seen(self._files.add(content, label=query.label, media=query.media))

    @operation("GET", "/api/files/{file}", Right.LOOK, media=BYTES)
    def give_file(self, file: str, query: SavedAs, request: Request) -> Response:
        """The content of a file, whole or a range of it."""
        named = FileHash(parse_id("h", file))
        size = self._files.size(named)
        if size is None:
            raise InvalidInput(what="The file is not on this device, or not whole yet.", do="Sync, then try again.")
        tag = f'"{format_id("h", named)}"'
        headers = {
            "ETag": tag,
            "Cache-Control": _FOREVER,
            "Accept-Ranges": "bytes",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        if _names(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        media = media_at(b"".join(self._files.read(named, 0, min(size, _BEGINNING_BYTES))))
        headers["Content-Disposition"] = disposition(query.name, is_shown=media != BYTES)
        wanted = range_asked(request.headers, size, tag)
        if wanted is None:
            return self._sent(request, named, (0, size), media, headers | {"Content-Length": str(size)})
        start, stop = wanted
        if start >= stop:
            error = InvalidInput(what=f"The file has {size:,} bytes, and none of them was asked for.")
            return answer(error_view(error), 416, headers={"Content-Range": f"bytes */{size}"})
        headers |= {"Content-Range": f"bytes {start}-{stop - 1}/{size}", "Content-Length": str(stop - start)}
        return self._sent(request, named, wanted, media, headers, status=206)

    def _sent(
        self,
        request: Request,
        file: FileHash,
        part: tuple[int, int],
        media: str,
        headers: Mapping[str, str],
        *,
        status: int = 200,
    ) -> Response:
        content: Iterator[bytes] = iter(()) if request.method == "HEAD" else self._files.read(file, *part)
        return StreamingResponse(_in_turns(content), status, headers, media_type=media)


async def _in_turns(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


def media_at(beginning: bytes) -> str:
    """What a content is shown as: a picture by how it begins, else mere bytes."""
    return next((media for pattern, media in _BEGINNINGS if pattern.match(beginning)), BYTES)


def range_asked(headers: Mapping[str, str], size: int, tag: str) -> tuple[int, int] | None:
    """From where up to where bytes are asked for; None for all of them, an empty stretch where there are none.

    One range is given; several, another unit, and what is no range are passed over, as RFC 9110 allows (section 14.2).
    """
    if headers.get("if-range", tag) != tag:
        return None
    found = _RANGE.fullmatch(headers.get("range", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    first = int(found[1])
    last = int(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        return None
    return (first, min(last + 1, size)) if first < size else (size, size)


def disposition(name: str, *, is_shown: bool) -> str:
    """Whether a file is shown or saved, and under which name (RFC 6266); no name can break out of the header."""
    kind = "inline" if is_shown else "attachment"
    if not name:
        return kind
    name = name[-LABEL_CHARS_MAX:].replace("/", "_").replace("\\", "_")
    return f"{kind}; filename=\"{_PLAIN.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"


def _names(header: str, tag: str) -> bool:
    """Whether a list of entity tags names this one, by weak comparison (RFC 9110, section 13.1.2)."""
    return header.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in header.split(","))


def _seen(file: File) -> FileSeen:
    return FileSeen(format_id("h", file.hash), file.label, file.media, file.size)
