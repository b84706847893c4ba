"""What a person enters on one page: a record and its parts, written as one commit, once.

Parts are rows of the form's components; each is a record of its own that names its master. Everything is read and
checked before anything is written, so a refused field costs nothing of the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from edenmesh.core.encoding import Plain
from edenmesh.core.records import ALIAS, MASTER, RETRACT, Carried, Change, Pen, Reference, compose_all, difference
from edenmesh.errors import InvalidInput
from edenmesh.node.parts import Desk, require_here
from edenmesh.node.records.drafts import Drafts, Entered
from edenmesh.node.records.reading import require_fields, require_table
from edenmesh.node.records.record_desk import RecordDesk, strand_named
from edenmesh.node.records.views import Json
from edenmesh.store import Store


@dataclass(frozen=True, slots=True)
class Entry:
    """Values of one record as they were typed. Without a uuid it is to be made. `heads` are those its page showed."""

    table: str
    values: Mapping[str, Json]
    uuid: str = ""
    strand: str = ""
    is_dropped: bool = False
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What one page brings: the record, its parts, whose page it was and the key it was given."""

    master: Entry
    parts: Sequence[Entry] = ()
    account: str = ""
    key: str = ""
    about: Mapping[str, Plain] = field(default_factory=dict)


class Entries:
    """Saves what was entered."""

    def __init__(self, store: Store, desk: Desk, records: RecordDesk) -> None:
        self._store = store
        self._desk = desk
        self._records = records
        self.drafts: Final = Drafts(store, desk)

    def save(self, page: Filled) -> Entered:
        """Write the record and its parts, or find what the same page made before.

        Raises InvalidInput where a value does not fit its field; then nothing is written.
        """
        known = self.drafts.entered(page.account, page.key) if page.key else None
        if known is not None and known.uuid:
            return known
        written = self._prepare(page.master, page.about, None)
        with self._desk.writing() as writing:
            pens = self._desk.pens()
            uuid, made = page.master.uuid, 0
            for carried in (one for composing in written for one in composing(pens)):
                uuid, made = carried.version.uuid, carried.version.made
                writing.append(carried)
            master = Reference(page.master.table, uuid)
            for part in page.parts:
                for carried in (one for entry in self._prepare(part, page.about, master) for one in entry(pens)):
                    made = carried.version.made
                    writing.append(carried)
            entered = Entered(made=made or next(pens).made, table=page.master.table, uuid=uuid)
            if page.key:
                self.drafts.settle(writing, page.account, page.key, entered)
        return entered

    def _prepare(self, entry: Entry, about: Mapping[str, Plain], master: Reference | None) -> "list[_Composing]":
        """The acts an entry needs: one, or none where it changes nothing."""
        if not entry.uuid:
            return self._added(entry, about, master)
        table, uuid, held = self._records.find(entry.table, entry.uuid)
        require_here(self._store, table, uuid)
        target = strand_named(held.state(), entry.strand)
        told = {**target.about, **about}
        if entry.is_dropped:
            change, op = Change(), RETRACT
            if target.is_deleted:
                return []
        else:
            contents = self._records.read(table, entry.values, known=target.fields)
            change, op = difference(target, contents, declared=self._records.declared(held)), "put"
            if change.is_empty and not (master is None and (target.is_deleted or target.is_contested)):
                return []
        return [_Composing(self._records, table, uuid, change, target.heads, op, told)]

    def _added(self, entry: Entry, about: Mapping[str, Plain], master: Reference | None) -> "list[_Composing]":
        if entry.is_dropped:
            return []
        require_table(entry.table)
        contents = self._records.read(entry.table, entry.values)
        if master is None:
            require_fields(entry.table, contents, self._records.catalogue())
        change = difference(None, contents)
        if change.is_empty:
            if master is not None:
                return []
            raise InvalidInput(what="A new record needs at least one value.", do="Fill in at least one field.")
        if master is not None:
            change.set[MASTER] = master
            if entry.alias:
                change.set[ALIAS] = entry.alias
        return [_Composing(self._records, entry.table, None, change, (), "put", dict(about))]


@dataclass(frozen=True, slots=True)
class _Composing:
    """One act that waits for its pens."""

    records: RecordDesk
    table: str
    uuid: str | None
    change: Change
    parents: tuple[bytes, ...]
    op: str
    about: Mapping[str, Plain]

    def __call__(self, pens: Iterator[Pen]) -> list[Carried]:
        schema = self.records.catalogue().schema(self.table)
        own = (replace(pen, schema=schema) for pen in pens)
        return compose_all(own, self.table, self.uuid, self.change, parents=self.parents, op=self.op, about=self.about)
