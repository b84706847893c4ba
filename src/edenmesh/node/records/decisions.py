"""What people decide: between values, about a deletion, about a server that has gone back; and taking that back.

A decision names exactly what the person saw: it follows the heads that were shown, and is worked out from the state
they make. Where the record has changed since, it stays right, and reopens nothing but what the late change touched.
Software adds nothing to it: what was not chosen stays open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import VersionId, parse_id
from edenmesh.core.records import (
    RESOLVE,
    RETRACT,
    Change,
    Content,
    Declared,
    Flag,
    History,
    StrandDecision,
    StrandState,
    content_text,
    decide_different,
    decide_same,
    difference,
    undo,
    whole_choice,
)
from edenmesh.errors import InvalidInput
from edenmesh.node.records.names import Names
from edenmesh.node.records.questions import Question, past_of, questions_of, values_here
from edenmesh.node.records.record_desk import RecordDesk, strand_named
from edenmesh.node.records.undoing import version_named
from edenmesh.node.records.views import Json, RecordView, content_words
from edenmesh.store import RecordVersions

NOTE: Final = "comments"
"""Where the values that were not taken are noted when both are kept; Eden's tables have it."""
OURS: Final = "ours"
OLDER: Final = "older"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person says about one record. `heads` are those that were shown; empty means those here now.

    For fields: a value each in `values`; in `picks` the version whose value a field takes, and its place among the
    choices shown; or `versions` all of whose values are taken. The other values of the fields in `both` go into the
    note. For what was deleted and edited: `keep`. For a server that has gone back: `server` is OURS or OLDER, or
    `keep` is False: it was deleted there, and is to be deleted here.
    """

    values: Mapping[str, Json] = field(default_factory=dict)
    picks: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    versions: Sequence[str] = ()
    both: Sequence[str] = ()
    keep: bool | None = None
    server: str = ""
    heads: Sequence[str] = ()
    strand: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the person saw of a record that is to be decided."""

    table: str
    uuid: str
    held: RecordVersions
    strand: StrandState
    questions: list[Question]


