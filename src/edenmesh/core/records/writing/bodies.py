"""What a destination was seen to hold of a record, and what is still owed to it.

An observation gives only the hash of the body it saw. What stands below it says the rest, since it assigns whatever
differs; only where several values stand there and the body had one of them, or none and had none before, is it not said
which. Then each is tried: the hash tells. Cost: a state of the past for each last observation.
"""

from collections.abc import Iterable, Mapping, Set
from itertools import chain, islice, product

from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.limits import BODY_CANDIDATES_MAX
from edenmesh.core.records.history import History
from edenmesh.core.records.states import (
    Declarations,
    FieldState,
    RecordState,
    StrandState,
    last_observations,
    record_state,
    texts_hash,
    versions_at,
)
from edenmesh.core.records.versions import Content, Version, content_text

Versions = Mapping[VersionId, Version]
Texts = Mapping[str, str]
"""Canonical texts by field, of those that are not empty."""


class Known:
    """What is known of one record: its history, and what it showed to who had seen only part of it."""

    def __init__(
        self, versions: Versions, uncounted: Set[VersionId] = frozenset(), declarations: Declarations | None = None
    ) -> None:
        self.history = History(versions, uncounted)
        self.declarations = declarations

    def state_at(self, heads: Iterable[VersionId]) -> StrandState | None:
        """What these versions and all they follow show; None where that is nothing or several strands."""
        past = self.history.past(heads)
        return record_state(past, self.history.uncounted & past.keys(), self.declarations).strand if past else None

    def body_seen(self, one: VersionId) -> Texts | None:
        """The body that an observation saw, as texts; None where it is not known any more."""
        seen = self.history.versions[one].observation
        if seen.is_absence:
            return {}
        strand = self.state_at((one,))
        fields = strand.fields if strand is not None else {}
        said = self._fields_said(one)
        whole = [(unit, _texts_of(unit, fields)) for unit in _units(fields)]
        bare: list[list[Texts]] = [rows if not said.isdisjoint(unit) else [{}] for unit, rows in whole]
        any_of: list[list[Texts]] = [rows if not said.isdisjoint(unit) else [*rows, {}] for unit, rows in whole]
        candidates = chain.from_iterable(
            islice(product(*rows), BODY_CANDIDATES_MAX) for rows in ([rows for _, rows in whole], bare, any_of)
        )
        for candidate in candidates:
            texts = {name: text for part in candidate for name, text in part.items() if text}
            if texts_hash(texts) == seen.body:
                return texts
        return None

    def body_said(self, one: VersionId) -> Texts:
        """Of the body that an observation saw what it says itself: known for certain where the whole is not."""
        strand = self.state_at((one,))
        if strand is None:
            return {}
        said = self._fields_said(one).difference(strand.conflicts)
        return {name: text for name, text in shown_texts(strand).items() if name in said}

    def _fields_said(self, one: VersionId) -> set[str]:
        """The fields of which an observation says what it saw in them."""
        version = self.history.versions[one]
        return {*version.set, *version.add, *version.remove, *version.unset, *version.observation.found}


def owed_fields(
    state: RecordState, versions: Versions, destination: DestinationId, uncounted: Set[VersionId] = frozenset()
) -> tuple[str, ...]:
    """The fields whose present value the last observations of a destination do not show, in order.

    A field in conflict is owed until people have chosen, one that was emptied while the destination still fills it. Of
    a retracted record none is. `versions` are those of its family, `uncounted` the quarantined ones among them.
    """
    strand = state.strand
    if strand is None or strand.is_deleted:
        return ()
    if strand.is_shared:
        versions = versions_at(versions, state.uuid, uncounted)
    ours = shown_texts(strand)
    known = Known(versions, uncounted)
    last = last_observations(versions, destination, uncounted)
    bodies = {one: known.body_seen(one) for one in last}
    seen = [body if body is not None else known.body_said(one) for one, body in bodies.items()] or [{}]
    owed = {name for body in seen for name in ours.keys() | body.keys() if ours.get(name) != body.get(name)}
    return tuple(sorted(owed | set(strand.conflicts)))


def shown_texts(strand: StrandState) -> Texts:
    """The texts of the values that a strand shows."""
    return {name: content_text(content) for name, content in strand.values.items()}


def text_of_content(content: Content | None) -> str:
    """The text of what a field holds; none where that is nothing."""
    return "" if content is None else content_text(content)


def _units(fields: Mapping[str, FieldState]) -> list[tuple[str, ...]]:
    return sorted({field.unit or (name,) for name, field in fields.items()})


def _texts_of(unit: tuple[str, ...], fields: Mapping[str, FieldState]) -> list[Texts]:
    """The values that fields may have together."""
    rows = zip(*[[text_of_content(one.content) for one in fields[name].choices] for name in unit], strict=False)
    return [dict(zip(unit, row, strict=True)) for row in rows]
