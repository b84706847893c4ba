"""What a form of ours sends: texts by name and files, read as they come and refused where they are too much.

Forms are multipart or urlencoded (HTML, form submission; RFC 7578). Nothing in a body is believed to be small: bytes
are counted as they arrive, whatever the request says of its length, and files go to disk beyond a megabyte.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from edenmesh.core.encoding import normal_text
from edenmesh.core.limits import LABEL_CHARS_MAX
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.web.visiting import Visitor, is_form_token

TOKEN_FIELD: Final = "form_token"
BODY_BYTES_MAX: Final = 64 * 1024 * 1024
"""The most a form of ours may send; a document to import is the largest."""
_FIELDS_MAX: Final = 4000
_FILES_MAX: Final = 200
_FIELD_BYTES_MAX: Final = 1024 * 1024


class Upload(NamedTuple):
    """One file that was sent: its bytes, the name it had there, and the type the browser gave it."""

    content: bytes
    label: str
    media: str


class Posted:
    """The fields of a form that was sent. Empty for a page that was only asked for."""

    def __init__(self, texts: Sequence[tuple[str, str]] = (), files: Sequence[tuple[str, Upload]] = ()) -> None:
        self.texts_by_name: dict[str, list[str]] = {}
        self.files_by_name: dict[str, list[Upload]] = {}
        for name, text in texts:
            self.texts_by_name.setdefault(name, []).append(text)
        for name, file in files:
            self.files_by_name.setdefault(name, []).append(file)

    def __contains__(self, name: str) -> bool:
        return name in self.texts_by_name

    def text(self, name: str, otherwise: str = "") -> str:
        """The last text of that name."""
        return self.texts_by_name.get(name, [otherwise])[-1]

    def all(self, name: str) -> list[str]:
        """All texts of that name, in order."""
        return self.texts_by_name.get(name, [])

    def is_on(self, name: str) -> bool:
        """Whether a box of that name was ticked, or a button of that name was pressed."""
        return bool(self.text(name))

    def file(self, name: str) -> Upload | None:
        """The file of that name; None where none was chosen."""
        return next(iter(self.files(name)), None)

    def files(self, name: str) -> list[Upload]:
        """All files of that name."""
        return self.files_by_name.get(name, [])

    def pairs(self) -> list[tuple[str, str]]:
        """All texts with their names."""
        return [(name, text) for name, texts in self.texts_by_name.items() for text in texts]

    def with_text(self, name: str, text: str) -> "Posted":
        """The same with one text in place of those of that name."""
        changed = Posted()
        changed.texts_by_name = {**self.texts_by_name, name: [text]}
        changed.files_by_name = self.files_by_name
        return changed

    def take(self, other: "Posted") -> None:
        """Hold what the other holds: a page that is shown again shows it."""
        self.texts_by_name, self.files_by_name = other.texts_by_name, other.files_by_name

    def names(self) -> list[str]:
        """The names of all texts and files, in order."""
        return [*self.texts_by_name, *(name for name in self.files_by_name if name not in self.texts_by_name)]


async def read_posted(request: Request, body_bytes_max: int = BODY_BYTES_MAX) -> Posted:
    """The form in a request. Raises InvalidInput where it is none, or too large."""
    counted = Request(request.scope, _counting(request.receive, body_bytes_max))
    try:
        form = await counted.form(max_files=_FILES_MAX, max_fields=_FIELDS_MAX, max_part_size=_FIELD_BYTES_MAX)
    except HTTPException as error:
        raise InvalidInput(what=f"The form cannot be read: {error.detail}") from error
    try:
        return await _posted(form)
    finally:
        await form.close()


def require_token(visitor: Visitor, posted: Posted) -> None:
    """Raise NotPermitted unless the form came from a page of ours that this visitor was shown."""
    if not is_form_token(visitor, posted.text(TOKEN_FIELD)):
        raise NotPermitted(
            what="This form did not come from a page of this device, or the page was open too long.",
            kept="Nothing was changed; what you typed is below.",
            do="Send it once more from here.",
        )


async def _posted(form: FormData) -> Posted:
    texts: list[tuple[str, str]] = []
    files: list[tuple[str, Upload]] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                media = (value.content_type or "")[:LABEL_CHARS_MAX]
                files.append((name, Upload(await value.read(), _label(value.filename), media)))
        else:
            # HTML sends line ends as CR LF, whatever was typed.
            texts.append((name, value.replace("\r\n", "\n")))
    return Posted(texts, files)


def _label(filename: str) -> str:
    return normal_text(filename.replace("\\", "/").rpartition("/")[2])[-LABEL_CHARS_MAX:]


def _counting(receive: Receive, bytes_max: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > bytes_max:
            raise InvalidInput(
                what=f"What was sent has more than {bytes_max // 1024 // 1024} megabytes.",
                do="Send less at once; a photo may be made smaller first.",
            )
        return message

    return counted
