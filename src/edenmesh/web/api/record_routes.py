"""Routes of the local API for records, forms, files, import and export."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edenmesh.core.ids import FileHash, format_id, parse_id
from edenmesh.core.limits import INTEGER_MAX
from edenmesh.core.records import File, Form
from edenmesh.errors import InvalidInput
from edenmesh.node import Decision, Device, Json
from edenmesh.web.api.answers import answer, flag_of, number_of, object_of, read_object, text_of

RECORDS_HEADER: Final = "Edenmesh-Records"
AFTER_HEADER: Final = "Edenmesh-After"
UNDECIDED_HEADER: Final = "Edenmesh-Undecided"
_PAGE_MAX: Final = 1000


class RecordRoutes:
    """What the device does with records, over HTTP."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.routes = [
            Route("/api/tables", self.tables),
            Route("/api/records", self.page),
            Route("/api/records", self.add, methods=["POST"]),
            Route("/api/record", self.show),
            Route("/api/record", self.edit, methods=["PATCH"]),
            Route("/api/record/retract", self.retract, methods=["POST"]),
            Route("/api/record/resolve", self.resolve, methods=["POST"]),
            Route("/api/record/identity", self.identify, methods=["POST"]),
            Route("/api/record/undo", self.undo, methods=["POST"]),
            Route("/api/record/history", self.history),
            Route("/api/conflicts", self.conflicts),
            Route("/api/forms", self.forms),
            Route("/api/forms", self.add_form, methods=["POST"]),
            Route("/api/files", self.add_file, methods=["POST"]),
            Route("/api/files/{file}", self.file),
            Route("/api/import", self.take, methods=["POST"]),
            Route("/api/export", self.export),
        ]

    async def tables(self, _request: Request) -> Response:
        """All tables with counts."""
        return answer(self._device.tables())

    async def page(self, request: Request) -> Response:
        """Records of a table: `table`, `limit`, `after`, `deleted`."""
        query = request.query_params
        rows, after = self._device.records.page(
            query.get("table", ""),
            limit=number_of(query.get("limit", "50"), "limit", _PAGE_MAX),
            after=number_of(query.get("after", "0"), "after", INTEGER_MAX),
            with_deleted=query.get("deleted") == "1",
        )
        return answer({"records": rows, "after": after})

    async def add(self, request: Request) -> Response:
        """A new record: `table`, `values`."""
        body = await read_object(request)
        return answer(self._device.add(text_of(body, "table"), object_of(body, "values")), 201)

    async def show(self, request: Request) -> Response:
        """One record: `table`, `uuid`."""
        query = request.query_params
        return answer(self._device.record(query.get("table", ""), query.get("uuid", "")))

    async def edit(self, request: Request) -> Response:
        """Change values: `table`, `uuid`, `values`, `strand`."""
        body = await read_object(request)
        view = self._device.records.edit(
            text_of(body, "table"),
            text_of(body, "uuid"),
            object_of(body, "values"),
            strand=text_of(body, "strand", otherwise=""),
        )
        return answer(view)

    async def retract(self, request: Request) -> Response:
        """Delete for all: `table`, `uuid`, `strand`."""
        body = await read_object(request)
        strand = text_of(body, "strand", otherwise="")
        return answer(self._device.records.retract(text_of(body, "table"), text_of(body, "uuid"), strand=strand))

    async def resolve(self, request: Request) -> Response:
        """Decide what is open about a record: the body is a `Decided`."""
        body = _decided(await read_object(request))
        return answer(self._device.decisions.resolve(body.table, body.uuid, body.decision))

    async def identify(self, request: Request) -> Response:
        """Say whether strands are one thing: `same` lists them or is true for all; or `keeps` one, `leaves` others."""
        body = await read_object(request)
        decisions = self._device.decisions
        heads, why = _texts(body, "heads"), text_of(body, "why", otherwise="")
        table, uuid = text_of(body, "table"), text_of(body, "uuid")
        if "same" in body:
            same = () if body["same"] is True else _texts(body, "same")
            return answer(decisions.join(table, uuid, same, heads=heads, why=why))
        keeps, leaves = text_of(body, "keeps"), _texts(body, "leaves")
        return answer(decisions.part(table, uuid, keeps, leaves, heads=heads, why=why))

    async def undo(self, request: Request) -> Response:
        """Take back one version: `table`, `uuid`, `version`, `why`."""
        body = await read_object(request)
        why = text_of(body, "why", otherwise="")
        version = text_of(body, "version")
        return answer(self._device.decisions.undo(text_of(body, "table"), text_of(body, "uuid"), version, why=why))

    async def history(self, request: Request) -> Response:
        """The life of a record in words, oldest first: `table`, `uuid`."""
        query = request.query_params
        return answer(self._device.records.history(query.get("table", ""), query.get("uuid", "")))

    async def conflicts(self, request: Request) -> Response:
        """Records in which a person has something to decide: `table`, `limit`, `after`; a header says what is next."""
        query = request.query_params
        found, after = self._device.records.open_records(
            table=query.get("table", ""),
            limit=number_of(query.get("limit", str(_PAGE_MAX)), "limit", _PAGE_MAX),
            after=number_of(query.get("after", "0"), "after", INTEGER_MAX),
        )
        response = answer(found)
        response.headers[AFTER_HEADER] = str(after)
        return response

    async def forms(self, _request: Request) -> Response:
        """The forms held here."""
        forms = self._device.forms()
        return answer(
            [{"table": form.table.name, "title": form.title, "fields": len(form.table.fields)} for form in forms]
        )

    async def add_form(self, request: Request) -> Response:
        """Add a form: the body is a form file."""
        form = self._device.add_form(await request.body())
        return answer(_form_json(form), 201)

    async def add_file(self, request: Request) -> Response:
        """Keep a file: the body is its content, `label` its name, `media` its type."""
        query = request.query_params
        body = await request.body()
        return answer(
            _file_json(self._device.add_file(body, label=query.get("label", ""), media=query.get("media", ""))), 201
        )

    async def file(self, request: Request) -> Response:
        """A file's content."""
        content = self._device.file(FileHash(parse_id("h", request.path_params["file"])))
        if content is None:
            raise InvalidInput(what="The file is not on this device, or not whole yet.", do="Sync, then try again.")
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type="application/octet-stream", headers=headers)

    async def take(self, request: Request) -> Response:
        """Import S3JSON: `document` as text, `files` kept before by their name, `update`, `from` a destination."""
        body = await read_object(request)
        files = {label: _file(given) for label, given in object_of(body, "files").items()}
        result = await self._device.import_in_turns(
            text_of(body, "document").encode(),
            files=files,
            is_update=flag_of(body, "update"),
            source=text_of(body, "from", otherwise=""),
        )
        return answer(result)

    async def export(self, request: Request) -> Response:
        """Export: `format` s3json, csv or geojson; `table` once for each, all where there is none.

        Headers say how many records that are, and how many of them nobody has decided yet.
        """
        query = request.query_params
        # In a thread: a large export must not keep sessions waiting, and it only reads.
        exported = await asyncio.to_thread(self._device.exported, query.getlist("table"), query.get("format", "s3json"))
        headers = {RECORDS_HEADER: str(exported.records), UNDECIDED_HEADER: str(exported.undecided)}
        return Response(exported.content, media_type="application/octet-stream", headers=headers)


