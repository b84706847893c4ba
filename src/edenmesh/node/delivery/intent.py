"""What a destination is to be sent of one record, and in words what is not sent and why.

Pure: from what is known of the record, what the server was seen to hold, and what is here. Sent is what is clean and
differs; a field in conflict stays here while the others go (design, section 5). A reference goes only where its target
is at the server or goes too, since a server drops the others without a word.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Final

from edenmesh.core.encoding import encode
from edenmesh.core.ids import DestinationId, FileHash, tagged_hash
from edenmesh.core.records import (
    ALIAS,
    MASTER,
    Catalogue,
    Content,
    File,
    Flag,
    Reference,
    StrandState,
    content_text,
    is_delivered,
    open_questions,
)
from edenmesh.eden import NEEDED_TOGETHER, Key, Row, deliverable, master_of
from edenmesh.node.records import Resides, content_words, label_of, resided
from edenmesh.store import RecordVersions

_QUESTION: Final = (
    "the server has gone back: it does not hold any more what it was seen to hold;"
    " decide whether it is to be sent again or deleted here too"
)


@dataclass(frozen=True, slots=True)
class World:
    """What is known beside the record: the forms, the destination, which files are here, and where strands reside."""

    destination: DestinationId
    catalogue: Catalogue
    has_file: Callable[[FileHash], bool]
    resides: Resides


@dataclass(slots=True)
class Intent:
    """What is to be done about one record.

    `row` is what goes, None where nothing does. `wanted` is what must be found afterwards, field to text, empty for an
    emptied one; `replaced` what the server shows there now, in words. `held` says what does not go, and why.
    """

    key: Key
    label: str = ""
    row: Row | None = None
    wanted: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    is_new: bool = False
    is_delivered: bool = False

    @property
    def action(self) -> str:
        """What happens to it, in a word."""
        if self.row is None:
            return "hold" if self.held else "nothing"
        if self.row.is_deleted:
            return "delete"
        return "create" if self.is_new else "update"

    @property
    def digest(self) -> bytes:
        """Names what is to be sent, so that the same thing is not sent over and over."""
        is_deletion = self.row is not None and self.row.is_deleted
        return tagged_hash("wanted", encode(self.wanted), bytes([is_deletion]))

    def hold(self, reason: str) -> None:
        """Send nothing of the record."""
        self.row = None
        self.wanted.clear()
        self.held.append(reason)

    def leave_out(self, name: str, reason: str) -> None:
        """Send the record without one of its fields; where nothing is left, send nothing."""
        self.held.append(f"{name}: {reason}")
        self.wanted.pop(name, None)
        if self.row is None:
            return
        fields = {one: content for one, content in self.row.fields.items() if one != name}
        self.row = replace(self.row, fields=fields) if self.wanted else None


def intend(key: Key, held: RecordVersions, there: Row | None, world: World) -> Intent:
    """What is to be sent of a record that the server shows as `there`."""
    table, uuid = key
    state = held.state()
    values = state.strands[0].values if state.strands else {}
    intent = Intent(key, label_of(values, uuid), is_new=there is None)
    intent.is_delivered = is_delivered(state, held.versions, world.destination, held.uncounted)
    strand = state.strand
    obstacle = "" if intent.is_delivered else _obstacle(held, world.destination)
    if obstacle or strand is None or intent.is_delivered:
        intent.held = [obstacle] if obstacle else []
        return intent
    if strand.is_deleted:
        # The fields it had say in which order deletions go; none of them is sent.
        fields = _past_values(there, held)
        intent.row = Row(table=table, uuid=uuid, fields=fields, is_deleted=True) if there is not None else None
        return intent
    _fill(intent, strand, held, there, world)
    return intent


def prune(intents: Mapping[Key, Intent], is_there: Callable[[Key], bool | None], catalogue: Catalogue) -> None:
    """Leave out references to records that are not at the server and do not go, and rows whose master is neither.

    `is_there` says of a record that does not go whether it is there; None where nobody knows.
    """
    is_settled = False
    while not is_settled:
        going = {key: intent for key, intent in intents.items() if intent.row is not None and not intent.row.is_deleted}
        for intent in going.values():
            _prune_one(intent, going.keys(), is_there, catalogue)
        # What stays here now may have been what another one refers to.
        is_settled = all(intent.row is not None for intent in going.values())


def _prune_one(intent: Intent, going: Set[Key], is_there: Callable[[Key], bool | None], catalogue: Catalogue) -> None:
    for name, content in list(intent.row.fields.items()) if intent.row is not None else ():
        missing = [key for key in _targets(content) if key not in going and is_there(key) is False]
        if not missing:
            continue
        table, uuid = missing[0]
        described = catalogue.field(intent.key[0], name)
        if name == MASTER or (described is not None and described.is_required):
            intent.hold(f"it belongs to {table} {uuid}, which is not at the server and is not sent")
            return
        intent.leave_out(name, f"it refers to {table} {uuid}, which is not at the server and is not sent")


def missing_of(intent: Intent, there: Row | None) -> list[str]:
    """The fields of what was sent that the server does not show now."""
    shown = {name: content_text(content) for name, content in there.fields.items()} if there is not None else {}
    return [name for name, text in intent.wanted.items() if shown.get(name, "") != text]


def _obstacle(held: RecordVersions, destination: DestinationId) -> str:
    """What keeps the whole record here, in words; empty where nothing does."""
    state = held.state()
    if Flag.IDENTITY in state.flags:
        return "two different records share this uuid; decide that first"
    if state.waiting:
        return "a change of it waits for an earlier one that has not come yet"
    if Flag.NEWER in state.flags:
        return "a newer version of edenmesh changed it in a way that this one does not know"
    if state.strand is None:
        return "all that is here of it is quarantined"
    if state.strand.is_contested:
        return "it was deleted by one and edited by another; decide that first"
    alone = held.alone()
    if open_questions(alone.versions, destination, alone.uncounted):
        return _QUESTION
    return ""


def _fill(intent: Intent, strand: StrandState, held: RecordVersions, there: Row | None, world: World) -> None:
    shown = there.fields if there is not None else {}
    known = world.catalogue.fields(intent.key[0])
    fields: dict[str, Content] = {}
    for name in strand.conflicts:
        intent.held.append(f"{name}: it has several values and nobody has chosen yet")
    for name, content in strand.values.items():
        is_same = name in shown and content_text(shown[name]) == content_text(content)
        if name in strand.conflicts or name in (MASTER, ALIAS) or is_same:
            continue
        if isinstance(content, File) and not world.has_file(FileHash(content.hash)):
            intent.held.append(f"{name}: its file is not on this device")
        else:
            fields[name] = content
    # What the server fills in by itself is not ours to empty.
    written = held.alone().versions.values()
    ours = {name for version in written for name in (*version.set, *version.unset, *version.remove)}
    emptied = [name for name in shown if name in ours and name not in strand.values and name not in strand.conflicts]
    row, problems = deliverable(
        Row(table=intent.key[0], uuid=intent.key[1], fields=fields, emptied=tuple(sorted(emptied))), world.catalogue
    )
    intent.held.extend(f"{problem.place}: {problem.what}" for problem in problems)
    if any(problem.place == "uuid" for problem in problems) or not (row.fields or row.emptied):
        if not intent.held:
            intent.held.append("it has nothing that could be sent")
        return
    kept_back = strand.values.keys() - row.fields.keys() - {MASTER, ALIAS}
    if there is None and any(one.is_required and name in kept_back for name, one in known.items()):
        return
    intent.wanted = {name: content_text(content) for name, content in row.fields.items()} | dict.fromkeys(
        row.emptied, ""
    )
    intent.replaced = {name: content_words(shown[name]) for name in intent.wanted if name in shown}
    sent = {**row.fields, **_needed_beside(row, strand, there, world)}
    # A server knows no strands: what is referred to is named by the uuid where it resides.
    intent.row = replace(row, fields={name: resided(content, world.resides) for name, content in sent.items()})


def _needed_beside(row: Row, strand: StrandState, there: Row | None, world: World) -> dict[str, Content]:
    """Fields that go along unchanged: whose component it is, and what the server checks together."""
    values = {name: resided(content, world.resides) for name, content in strand.values.items()}
    master = master_of(Row(table=row.table, uuid=row.uuid, fields=values), world.catalogue)
    names = {name for name, content in values.items() if master is not None and master in _targets(content)}
    names.add(ALIAS)
    if there is not None:
        names.update(name for name in NEEDED_TOGETHER.get(row.table, ()) if name not in strand.conflicts)
    return {name: values[name] for name in names & values.keys()}


def _past_values(there: Row | None, held: RecordVersions) -> dict[str, Content]:
    state = held.state()
    values = state.strand.values if state.strand is not None else {}
    return {**values, **(there.fields if there is not None else {})}


def _targets(content: Content) -> Iterable[Key]:
    values = content if isinstance(content, tuple) else (content,)
    return [(value.table, value.uuid) for value in values if isinstance(value, Reference)]
