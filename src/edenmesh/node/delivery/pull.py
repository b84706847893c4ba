"""Bringing forms and records from a server: what it shows is observed, record by record, as in a delivery.

Listings come page by page and say nothing of what is missing, so a record that was there before and is in no page is
asked for by name. What records refer to and no listing offers, such as a place, is asked for by name too. A record
that changes here while its page is under way is read once more, because an observation may follow only what was known
when its read began.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Final

from edenmesh.core.limits import DOCUMENT_ROWS_MAX
from edenmesh.core.records import Catalogue, Content, Form, Reference
from edenmesh.eden import (
    PAGE_ROWS,
    Document,
    EdenClient,
    FormListing,
    Key,
    Refused,
    Row,
    is_server_row,
    master_of,
    normalise_row,
)
from edenmesh.node.delivery.observer import Observer, Seen, rows_shown
from edenmesh.node.parts import Parts
from edenmesh.store import Committed

_REFERENCES_DEEP: Final = 4
"""How far references are followed: a place stands in a district, that in a region, that in a country."""


@dataclass(frozen=True, slots=True)
class PullResult:
    """What a pull brought. `written` are records of which something new was seen; `problems` are in words."""

    forms: int
    seen: int
    written: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PullUpdate:
    """How far a pull is: `done` forms or records of a table. The last update carries the result."""

    step: str
    table: str
    done: int
    result: PullResult | None = None


async def pull_forms(parts: Parts, client: EdenClient, *, only_missing: Catalogue | None = None) -> AsyncIterator[Form]:
    """Bring the forms a server offers; those of `only_missing` are not asked for again. Raises DeliveryError."""
    for listing in await client.forms():
        if only_missing is not None and only_missing.form(listing.table) is not None:
            continue
        form = await client.form(listing)
        if isinstance(form, Refused):
            continue
        with parts.desk.writing() as writing:
            writing.add_form(form.encode())
        yield form


class Pull:
    """One pull of records. Iterate over `run`."""

    def __init__(self, parts: Parts, client: EdenClient, observer: Observer, listings: Iterable[FormListing]) -> None:
        self._parts = parts
        self._client = client
        self._observer = observer
        self._catalogue = observer.catalogue
        self._listings = sorted(listings, key=lambda one: not one.is_lookup)
        self._seen: set[Key] = set()
        self._again: set[Key] = set()
        self._referred: set[Key] = set()
        self._changed: set[Key] = set()
        self._count = 0
        self.written = 0
        self.problems: list[str] = []

    @property
    def count(self) -> int:
        """How many records were seen."""
        return len(self._seen)

    async def run(self) -> AsyncIterator[PullUpdate]:
        """Read all records of the tables. Raises DeliveryError where no further request would do better."""
        stop = self._parts.desk.listen(self._note_commit)
        try:
            for listing in self._listings:
                async for update in self._pull_table(listing):
                    yield update
            for _ in range(_REFERENCES_DEEP):
                async for update in self._pull_referred():
                    yield update
            async for update in self._read("again", self._again):
                yield update
        finally:
            stop()

    async def _pull_table(self, listing: FormListing) -> AsyncIterator[PullUpdate]:
        table = listing.table
        form = self._catalogue.form(table)
        components = [one.table.name for one in form.components] if form is not None else []
        start, is_whole = 0, True
        listed: set[str] = set()
        while True:
            self._changed.clear()
            document = await self._client.page(table, start, self._catalogue, components)
            if isinstance(document, Refused):
                self.problems.append(document.what)
                return
            is_whole = is_whole and not document.problems
            self.problems.extend(str(problem) for problem in document.problems[:10])
            before = len(listed)
            listed.update(row.uuid for row in document.rows if row.table == table)
            await self._observe(document, table)
            results = int(document.attributes["results"])
            start += results
            yield PullUpdate("records", table, start)
            if results < PAGE_ROWS or len(listed) == before:
                # A page with nothing new: the server does not page, or begins anew.
                break
            if start >= DOCUMENT_ROWS_MAX:
                self.problems.append(
                    f"{table}: the server lists more than {DOCUMENT_ROWS_MAX} records; the rest is left."
                )
                return
        if is_whole:
            unseen = [key for key in self._known(table, components) if key not in self._seen]
            async for update in self._read(table, unseen):
                yield update

    async def _observe(self, document: Document, table: str) -> None:
        """Observe the rows of a page that are shown at the place where they are read by name."""
        seen: list[Seen] = []
        for row in rows_shown(document, table).values():
            held = self._observer.held(row.key)
            is_inside = self._observer.place_of(held, row.key) != row.key if held.versions else self._is_inside(row)
            if is_server_row(row) or is_inside is not (row.master is not None):
                continue
            seen.append(await self._observer.see(row, held))
        # What changed while the page was under way was not known when its read began.
        self._again.update(one.key for one in seen if one.key in self._changed)
        self._write([one for one in seen if one.key not in self._changed])

    def _is_inside(self, row: Row) -> bool:
        return master_of(normalise_row(row, self._catalogue), self._catalogue) is not None

    def _write(self, seen: list[Seen]) -> None:
        self.written += self._observer.write(seen)
        for one in seen:
            self._seen.add(one.key)
            if one.problem:
                self.problems.append(f"{one.key[0]} {one.key[1]}: {one.problem}")
            elif one.row is not None:
                self._referred.update(self._targets(one.row))

    async def _read(self, table: str, keys: Iterable[Key]) -> AsyncIterator[PullUpdate]:
        async for seen in self._observer.read(list(keys)):
            self._write(seen)
            yield PullUpdate("by name", table, len(seen))

    async def _pull_referred(self) -> AsyncIterator[PullUpdate]:
        """Read what was referred to and is neither listed nor here."""
        referred, self._referred = self._referred, set()
        wanted = [key for key in sorted(referred) if key not in self._seen and not self._observer.held(key).versions]
        async for update in self._read("references", wanted):
            yield update

    def _targets(self, row: Row) -> Iterable[Key]:
        targets = (target for content in row.fields.values() for target in _references(content))
        return [
            (target.table, target.uuid)
            for target in targets
            if self._catalogue.form(target.table) is None and not is_server_row(Row(table=target.table, uuid=""))
        ]

    def _known(self, table: str, components: list[str]) -> Iterable[Key]:
        """Records here that were there when they were last read, and that a full listing of a table would show."""
        records = self._parts.store.records
        for name in (table, *components):
            after = 0
            while rows := records.page(name, after=after, limit=1000, with_deleted=True):
                after = rows[-1].num
                for row in rows:
                    key = (row.table, row.uuid)
                    if key in self._seen:
                        continue
                    held = records.versions_of(row.num)
                    place = self._observer.place_of(held, key)
                    if place[0] == table and self._observer.is_seen_there(held) and not self._is_gone_here(place, key):
                        yield key

    def _is_gone_here(self, place: Key, key: Key) -> bool:
        """Whether its master was deleted here: that it is gone there is no news then."""
        held = self._observer.held(place)
        strand = held.state().strand if held.versions and place != key else None
        return strand is not None and strand.is_deleted

    def _note_commit(self, committed: Committed) -> None:
        self._changed.update(committed.records)


def _references(content: Content) -> list[Reference]:
    values = content if isinstance(content, tuple) else (content,)
    return [value for value in values if isinstance(value, Reference)]