class Decisions:
    """Writes what people decide about the records of one device. Each decision is one durable version."""

    def __init__(self, desk: RecordDesk) -> None:
        self._desk = desk

    def resolve(self, table: str, uuid: str, decision: Decision) -> RecordView:
        """Decide what is open about a record.

        Raises InvalidInput where nothing is open, nothing was chosen, a version named does not give an open field its
        value, or what was seen is not here.
        """
        seen = self._seen(table, uuid, decision)
        if decision.keep is False:
            return self._write(seen, Change(), decision, RETRACT)
        contents = self._contents(seen, decision)
        change = _resolution(seen.strand, contents, self._desk.declared(seen.held))
        is_kept = decision.keep is True and (seen.strand.is_contested or bool(seen.questions))
        if change.is_empty and not is_kept and not decision.server:
            raise InvalidInput(what="No choice was given.", do="Name a value for each field in conflict.")
        return self._write(seen, change, decision, RESOLVE)

    def join(
        self, table: str, uuid: str, strands: Sequence[str] = (), *, heads: Sequence[str] = (), why: str = ""
    ) -> RecordView:
        """Say that strands under one uuid are one thing; all of them where none are named.

        Raises InvalidInput where there is nothing to join.
        """
        table, uuid, held = self._desk.find(table, uuid)
        shown = seen_at(held, heads)
        firsts = [parse_strand(one) for one in strands] or [one.first for one in shown.state().strands]
        return self._identify(table, uuid, decide_same(shown.versions, firsts, shown.uncounted), why)

    def part(
        self,
        table: str,
        uuid: str,
        keeps: str,
        leaves: Sequence[str] = (),
        *,
        heads: Sequence[str] = (),
        why: str = "",
    ) -> RecordView:
        """Say that one strand keeps the uuid and others, all others where none are named, get one of their own.

        Raises InvalidInput where the strands are not there.
        """
        table, uuid, held = self._desk.find(table, uuid)
        shown = seen_at(held, heads)
        if not keeps:
            raise InvalidInput(what="It was not said which strand keeps the uuid.", do="See `edenmesh conflicts`.")
        keeper = strand_named(shown.state(), keeps)
        leavers = [parse_strand(one) for one in leaves]
        leavers = leavers or [one.first for one in shown.state().strands if one != keeper]
        return self._identify(
            table, uuid, decide_different(shown.versions, keeper.first, leavers, shown.uncounted), why
        )

    def _identify(self, table: str, uuid: str, decision: StrandDecision, why: str) -> RecordView:
        about: dict[str, Plain] = {**decision.about, "why": why} if why else decision.about
        self._desk.write(table, decision.uuid, Change(), parents=decision.parents, op=RESOLVE, about=about)
        return self._desk.view(table, uuid)

    def undo(self, table: str, uuid: str, version: str, *, why: str = "") -> RecordView:
        """Take back an edit, a decision or a deletion: what it replaced is there again.

        `version` may be the beginning of its id. Raises InvalidInput where it cannot be undone, and why.
        """
        table, uuid, held = self._desk.find(table, uuid)
        one = version_named(held, version, self._desk.names())
        said = undo(held.versions, one, held.uncounted, held.declarations, why=why)
        self._desk.write(table, said.uuid, Change(), parents=said.parents, op=RESOLVE, about=said.about)
        return self._desk.view(table, uuid)

    def _seen(self, table: str, uuid: str, decision: Decision) -> _Seen:
        table, uuid, held = self._desk.find(table, uuid)
        shown = seen_at(held, decision.heads)
        strand = strand_named(shown.state(), decision.strand)
        questions = questions_of(shown, strand)
        if not (strand.conflicts or strand.is_contested or questions):
            raise InvalidInput(
                what="Nothing is open about this record."
                if not decision.heads
                else "Nothing was open in what was seen.",
                do="Change it with `edenmesh record edit`.",
            )
        return _Seen(table, uuid, shown, strand, questions)

    def _contents(self, seen: _Seen, decision: Decision) -> dict[str, Content | None]:
        contents = _answer(seen, decision.server)
        contents.update(_chosen(seen.strand, decision.versions))
        for name, (version, place) in decision.picks.items():
            contents.update(_picked(seen.strand, name, version, place))
        is_awaited = bool(seen.held.state().flags & Flag.AWAITED)
        typed = self._desk.read(seen.table, decision.values, known=seen.strand.fields, is_awaited=is_awaited)
        contents.update(typed)
        _require_whole_units(seen.strand, contents)
        notes = _notes(seen, contents, decision.both, self._desk.names())
        if notes:
            contents[NOTE] = _noted(seen.strand, contents, notes)
        return contents

    def _write(self, seen: _Seen, change: Change, decision: Decision, op: str) -> RecordView:
        about: dict[str, Plain] = {**seen.strand.about, **({"why": decision.why} if decision.why else {})}
        self._desk.write(seen.table, seen.uuid, change, parents=seen.strand.heads, op=op, about=about)
        return self._desk.view(seen.table, seen.uuid)


def seen_at(held: RecordVersions, heads: Sequence[str]) -> RecordVersions:
    """The record as it stood at these heads; as it is where none are named. Raises InvalidInput for unknown ones."""
    if not heads:
        return held
    history = History(held.versions, held.uncounted)
    named = tuple(VersionId(parse_id("v", one)) for one in heads)
    for one, text in zip(named, heads, strict=True):
        if history.node(one) is None:
            raise InvalidInput(
                what=f"The change {text} that this decision was made on is not here, or not whole yet.",
                do="Sync with the device where it was seen, or look at the record again and decide on what is here.",
            )
    return past_of(held, history, named)


def parse_strand(text: str) -> VersionId:
    """The first version that names a strand. Raises InvalidInput where it is no identifier."""
    return VersionId(parse_id("v", text))


def _answer(seen: _Seen, server: str) -> dict[str, Content | None]:
    """What an answer about a server that has gone back gives the fields."""
    if not server:
        return {}
    if not seen.questions:
        raise InvalidInput(what="No server has gone back about this record.", do="Decide it without --server.")
    if server == OURS:
        return values_here(seen.strand, seen.questions)
    if server != OLDER:
        raise InvalidInput(what=f"{server!r} is no answer about a server.", do="Say `ours` or `older`.")
    if len(seen.questions) > 1:
        raise InvalidInput(what="Several servers have gone back.", do="Name the values that are right, field by field.")
    if seen.questions[0].is_gone:
        raise InvalidInput(
            what="The server does not have the record any more, so it has no older values.",
            do="Say --delete to delete it here too, or `--server ours` to send it again.",
        )
    return dict(seen.questions[0].older)


