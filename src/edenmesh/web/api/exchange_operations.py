"""Operations that bring in and give out documents: forms, imports, exports."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from starlette.responses import Response

from edenmesh.core.ids import parse_id
from edenmesh.core.limits import COUNT_MAX
from edenmesh.core.records import File, Form
from edenmesh.node import ImportResult
from edenmesh.web.api.bounds import FORM_FILE_BYTES_MAX, IMPORT_BYTES_MAX
from edenmesh.web.api.operation import BYTES, Asked, Content, operation
from edenmesh.web.api.served import Served
from edenmesh.web.visiting import Right

RECORDS_HEADER: Final = "Edenmesh-Records"
UNDECIDED_HEADER: Final = "Edenmesh-Undecided"


class KeptFile(Asked, frozen=True):
    """A file kept before, as it was answered then."""

    file: str
    label: str = ""
    media: str = ""
    size: Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)] = 0


class Importing(Asked, frozen=True, rename={"source": "from"}):
    """An S3JSON document as text, and the files it names, by their names.

    `update`: it edits what is here. `from`: it is what that server gave out, and shows what it held.
    """

    document: str
    files: dict[str, KeptFile] = msgspec.field(default_factory=dict)
    update: bool = False
    source: str = ""


class Exporting(Asked, frozen=True):
    """Records of these tables, of all where none is named: as s3json, csv or geojson."""

    format: str = "s3json"
    table: list[str] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FormSeen:
    """A form: its table, its title, how many fields it has."""

    table: str
    title: str
    fields: int


class ExchangeOperations:
    """What the device reads from documents and writes into them."""

    def __init__(self, served: Served) -> None:
        self._device = served.device

    @operation("GET", "/api/forms", Right.LOOK)
    def forms(self) -> list[FormSeen]:
        """The forms held here."""
        return [_seen(form) for form in self._device.forms()]

    @operation("POST", "/api/forms", Right.RUN, status=201, bytes_max=FORM_FILE_BYTES_MAX)
    def add_form(self, content: Content) -> FormSeen:
        """Add a form from a form file."""
        return _seen(self._device.add_form(b"".join(content)))

    @operation("POST", "/api/import", Right.RUN, bytes_max=IMPORT_BYTES_MAX)
    async def import_document(self, body: Importing) -> ImportResult:
        """Import an S3JSON document."""
        files = {
            label: File(parse_id("h", one.file), one.label, one.media, one.size) for label, one in body.files.items()
        }
        return await self._device.import_in_turns(
            body.document.encode(), files=files, is_update=body.update, source=body.source
        )

    @operation("GET", "/api/export", Right.LOOK, media=BYTES)
    async def export(self, query: Exporting) -> Response:
        """Records as a document; headers say how many they are, and how many of them nobody has decided yet."""
        # In a thread: a large export must not keep sessions waiting, and it only reads.
        exported = await asyncio.to_thread(self._device.exported, query.table, query.format)
        headers = {RECORDS_HEADER: str(exported.records), UNDECIDED_HEADER: str(exported.undecided)}
        headers["X-Content-Type-Options"] = "nosniff"
        return Response(exported.content, media_type=BYTES, headers=headers)


def _seen(form: Form) -> FormSeen:
    return FormSeen(form.table.name, form.title, len(form.table.fields))
