"""Lists of records for people: by words, by values, in any order, a page at a time.

What a list shows of a record is drawn anew from its versions; what it is found and sorted by is derived in quiet
moments, some hundred records at a time, so that a sync never waits for it. Whoever searches meanwhile is told how many
records are not in the list yet.
"""

import asyncio
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from edenmesh.core.ids import FormHash
from edenmesh.core.records import (
    MASTER,
    Catalogue,
    Content,
    Decimal,
    File,
    Flag,
    Form,
    RecordState,
    Reference,
    canonical_text,
    content_text,
)
from edenmesh.errors import InvalidInput
from edenmesh.node.parts import Desk
from edenmesh.node.records.reading import read_values
from edenmesh.node.records.views import Json, RecordRow, label_of
from edenmesh.store import CHANGED, LABEL, Committed, Key, Listed, RecordVersions, Search, Store
from edenmesh.store import RecordRow as RecordPlace

_TURN: Final = 50
"""Records listed in one turn: some 15 ms."""
_AT_ONCE: Final = 500
"""Records listed at once for somebody who searches: some 80 ms."""
_QUIET_SECONDS: Final = 0.3
_KEY_CHARS: Final = 80
_WORDS_CHARS: Final = 4000
_ANY: Final = Flag(0)
_WORD: Final = re.compile(r"\w+")

Draw = Callable[[str, str, RecordVersions], RecordRow]


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for in a table.

    `text` are words of which each must begin a word of the record; `having` are values that fields must have. `order`
    is a field, or empty for what records are called, or `$changed`. `flags` are such of which it must have one.
    """

    text: str = ""
    having: Mapping[str, Json] = field(default_factory=dict)
    order: str = ""
    is_descending: bool = False
    flags: Flag = _ANY
    with_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A page: its records, how many were found in all, and how many of the table are not in the list yet."""

    rows: tuple[RecordRow, ...]
    total: int
    unlisted: int


class Lister:
    """Keeps the lists of one device, and searches them."""

    def __init__(self, store: Store, desk: Desk, catalogue: Callable[[], Catalogue], draw: Draw) -> None:
        self._store = store
        self._desk = desk
        self._catalogue = catalogue
        self._draw = draw
        self._stirred = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        desk.listen(self._hear)

    def search(self, table: str, query: Query, *, limit: int = 50, offset: int = 0) -> Listing:
        """A page of what is found. Raises InvalidInput where a field or a value is none of the table."""
        search = self._search(table, query)
        self._keep_orders(table, [search.order, *search.having])
        self._list(table, _AT_ONCE)
        found = self._store.listings.search(table, search, limit=limit, offset=offset)
        rows = tuple(self._draw(table, row.uuid, self._store.records.versions_of(row.num)) for row in found.rows)
        return Listing(rows, found.total, found.unlisted)

    def take_turn(self) -> bool:
        """List some records that are not in the lists. Returns whether there may be more."""
        return self._list("", _TURN) == _TURN

    def list_all(self) -> None:
        """List every record that is not in the lists."""
        while self._list("", _AT_ONCE):
            pass

    def start(self) -> None:
        """Keep the lists in quiet moments from now on."""
        self._stirred.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Keep them no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        while True:
            await self._stirred.wait()
            while self._stirred.is_set():
                self._stirred.clear()
                await asyncio.sleep(_QUIET_SECONDS)
            await self._take_turns()

    async def _take_turns(self) -> None:
        for _ in iter(self.take_turn, False):
            await asyncio.sleep(0)
            if self._stirred.is_set():
                return

    def _hear(self, committed: Committed) -> None:
        if committed.forms:
            self._relist(committed.forms)
        if committed.records or committed.forms:
            self._stirred.set()

    def _relist(self, forms: Iterable[FormHash]) -> None:
        """Another form may call the values of its tables by other labels."""
        snapshot = self._store.snapshot
        read = [Form.decode(data) for one in forms if (data := snapshot.form(one)) is not None]
        tables = {table.name for form in read for table in (form.table, *(one.table for one in form.components))}
        with self._desk.writing() as writing:
            for name in sorted(tables):
                writing.unlist_table(name)

    # --- listing ------------------------------------------------------------------------------------------------------

    def _list(self, table: str, limit: int) -> int:
        """List so many records that are not in the lists. Returns how many there were."""
        nums, shown = self._store.listings.unlisted(table=table, limit=limit)
        if not nums:
            return 0
        catalogue = self._catalogue()
        listed = [_listed(row, self._store.records.versions_of(row.num), catalogue) for row in shown]
        with self._desk.writing() as writing:
            writing.put_listed(nums, listed)
        return len(nums)

    def _keep_orders(self, table: str, fields: Iterable[str]) -> None:
        missing = [name for name in fields if not self._store.listings.has_order(table, name)]
        if missing and any(row.name == table for row in self._store.records.tables()):
            with self._desk.writing() as writing:
                for name in missing:
                    writing.keep_order(table, name)

    def _search(self, table: str, query: Query) -> Search:
        catalogue = self._catalogue()
        fields = catalogue.fields(table)
        for name in (query.order, *query.having):
            if name not in ("", LABEL, CHANGED, MASTER) and fields and name not in fields:
                raise InvalidInput(
                    what=f"The form of {table} has no field {name!r} to list by.",
                    do=f"See its fields with `edenmesh form show {table}`.",
                )
        contents = read_values(table, query.having, catalogue)
        return Search(
            words=tuple(_WORD.findall(fold(query.text)))[:20],
            having={name: _key(table, name, content, catalogue) for name, content in contents.items()},
            flags=query.flags,
            order=query.order or LABEL,
            is_descending=query.is_descending,
            with_deleted=query.with_deleted,
        )