def _chosen(strand: StrandState, versions: Sequence[str]) -> dict[str, Content | None]:
    """The values that the versions named give to fields in conflict."""
    chosen: dict[str, Content | None] = {}
    for name in versions:
        version = parse_id("v", name)
        places = {
            one: [place for place, choice in enumerate(strand.fields[one].choices) if version in choice.given_by]
            for one in strand.conflicts
        }
        found = {one: given for one, given in places.items() if given}
        if not found:
            raise InvalidInput(what=f"The version {name} gives no value that is open now.")
        for one, given in found.items():
            if len(given) > 1:
                # Who edited a part of a unit while another part was in conflict stands for several rows of values.
                raise InvalidInput(
                    what=f"The version {name} gives {one} several values, as it is decided with other fields.",
                    do="Name the values that are right, field by field.",
                )
            chosen.update(whole_choice(strand, one, given[0]))
    return chosen


def _picked(strand: StrandState, name: str, version: str, place: int) -> dict[str, Content | None]:
    """The value in one place of a field in conflict, with those of its unit; the version must have given it."""
    one = parse_id("v", version)
    choices = strand.fields[name].choices if name in strand.conflicts else ()
    if not 0 <= place < len(choices) or one not in choices[place].given_by:
        raise InvalidInput(
            what=f"The version {version} gives {name} no value that is open there.", do="Look at the record again."
        )
    return whole_choice(strand, name, place)


def _require_whole_units(strand: StrandState, contents: Mapping[str, Content | None]) -> None:
    for name in contents:
        known = strand.fields.get(name)
        unit = known.unit if known is not None and known.is_conflict else ()
        missing = [one for one in unit if one not in contents]
        if missing:
            raise InvalidInput(
                what=f"{' and '.join(unit)} are decided as one, and {' and '.join(missing)} was not given.",
                do="Give all of them a value, or take those of one version.",
            )


def _resolution(strand: StrandState, contents: Mapping[str, Content | None], declared: Declared) -> Change:
    """A resolution says each choice in full, also where the value shown is the one chosen."""
    change = difference(strand, contents, declared=declared)
    for name, content in contents.items():
        known = strand.fields.get(name)
        if known is None or not known.is_conflict or content is None or isinstance(content, tuple):
            continue
        change.set[name] = content
    return change


# --- both ---------------------------------------------------------------------------------------------------------


def _notes(seen: _Seen, contents: Mapping[str, Content | None], both: Sequence[str], names: Names) -> list[str]:
    """A line for each value that is not taken of the fields in `both`; fields of a unit are noted as one."""
    notes: dict[str, None] = {}
    for name in both:
        known = seen.strand.fields.get(name)
        if known is None or not known.is_conflict:
            raise InvalidInput(what=f"The field {name} is not in conflict, so there are not two values to keep.")
        if name not in contents:
            raise InvalidInput(
                what=f"Both values of {name} are to be kept, but not which of them the field shows.",
                do=f"Name it as well, with {name}=VALUE or --take VERSION.",
            )
        unit = known.unit or (name,)
        taken = [_text(contents[one]) for one in unit]
        for place, choice in enumerate(known.choices):
            given = [seen.strand.fields[one].choices[place].content for one in unit]
            if [_text(one) for one in given] != taken:
                words = ", ".join(f"{one}: {content_words(content)}" for one, content in zip(unit, given, strict=True))
                version = seen.held.versions[choice.given_by[0]]
                notes[f"{words} ({names.by(version)}{_day(version.made)})"] = None
    return list(notes)


def _noted(strand: StrandState, contents: Mapping[str, Content | None], notes: list[str]) -> str:
    """The note with these lines after what it says already."""
    known = strand.fields.get(NOTE)
    if NOTE not in contents and known is not None and known.is_conflict:
        raise InvalidInput(
            what=f"The field {NOTE}, into which the other value would go, is in conflict itself.",
            do=f"Decide {NOTE} first, or in the same command.",
        )
    before = contents.get(NOTE, known.shown if known is not None else None)
    if isinstance(before, tuple):
        raise InvalidInput(what=f"The field {NOTE} holds a list, so the other value cannot be noted there.")
    said = content_words(before).splitlines() if before is not None and before != "" else []
    return "\n".join([*said, *(note for note in notes if note not in said)])


def _day(made: int) -> str:
    """The day a writer's clock showed, for a note; nothing where it showed none that is possible."""
    try:
        return f", {datetime.fromtimestamp(made / 1000, UTC).date().isoformat()}"
    except (OverflowError, ValueError, OSError):
        return ""


def _text(content: Content | None) -> str:
    return "" if content is None else content_text(content)
