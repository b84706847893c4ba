"""Operations of deletion: purge here, the bin, erase everywhere, rules that purge."""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from edenmesh.core.limits import COUNT_MAX, INTEGER_MAX
from edenmesh.errors import InvalidInput
from edenmesh.node import (
    AskedView,
    BinView,
    ErasureView,
    PurgeResult,
    PurgeView,
    RecordView,
    RuleView,
)
from edenmesh.web.api.bounds import PAGE_MAX
from edenmesh.web.api.operation import Asked, operation
from edenmesh.web.api.record_operations import OfRecord
from edenmesh.web.api.served import Served
from edenmesh.web.visiting import Right


class Purging(Asked, frozen=True):
    """Records of a table: those of `uuids`, or `all`. `unreceived` accepts what speaks against it."""

    table: str
    uuids: list[str] = msgspec.field(default_factory=list)
    all: bool = False
    unreceived: bool = False


class Rule(Asked, frozen=True):
    """When records of a table are purged here by themselves; 0 for no bound."""

    table: str
    after_days: Annotated[int, msgspec.Meta(ge=-COUNT_MAX, le=COUNT_MAX)] = 0
    space_mb: Annotated[int, msgspec.Meta(ge=-COUNT_MAX, le=COUNT_MAX)] = 0
    receipts: Annotated[int, msgspec.Meta(ge=-COUNT_MAX, le=COUNT_MAX)] = 1


class RuleOf(Asked, frozen=True):
    """The rule of a table."""

    table: str


class BinPage(Asked, frozen=True):
    """How many of each kind, and where the page of purged records begins."""

    limit: Annotated[int, msgspec.Meta(ge=0, le=PAGE_MAX)] = 100
    after: Annotated[int, msgspec.Meta(ge=0, le=INTEGER_MAX)] = 0


class Restoring(Asked, frozen=True):
    """A record, and why it comes back."""

    table: str
    uuid: str
    why: str = ""


class Erasing(Asked, frozen=True):
    """A record; `with_parted` are those it was told apart from, too."""

    table: str
    uuid: str
    with_parted: bool = False


class Asking(Asked, frozen=True):
    """A record that stewards are asked to erase, and why."""

    table: str
    uuid: str
    why: str = ""
    with_parted: bool = False


class Entry(Asked, frozen=True):
    """An erasure, by its entry in the charter."""

    entry: str


@dataclass(frozen=True, slots=True)
class RecordName:
    """One record, by its names."""

    table: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many versions were asked for again."""

    wanted: int


class DeletionOperations:
    """What the device deletes, and brings back."""

    def __init__(self, served: Served) -> None:
        self._deletions = served.device.deletions

    @operation("POST", "/api/purge/look", Right.RUN)
    def look_at_purge(self, body: Purging) -> list[PurgeView]:
        """What a purge would remove here, and what speaks against it."""
        return self._look(body)

    @operation("POST", "/api/purge", Right.RUN)
    def purge(self, body: Purging) -> PurgeResult:
        """Remove records here."""
        names = [(view.table, view.uuid) for view in self._look(body)]
        return self._deletions.purging.purge(names, is_unreceived_accepted=body.unreceived)

    @operation("GET", "/api/purge/rules", Right.RUN)
    def rules(self) -> list[RuleView]:
        """The rules by which records are purged here."""
        return self._deletions.automatic.rules()

    @operation("PUT", "/api/purge/rules", Right.RUN)
    def set_rule(self, body: Rule) -> RuleView:
        """Make or replace the rule of a table."""
        return self._deletions.automatic.set_rule(
            body.table, after_days=body.after_days, space_mb=body.space_mb, receipts=body.receipts
        )

    @operation("DELETE", "/api/purge/rules", Right.RUN)
    def drop_rule(self, body: RuleOf) -> None:
        """Have no rule for a table any more."""
        self._deletions.automatic.drop_rule(body.table)

    @operation("GET", "/api/bin", Right.LOOK)
    def bin(self, query: BinPage) -> BinView:
        """Everything that was deleted, as this device knows it."""
        return self._deletions.bin.look(limit=query.limit, after=query.after)

    @operation("POST", "/api/bin/fetch", Right.RUN)
    def fetch(self, body: OfRecord) -> Wanted:
        """Want a purged record again."""
        return Wanted(self._deletions.purging.fetch(body.table, body.uuid))

    @operation("POST", "/api/bin/restore", Right.DECIDE)
    def restore(self, body: Restoring) -> RecordView:
        """Bring back a record that was deleted for all."""
        return self._deletions.bin.restore(body.table, body.uuid, why=body.why)

    @operation("POST", "/api/erase/look", Right.DECIDE)
    def look_at_erasure(self, body: Erasing) -> list[RecordName]:
        """The records an erasure would destroy."""
        found = self._deletions.erasing.covered(body.table, body.uuid, with_parted=body.with_parted)
        return [RecordName(table, uuid) for table, uuid in found]

    @operation("POST", "/api/erase", Right.RUN)
    def erase(self, body: Erasing) -> list[ErasureView]:
        """Have a record destroyed everywhere, as a steward."""
        return self._deletions.erasing.erase(body.table, body.uuid, with_parted=body.with_parted)

    @operation("POST", "/api/erase/confirm", Right.RUN)
    def confirm_erasure(self, body: Entry) -> ErasureView:
        """Confirm an erasure as a second steward."""
        return self._deletions.erasing.confirm(body.entry)

    @operation("POST", "/api/erase/ask", Right.DECIDE)
    def ask_for_erasure(self, body: Asking) -> list[AskedView]:
        """Ask the stewards to erase a record."""
        return self._deletions.erasing.ask(body.table, body.uuid, body.why, with_parted=body.with_parted)

    def _look(self, body: Purging) -> list[PurgeView]:
        if bool(body.uuids) == body.all:
            raise InvalidInput(what="The request names neither records nor all of them, or both.")
        if body.all:
            return self._deletions.purging.look_at_table(body.table)
        return [self._deletions.purging.look(body.table, one) for one in body.uuids]