def fold(text: str) -> str:
    """A text as it is compared in lists: without marks on letters, without case (Unicode, section 3.13)."""
    if text.isascii():
        return text.casefold()
    letters = unicodedata.normalize("NFKD", text)
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold()


def _listed(row: RecordPlace, held: RecordVersions, catalogue: Catalogue) -> Listed:
    table, uuid, state = row.table, row.uuid, held.state()
    first = state.strands[0].values if state.strands else {}
    keys: dict[str, Key] = {name: _key(table, name, content, catalogue) for name, content in first.items()}
    keys[LABEL] = fold(label_of(first, uuid)[:_KEY_CHARS])
    keys[CHANGED] = max((version.made for version in held.versions.values()), default=0)
    return Listed(row.num, " ".join(_words(table, uuid, state, catalogue))[:_WORDS_CHARS], keys)


def _words(table: str, uuid: str, state: RecordState, catalogue: Catalogue) -> Iterable[str]:
    """Every word a person may look for: all values, those in conflict, too, and what a form calls them."""
    yield uuid.removeprefix("urn:uuid:")
    for strand in state.strands:
        for name, shown in strand.fields.items():
            for choice in shown.choices:
                yield from _said(table, name, choice.content, catalogue)


def _said(table: str, name: str, content: Content | None, catalogue: Catalogue) -> Iterable[str]:
    for item in content if isinstance(content, tuple) else (content,):
        if isinstance(item, File):
            yield item.label
        elif item is not None and not isinstance(item, bool | Reference):
            text = canonical_text(item)
            yield text
            if label := _labels(table, name, catalogue).get(text):
                yield label


def _key(table: str, name: str, content: Content | None, catalogue: Catalogue) -> Key:
    """What a record is sorted by in a field: numbers by size, texts and options as people read them."""
    if content is None:
        return ""
    text = content_text(content)
    if label := _labels(table, name, catalogue).get(text):
        return fold(label[:_KEY_CHARS])
    if isinstance(content, int):
        return int(content)
    if isinstance(content, Decimal):
        return float(content.text)
    return fold(text[:_KEY_CHARS])


def _labels(table: str, name: str, catalogue: Catalogue) -> Mapping[str, str]:
    field = catalogue.field(table, name)
    return {one.value: one.label for one in field.options} if field is not None and field.options else {}
