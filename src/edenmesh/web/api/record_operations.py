"""Operations on records: lists, one whole, its life, writing it, and deciding what is open about it."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from edenmesh.core.limits import INTEGER_MAX
from edenmesh.core.records import OPEN, Flag
from edenmesh.errors import InvalidInput
from edenmesh.node import Decision, HistoryView, Listing, Query, RecordRow, RecordView, TableRow
from edenmesh.web.api.answers import answer
from edenmesh.web.api.bounds import PAGE_MAX
from edenmesh.web.api.operation import Asked, operation
from edenmesh.web.api.served import Served
from edenmesh.web.visiting import Right

AFTER_HEADER = "Edenmesh-After"
"""Where the next page begins; 0 where there is none."""


class OfRecord(Asked, frozen=True):
    """One record, by its names."""

    table: str
    uuid: str


class Page(Asked, frozen=True):
    """A page of the records of a table, deleted ones among them if they are asked for."""

    table: str
    limit: Annotated[int, msgspec.Meta(ge=0, le=PAGE_MAX)] = 50
    after: Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)] = 0
    deleted: bool = False


class OpenPage(Asked, frozen=True):
    """A page of the records in which something is open, of one table or of all."""

    table: str = ""
    limit: Annotated[int, msgspec.Meta(ge=0, le=PAGE_MAX)] = PAGE_MAX
    after: Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)] = 0


class Search(Asked, frozen=True):
    """What somebody looks for in a table: words, values that fields must have, in which order, from where on.

    `order` is a field, empty for what records are called, or `$changed`; `is_open` finds those in which something is
    open, `with_deleted` deleted ones, too.
    """

    table: str
    text: str = ""
    having: dict[str, Any] = msgspec.field(default_factory=dict)
    order: str = ""
    is_descending: bool = False
    is_open: bool = False
    with_deleted: bool = False
    limit: Annotated[int, msgspec.Meta(ge=0, le=PAGE_MAX)] = 50
    offset: Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)] = 0


class NewRecord(Asked, frozen=True):
    """Values by field."""

    table: str
    values: dict[str, Any] = msgspec.field(default_factory=dict)


class Edit(Asked, frozen=True):
    """Values by field, null to empty one; of one strand where there are several."""

    table: str
    uuid: str
    values: dict[str, Any] = msgspec.field(default_factory=dict)
    strand: str = ""


class Retracting(Asked, frozen=True):
    """A record, or one strand of it."""

    table: str
    uuid: str
    strand: str = ""


class Decided(Asked, frozen=True):
    """What a person decided about one record, each part as in `Decision`; `heads` are those that were shown."""

    table: str
    uuid: str
    values: dict[str, Any] = msgspec.field(default_factory=dict)
    picks: dict[str, tuple[str, int]] = msgspec.field(default_factory=dict)
    versions: list[str] = msgspec.field(default_factory=list)
    both: list[str] = msgspec.field(default_factory=list)
    keep: bool | None = None
    server: str = ""
    heads: list[str] = msgspec.field(default_factory=list)
    strand: str = ""
    why: str = ""

    @property
    def decision(self) -> Decision:
        """The decision alone."""
        parts = {one: getattr(self, one) for one in self.__struct_fields__ if one not in ("table", "uuid")}
        return Decision(**parts)


class Identified(Asked, frozen=True):
    """Whether strands are one thing: `same` lists them or is true for all; or `keeps` one and `leaves` others."""

    table: str
    uuid: str
    same: list[str] | bool = False
    keeps: str = ""
    leaves: list[str] = msgspec.field(default_factory=list)
    heads: list[str] = msgspec.field(default_factory=list)
    why: str = ""


class Undoing(Asked, frozen=True):
    """A version to be taken back, and why."""

    table: str
    uuid: str
    version: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records, and where the next page begins; 0 where there is none."""

    records: list[RecordRow]
    after: int


class RecordOperations:
    """What the device does with records."""

    def __init__(self, served: Served) -> None:
        self._device = served.device

    @operation("GET", "/api/tables", Right.LOOK)
    def tables(self) -> list[TableRow]:
        """All tables, with how many records they have."""
        return self._device.tables()

    @operation("GET", "/api/records", Right.LOOK)
    def page(self, query: Page) -> RecordPage:
        """Records of a table."""
        rows, after = self._device.records.page(
            query.table, limit=query.limit, after=query.after, with_deleted=query.deleted
        )
        return RecordPage(rows, after)

    @operation("POST", "/api/records/search", Right.LOOK)
    def search(self, body: Search) -> Listing:
        """Records of a table by words and values, a page at a time."""
        query = Query(
            text=body.text,
            having=body.having,
            order=body.order,
            is_descending=body.is_descending,
            flags=OPEN if body.is_open else Flag(0),
            with_deleted=body.with_deleted,
        )
        return self._device.records.search(body.table, query, limit=body.limit, offset=body.offset)

    @operation("POST", "/api/records", Right.FILL, status=201)
    def add(self, body: NewRecord) -> RecordView:
        """Write a new record."""
        return self._device.add(body.table, body.values)

    @operation("GET", "/api/record", Right.LOOK)
    def show_record(self, query: OfRecord) -> RecordView:
        """One record, whole."""
        return self._device.record(query.table, query.uuid)

    @operation("PATCH", "/api/record", Right.FILL)
    def edit(self, body: Edit) -> RecordView:
        """Change values of a record."""
        return self._device.records.edit(body.table, body.uuid, body.values, strand=body.strand)

    @operation("GET", "/api/record/history", Right.LOOK)
    def history(self, query: OfRecord) -> HistoryView:
        """The life of a record in words, oldest first."""
        return self._device.records.history(query.table, query.uuid)

    @operation("POST", "/api/record/retract", Right.DECIDE)
    def retract(self, body: Retracting) -> RecordView:
        """Delete a record for all."""
        return self._device.records.retract(body.table, body.uuid, strand=body.strand)

    @operation("POST", "/api/record/resolve", Right.DECIDE)
    def resolve(self, body: Decided) -> RecordView:
        """Decide what is open about a record."""
        return self._device.decisions.resolve(body.table, body.uuid, body.decision)

    @operation("POST", "/api/record/identity", Right.DECIDE)
    def identify(self, body: Identified) -> RecordView:
        """Say whether the strands of a record are one thing or several."""
        decisions = self._device.decisions
        if body.same is not False:
            same = () if body.same is True else body.same
            return decisions.join(body.table, body.uuid, same, heads=body.heads, why=body.why)
        if not body.keeps:
            raise InvalidInput(what="The request needs 'same' or 'keeps'.")
        return decisions.part(body.table, body.uuid, body.keeps, body.leaves, heads=body.heads, why=body.why)

    @operation("POST", "/api/record/undo", Right.DECIDE)
    def undo(self, body: Undoing) -> RecordView:
        """Take back one version."""
        return self._device.decisions.undo(body.table, body.uuid, body.version, why=body.why)

    @operation("GET", "/api/conflicts", Right.LOOK, answers=list[RecordView])
    def conflicts(self, query: OpenPage) -> Response:
        """Records in which a person has something to decide; the header Edenmesh-After says where the next page is."""
        found, after = self._device.records.open_records(table=query.table, limit=query.limit, after=query.after)
        return answer(found, headers={AFTER_HEADER: str(after)})
