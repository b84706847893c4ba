"""Files: photos shown in records, and forms and records brought in and taken out by file."""

from pathlib import PurePosixPath
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edenmesh.core.ids import FileHash, parse_id
from edenmesh.core.records import Form
from edenmesh.errors import EdenmeshError, InvalidInput
from edenmesh.node import Device
from edenmesh.web.pages.page import Visit, page, status_of
from edenmesh.web.pages.posting import Upload
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.wording import Wording
from edenmesh.web.visiting import Right, require

_SIGNS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
)
_ENDINGS: Final = {"s3json": ".s3json", "csv": ".csv", "geojson": ".geojson"}
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=31536000, immutable",
}


class FilePages:
    """Bringing forms and records here by file, taking them out, and showing photos."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self._renderer = renderer
        self.routes: Final[list[Route]] = [
            Route("/photos/{file}", self.photo),
            page(renderer, "/forms", self.show, right=Right.RUN, act=self.bring, act_right=Right.RUN),
            page(renderer, "/forms/export", self.export, right=Right.RUN),
        ]

    async def photo(self, request: Request) -> Response:
        """A photo to look at, told by its first bytes; anything else to be saved, never to be opened here."""
        try:
            require(request, Right.LOOK)
            content = self._device.file(FileHash(parse_id("h", request.path_params["file"])))
            if content is None:
                raise InvalidInput(what="The file is not on this device, or not whole yet.", do="Sync, then try again.")
        except EdenmeshError as error:
            return self._renderer.failure(request, error, status_of(error))
        media = media_seen(content)
        if not media:
            headers = {**_HEADERS, "Content-Disposition": "attachment"}
            return Response(content, media_type="application/octet-stream", headers=headers)
        return Response(content, media_type=media, headers=_HEADERS)

    async def show(self, visit: Visit) -> Response:
        """The forms here, and the ways in and out."""
        words = Wording(self._device, visit.texts)
        forms = [
            {
                "table": form.table.name,
                "title": form.title or words.table(form.table.name),
                "fields": len(form.table.fields),
            }
            for form in self._device.forms()
        ]
        tables = [(row.table, words.table(row.table)) for row in self._device.tables()]
        return visit.render("forms.html", forms=forms, tables=tables)

    async def bring(self, visit: Visit) -> Response:
        """Take in what was chosen: forms, documents with records, and the photos they name, told by their content."""
        uploads = visit.posted.files("files")
        if not uploads:
            raise InvalidInput(what="No file was chosen.", do="Choose one or more files, then bring them in.")
        done: list[str] = []
        documents: list[Upload] = []
        photos: dict[str, bytes] = {}
        for upload in uploads:
            form = self._form(upload)
            if form is not None:
                done.append(visit.texts("Form: %(title)s", title=form.title or form.table.name))
            elif upload.content.lstrip()[:1] == b"{":
                documents.append(upload)
            else:
                photos[PurePosixPath(upload.label).name] = upload.content
        if photos and not documents:
            raise InvalidInput(
                what="These files hold neither a form nor records.",
                do="Choose a form (.toml or .json) or a document with records (.s3json); photos come along with one.",
            )
        problems: list[str] = []
        for upload in documents:
            result = await self._device.import_in_turns(
                upload.content, files=photos, is_update=visit.posted.is_on("update")
            )
            done.append(
                visit.texts(
                    "%(name)s: %(written)d written, %(unchanged)d here already",
                    name=upload.label,
                    written=result.written,
                    unchanged=result.unchanged,
                )
            )
            problems += result.problems
        if problems:
            shown = "; ".join(problems[:20])
            done.append(visit.texts("Left out: %(problems)s", problems=shown))
        return visit.go("/forms", " · ".join(done), kind="warn" if problems else "done")

    def _form(self, upload: Upload) -> Form | None:
        """The form in a file, added; None where the file holds none and may be a document or a photo."""
        name = upload.label.lower()
        if name.endswith(".s3json") or media_seen(upload.content):
            return None
        try:
            return self._device.add_form(upload.content)
        except InvalidInput:
            if name.endswith(".toml"):
                raise
            return None

    async def export(self, visit: Visit) -> Response:
        """Records as a file to be kept or handed over."""
        form = visit.query.get("format", "s3json")
        table = visit.query.get("table", "")
        exported = self._device.exported([table] if table else [], form)
        name = f"{table or 'records'}{_ENDINGS.get(form, '')}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(exported.content, media_type="application/octet-stream", headers=headers)


def media_seen(content: bytes) -> str:
    """The type of a photo by its first bytes; empty for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((media for sign, media in _SIGNS if content.startswith(sign)), "")
