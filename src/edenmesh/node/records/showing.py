"""Records as people see them: what is stored, drawn as views, with who gave each value, when and by which way."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from edenmesh.core.ids import VersionId, format_id
from edenmesh.core.records import (
    Choice,
    Content,
    Declared,
    FieldState,
    RecordState,
    StrandState,
    Version,
    content_text,
)
from edenmesh.node.records.delivered import DeliveryView
from edenmesh.node.records.names import Names
from edenmesh.node.records.questions import Question, questions_of, values_here
from edenmesh.node.records.residing import Resides, resided
from edenmesh.node.records.views import (
    CONTRADICTING,
    PURGED,
    WAITING,
    ActView,
    ChoiceView,
    FieldView,
    OlderView,
    QuestionView,
    RecordRow,
    RecordView,
    StrandView,
    content_json,
    content_words,
    flag_words,
    label_of,
)
from edenmesh.store import RecordVersions


class Showing:
    """Draws one record."""

    def __init__(
        self,
        table: str,
        uuid: str,
        held: RecordVersions,
        names: Names,
        *,
        resides: Resides,
        declared: Declared,
        lacks_purged: bool = False,
    ) -> None:
        self._table: Final = table
        self._uuid: Final = uuid
        self._held: Final = held
        self._names: Final = names
        self._resides: Final = resides
        self._state: Final = held.state()
        self._restrictive: Final = declared.restrictive
        self._flags: Final = words_of(self._state, lacks_purged=lacks_purged)

    def row(self) -> RecordRow:
        """The record in a list."""
        state = self._state
        first = state.strands[0] if state.strands else None
        values = first.values if first is not None else {}
        fields = first.fields.items() if first is not None else ()
        return RecordRow(
            table=self._table,
            uuid=self._uuid,
            label=label_of(values, self._uuid),
            flags=self._flags,
            fields={name: content_json(self._resided(content)) for name, content in values.items()},
            is_undecided=is_undecided(state),
            alternatives={
                name: tuple(content_json(self._resided(one.content)) for one in field.choices)
                for name, field in fields
                if field.is_conflict
            },
        )

    def record(self, deliveries: tuple[DeliveryView, ...], keeper: str) -> RecordView:
        """The record whole."""
        state = self._state
        questions = questions_of(self._held, state.strand)
        return RecordView(
            table=self._table,
            uuid=self._uuid,
            label=label_of(state.strands[0].values, self._uuid) if state.strands else self._uuid,
            flags=self._flags,
            strands=tuple(self._strand(strand) for strand in state.strands),
            delivered_to=tuple(one.server for one in deliveries if one.is_delivered),
            versions=len(self._held.versions),
            is_undecided=is_undecided(state),
            heads=tuple(sorted({_id(one) for strand in state.strands for one in strand.heads})),
            keeper=keeper,
            questions=tuple(self._question(one, questions) for one in questions),
            contradictions=tuple(self._decision(one) for one in state.contradictions),
            deliveries=deliveries,
        )

    def _strand(self, strand: StrandState) -> StrandView:
        return StrandView(
            id=_id(strand.first),
            fields={name: self._field(name, field) for name, field in strand.fields.items()},
            is_deleted=strand.is_deleted,
            deleted_by=self._by(strand.retracts),
            edited_by=self._by(strand.concurrent_edits),
            heads=tuple(_id(one) for one in strand.heads),
            begun=self._act(strand.first),
            deletions=tuple(self._act(one) for one in strand.retracts),
            edits=tuple(self._act(one) for one in strand.concurrent_edits),
        )

    def _field(self, name: str, field: FieldState) -> FieldView:
        shown = self._resided(field.shown)
        return FieldView(
            value=content_json(shown),
            text=content_words(shown),
            is_undecided=field.is_conflict,
            choices=tuple(self._choice(choice) for choice in field.choices),
            unit=field.unit,
            is_restrictive=field.is_conflict and _text(field.shown) in self._restrictive.get(name, ()),
        )

    def _choice(self, choice: Choice) -> ChoiceView:
        version = self._held.versions[choice.given_by[0]]
        content = self._resided(choice.content)
        return ChoiceView(
            value=content_json(content),
            text=content_words(content),
            by=self._names.by(version),
            made=version.made,
            op=version.op,
            version=_id(choice.given_by[0]),
            way=self._names.way(version),
        )

    def _question(self, question: Question, questions: Sequence[Question]) -> QuestionView:
        strand = self._state.strand
        here = values_here(strand, list(questions)) if strand is not None else {}
        ours = {**(strand.values if strand is not None else {}), **here}
        return QuestionView(
            server=self._names.server(question.destination),
            is_gone=question.is_gone,
            seen=self._act(question.version),
            differs={
                name: OlderView(content_words(content), content_words(ours.get(name)))
                for name, content in question.older.items()
            },
        )

    def _act(self, one: VersionId) -> ActView:
        version: Version = self._held.versions[one]
        why = version.about.get("why")
        return ActView(self._names.by(version), version.made, _id(one), why if isinstance(why, str) else "")

    def _decision(self, one: VersionId) -> ActView:
        """A decision about strands, with what was decided and why."""
        act = self._act(one)
        keeps = self._held.versions[one].resolution.keeps
        begun = self._held.versions.get(VersionId(keeps)) if keeps is not None else None
        kept = f", {label_of(begun.set, begun.uuid)} keeps the uuid" if begun is not None else ""
        said = "they are one" if keeps is None else f"they are different{kept}"
        return replace(act, text=f"{said}, because {act.text}" if act.text else said)

    def _by(self, versions: Sequence[VersionId]) -> tuple[str, ...]:
        return tuple(self._names.by(self._held.versions[one]) for one in versions)

    def _resided(self, content: Content | None) -> Content | None:
        return resided(content, self._resides) if content is not None else None


def words_of(state: RecordState, *, lacks_purged: bool = False) -> tuple[str, ...]:
    """What is open about a record, in words. Where it lacks what was purged here, nothing that comes by itself."""
    words = flag_words(state.flags)
    if lacks_purged:
        words = tuple(PURGED if word == WAITING else word for word in words)
    return (*words, CONTRADICTING) if state.contradictions else words


def is_undecided(state: RecordState) -> bool:
    """Whether something shown of the record may turn out another way, as nobody has chosen yet."""
    return len(state.strands) > 1 or any(strand.conflicts or strand.is_contested for strand in state.strands)


def _text(content: Content | None) -> str:
    return "" if content is None else content_text(content)


def _id(version: bytes) -> str:
    return format_id("v", version)