class Decided(msgspec.Struct, frozen=True):
    """What a person decided about one record, as a request says it; each part as in `Decision`."""

    table: str
    uuid: str
    values: dict[str, Any] = {}
    picks: dict[str, tuple[str, int]] = {}
    versions: list[str] = []
    both: list[str] = []
    keep: bool | None = None
    server: str = ""
    heads: list[str] = []
    strand: str = ""
    why: str = ""

    @property
    def decision(self) -> Decision:
        """The decision alone."""
        parts = {one: getattr(self, one) for one in self.__struct_fields__ if one not in ("table", "uuid")}
        return Decision(**parts)


def _decided(body: Mapping[str, Json]) -> Decided:
    try:
        return msgspec.convert(body, Decided)
    except msgspec.ValidationError as error:
        raise InvalidInput(what=f"The request does not say a decision: {error}.") from error


def _texts(body: Mapping[str, Json], key: str) -> list[str]:
    value = body.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInput(what=f"{key!r} in the request is not a list of texts.")
    return [item for item in value if isinstance(item, str)]


def _form_json(form: Form) -> dict[str, Json]:
    return {"table": form.table.name, "title": form.title, "fields": len(form.table.fields)}


def _file_json(file: File) -> dict[str, Json]:
    return {"file": format_id("h", file.hash), "label": file.label, "media": file.media, "size": file.size}


def _file(value: Json) -> File:
    if not isinstance(value, dict):
        raise InvalidInput(what="A file in the request is not an object.")
    size = value.get("size")
    return File(
        parse_id("h", text_of(value, "file")),
        text_of(value, "label", otherwise=""),
        text_of(value, "media", otherwise=""),
        size if isinstance(size, int) else 0,
    )
