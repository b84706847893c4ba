"""Reading records at a destination, and writing what was seen there as observations.

A record is read by name: at its table's own address, or inside its master where it has none. What was known of it
when the read began is kept, because the observation may follow nothing else. A file is seen by downloading and hashing
it. What is seen is written in one change; where that says nothing new, nothing is written (core.records, `observe`).
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final, NamedTuple

from edenmesh.core.ids import DestinationId, FileHash, tagged_hash
from edenmesh.core.records import (
    OBSERVE,
    Carried,
    Catalogue,
    Content,
    Draft,
    File,
    History,
    Pen,
    Reading,
    Reference,
    StrandState,
    Value,
    compose,
    content_text,
    last_observations,
    observe,
    record_state,
)
from edenmesh.eden import (
    READ_UUIDS,
    Document,
    EdenClient,
    Key,
    PendingFile,
    Refused,
    Row,
    can_be_asked,
    master_of,
    normalise_row,
)
from edenmesh.errors import InvalidInput
from edenmesh.node.parts import Parts, why_absent
from edenmesh.node.records import RecordDesk, Resides, in_our_words, is_needless, media_of, resided
from edenmesh.store import RecordVersions, Transaction

_LEFT_BEHIND: Final = (
    "the server has it from a decision, different or same, that does not hold here now; decide about that record first"
)
_NONE_HELD: Final = RecordVersions({}, frozenset())


@dataclass(slots=True)
class Seen:
    """One record as it was read: what the server showed, or in words why that is not known.

    `held` are the versions known when the read began. `row` is None where the server had no such record. It is
    partial where the server names a file of the record and does not have its content: that is no edit of anybody's, so
    nothing is written of it, but the file may be sent again. `was_created`: the server has just answered an update of
    the record by creating it.
    """

    key: Key
    held: RecordVersions
    row: Row | None = None
    problem: str = ""
    is_partial: bool = False
    was_created: bool = False
    contents: Mapping[FileHash, bytes] = field(default_factory=dict)


class Group(NamedTuple):
    """Records that one request reads: those of a table by uuid, each with the records asked for inside it."""

    table: str
    asked: dict[str, list[Key]]


class Observer:
    """Reads at one destination and writes what it saw. `is_trusting`: a file fetched before is not fetched again."""

    def __init__(
        self,
        parts: Parts,
        destination: DestinationId,
        client: EdenClient,
        catalogue: Catalogue,
        *,
        is_trusting: bool = False,
    ) -> None:
        self.destination: Final = destination
        self.catalogue: Final = catalogue
        self._parts = parts
        self._store = parts.store
        self._client = client
        self._is_trusting = is_trusting
        self.resides: Final = RecordDesk(parts.store, parts.desk).resides
        self._files: dict[str, File] = {}

    # --- reading ------------------------------------------------------------------------------------------------------

    async def read(self, keys: Iterable[Key]) -> AsyncIterator[list[Seen]]:
        """Read records by name, a request at a time. Raises DeliveryError where no further one would do better."""
        unaskable: list[Seen] = []
        groups = self._groups(keys, unaskable)
        if unaskable:
            yield unaskable
        for group in groups:
            yield await self._read_group(group)

    def held(self, key: Key) -> RecordVersions:
        """What is known of a record now."""
        return self._store.records.versions(*key) or _NONE_HELD

    def place_of(self, held: RecordVersions, key: Key) -> Key:
        """The record at whose address this one is read: its master where it has none of its own, else itself."""
        values = {name: resided(content, self.resides) for name, content in _values(held).items()}
        return master_of(Row(table=key[0], uuid=key[1], fields=values), self.catalogue) or key

    async def see(self, row: Row, held: RecordVersions) -> Seen:
        """What a row says, normalised, with its files; a row this program cannot make sense of is a problem."""
        row = as_referred(in_our_words(normalise_row(row, self.catalogue), held), held, self.resides)
        seen = Seen(row.key, held, row)
        contents: dict[FileHash, bytes] = {}
        files: dict[str, File] = {}
        for name, pending in row.files.items():
            found = await self._fetch(pending, contents)
            if isinstance(found, File):
                files[name] = found
            elif found.status != 404:
                seen.problem = f"its file {pending.label or name} cannot be read: {found.what}"
            else:
                seen.is_partial = seen.is_partial or any(name in one.set for one in held.versions.values())
        seen.row = replace(row.with_files(files), files={})
        seen.contents = contents
        return seen

    def _groups(self, keys: Iterable[Key], unaskable: list[Seen]) -> list[Group]:
        tables: dict[str, dict[str, list[Key]]] = {}
        for key in keys:
            held = self.held(key)
            table, uuid = self.place_of(held, key)
            if can_be_asked(uuid):
                tables.setdefault(table, {}).setdefault(uuid, []).append(key)
            else:
                unaskable.append(Seen(key, held, problem="a server cannot be asked for its uuid"))
        groups: list[Group] = []
        for table, asked in tables.items():
            uuids = list(asked)
            parts = (uuids[start : start + READ_UUIDS] for start in range(0, len(uuids), READ_UUIDS))
            groups.extend(Group(table, {uuid: asked[uuid] for uuid in part}) for part in parts)
        return groups

    async def _read_group(self, group: Group) -> list[Seen]:
        keys = [key for asked in group.asked.values() for key in asked]
        held = {key: self.held(key) for key in keys}
        inside = {table for table, _ in keys if table != group.table}
        document = await self._client.read(group.table, list(group.asked), self.catalogue, sorted(inside))
        if isinstance(document, Refused):
            return [Seen(key, held[key], problem=document.what) for key in keys]
        rows = rows_shown(document, group.table)
        is_whole = not document.problems
        seen: list[Seen] = []
        for key in keys:
            row = rows.get(key)
            if row is not None:
                seen.append(await self.see(row, held[key]))
            elif is_whole:
                seen.append(Seen(key, held[key]))
            else:
                what = str(document.problems[0])
                seen.append(Seen(key, held[key], problem=f"the server's answer cannot be read whole: {what}"))
        return seen

    # --- files --------------------------------------------------------------------------------------------------------

    async def _fetch(self, pending: PendingFile, contents: dict[FileHash, bytes]) -> File | Refused:
        """The file behind an address; its content goes to `contents` where it is not here yet."""
        known = self._files.get(pending.url) or self._fetched_before(pending)
        if known is not None:
            return File(known.hash, pending.label, known.media, known.size)
        content = await self._client.download(pending.url)
        if isinstance(content, Refused):
            return content
        hashed = FileHash(sha256(content).digest())
        if self._store.snapshot.file_size(hashed) is None:
            contents[hashed] = content
        label = pending.label
        found = self._files[pending.url] = File(hashed, label, media_of(label), len(content))
        return found

    def _fetched_before(self, pending: PendingFile) -> File | None:
        noted = self._store.notes.meta(self._note_of(pending.url)) if self._is_trusting else None
        size = self._store.snapshot.file_size(FileHash(noted)) if noted is not None else None
        if noted is None or size is None:
            return None
        return File(noted, pending.label, media_of(pending.label), size)

    def _note_of(self, url: str) -> str:
        return f"file-at:{tagged_hash('file-at', self.destination, url.encode()).hex()}"

    # --- writing ------------------------------------------------------------------------------------------------------

    def write(self, seen: Iterable[Seen]) -> int:
        """Write what was seen, durably and in one change. Returns how many observations that took.

        That this device itself has read what is delivered is noted, too: a day later it counts as a second time.
        """
        seen = list(seen)
        drafts = [(one, draft) for one in seen if (draft := self._draft(one)) is not None]
        read = [one.key for one in seen if one.held.versions and self._is_read_whole(one)]
        if not drafts and not read:
            return 0
        pens = self._parts.desk.pens()
        pen = next(pens)
        count = 0
        with self._parts.desk.writing() as writing:
            for one, draft in drafts:
                try:
                    carried = self._compose(one, draft, pen)
                except InvalidInput as error:
                    one.problem = f"what the server shows of it cannot be kept: {error.what}"
                    continue
                if _raises_no_question(one, carried):
                    continue
                writing.append(carried)
                self._keep_files(one, carried, writing)
                pen = next(pens)
                count += 1
            writing.note_read(self.destination, read, now_ms(self._parts))
        return count

    def _is_read_whole(self, seen: Seen) -> bool:
        """Whether all of a record was read just now: not where a file was taken for the one that was there before."""
        return not (seen.problem or seen.is_partial or (self._is_trusting and any(_files_of(seen))))

    def as_if_written(self, seen: Seen) -> RecordVersions:
        """What would be known of a record if what was seen were written; for plans."""
        draft = self._draft(seen)
        if draft is None:
            return seen.held
        carried = self._compose(seen, draft, self._parts.desk.pen())
        return seen.held if _raises_no_question(seen, carried) else seen.held.including(carried)

    def _draft(self, seen: Seen) -> Draft | None:
        seen.problem = seen.problem or why_absent(self._store, *seen.key)
        if not seen.held.versions and self._store.records.is_vacant(*seen.key):
            # What is written of it would be one more observation at every reading, as no record here has them.
            seen.problem = seen.problem or _LEFT_BEHIND
        if seen.problem or seen.is_partial:
            return None
        row = seen.row
        stamps = (row.modified_on, row.created_on) if row is not None else ("", "")
        fields = row.fields if row is not None else None
        reading = Reading(self.destination, fields, *stamps, was_created=seen.was_created)
        held = seen.held.alone()
        draft = observe(held.versions, reading, held.uncounted, held.declarations)
        strand = seen.held.state().strand if draft is not None and seen.held.versions else None
        if draft is not None and strand is not None and strand.is_shared:
            # Of a family every row at the server is one record's: which, the observation says.
            draft = replace(draft, about={**draft.about, **strand.about})
        return draft

    def _compose(self, seen: Seen, draft: Draft, pen: Pen) -> Carried:
        table, uuid = seen.key
        pen = replace(pen, schema=self.catalogue.schema(table))
        return compose(pen, table, uuid, draft.change, parents=draft.parents, op=OBSERVE, about=draft.about)

    def _keep_files(self, seen: Seen, carried: Carried, writing: Transaction) -> None:
        for value in carried.version.set.values():
            content = seen.contents.get(FileHash(value.hash)) if isinstance(value, File) else None
            if content is not None:
                writing.add_file([content])
        hashes = {value.hash for value in _files_of(seen)}
        for url, file in self._files.items():
            if file.hash in hashes:
                writing.put_meta(self._note_of(url), file.hash)

    def remembered(self, key: Key) -> Row | None:
        """The record as the server was last seen to hold it, by anybody; None where it was not seen there."""
        held = self.held(key).alone()
        last = last_observations(held.versions, self.destination, held.uncounted)
        history = History(held.versions, held.uncounted)
        past = history.past(last)
        if not past or all(one.is_absence for one in last.values()):
            return None
        strands = record_state(past, held.uncounted & past.keys()).strands
        return Row(table=key[0], uuid=key[1], fields=strands[0].values if strands else {})

    def is_seen_there(self, held: RecordVersions) -> bool:
        """Whether the record was there when it was last read by anybody."""
        held = held.alone()
        last = last_observations(held.versions, self.destination, held.uncounted)
        return any(not one.is_absence for one in last.values())


def rows_shown(document: Document, table: str) -> dict[Key, Row]:
    """The rows a document shows of a table, and those inside them; what they refer to is not among them."""
    tops = {row.key for row in document.rows if row.table == table and row.master is None}
    return {row.key: row for row in document.rows if row.key in tops or row.master in tops}


def as_referred(row: Row, held: RecordVersions, resides: Resides) -> Row:
    """The row with our references in the place of the server's that lead to the same record.

    Ours may name a strand, which a server does not know, and that may have left for a uuid of its own.
    """
    fields = dict(row.fields)
    for strand in held.state().strands if held.versions else ():
        for name, known in strand.fields.items():
            theirs = _text_there(row.fields[name], resides) if name in row.fields else ""
            for ours in (choice.content for choice in known.choices):
                if ours is not None and theirs and _text_there(ours, resides) == theirs:
                    fields[name] = ours
    return replace(row, fields=fields)


def _text_there(content: Content, resides: Resides) -> str:
    """The text of a content as a server has it; empty where it refers to nothing."""
    items = content if isinstance(content, tuple) else (content,)
    if not any(isinstance(item, Reference) for item in items):
        return ""
    turned = resided(content, resides)
    if isinstance(turned, tuple):
        return content_text(tuple(_without_strand(item) for item in turned))
    return content_text(_without_strand(turned))


def _without_strand(value: Value) -> Value:
    return Reference(value.table, value.uuid) if isinstance(value, Reference) else value


def _raises_no_question(seen: Seen, carried: Carried) -> bool:
    return seen.row is not None and is_needless(seen.row, seen.held, carried)


def now_ms(parts: Parts) -> int:
    """Wall time in milliseconds since 1970."""
    return int(parts.settings.wall_clock() * 1000)


def _values(held: RecordVersions) -> dict[str, Content]:
    strands: tuple[StrandState, ...] = held.state().strands if held.versions else ()
    return strands[0].values if strands else {}


def _files_of(seen: Seen) -> Iterator[File]:
    values = seen.row.fields.values() if seen.row is not None else ()
    return (value for value in values if isinstance(value, File))
