"""What a destination was seen to hold of a record, and what is still owed to it.

An observation gives only the hash of the body it saw. What stands below it says the rest, since it assigns whatever
differs; only where several values stand there and the body had one of them, or none and had none before, is it not said
which. Then each is tried: the hash tells.

Cost: a state of the past for each last observation. Whoever writes versions by the thousand makes that the square of
their number, so it is done as far as an allowance of work reaches (`Pasts`). What is not known after that is owed.
"""

from collections.abc import Iterable, Mapping, Set
from itertools import chain, islice, product
from typing import Final

from edenmesh.core.encoding import encode
from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.limits import BODY_CANDIDATES_MAX, PASTS_BYTES_MAX
from edenmesh.core.records.history import History, nodes_below
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
_BODY_BYTES: Final = 128
_FIELD_BYTES: Final = 32
"""What to try a body counts, and each of its fields beside its text."""


class Pasts:
    """What a record showed to who had seen no more than one version, asked of many versions one after the other.

    When the versions gone through have more than PASTS_BYTES_MAX bytes together, nothing is known of further ones; the
    first one asked for is looked at whatever its size.
    """

    def __init__(self, history: History, declarations: Declarations | None) -> None:
        self._history = history
        self._declarations = declarations
        self._places = {node: place for place, node in enumerate(history.nodes)}
        self._sizes: dict[VersionId, int] = {}
        self._bytes_left = PASTS_BYTES_MAX

    def state_of(self, one: VersionId) -> StrandState | None:
        """What a version and all it follows show; None where that is nothing or several strands, or is not known."""
        named = self._history.known((one,))
        if not named or not self.spend(0):
            return None
        versions = self._history.versions
        # In causal order and without a walk through the whole history, which is long where such pasts are many.
        below = sorted({*named, *nodes_below(named)}, key=self._places.__getitem__)
        past = {one: versions[one] for node in below for one in node.equals}
        self.spend(sum(self._size(one) for one in past))
        return record_state(past, self._history.uncounted & past.keys(), self._declarations).strand

    def spend(self, size_bytes: int) -> bool:
        """Whether there was something left of the allowance; then so much less is."""
        has_some = self._bytes_left > 0
        self._bytes_left -= size_bytes
        return has_some

    def _size(self, one: VersionId) -> int:
        if one not in self._sizes:
            self._sizes[one] = len(encode(self._history.versions[one]))
        return self._sizes[one]


class Known:
    """What is known of one record: its history, and what it showed to who had seen only part of it."""

    def __init__(
        self, versions: Versions, uncounted: Set[VersionId] = frozenset(), declarations: Declarations | None = None
    ) -> None:
        self.history = History(versions, uncounted)
        self.declarations = declarations
        self._pasts = self.pasts()

    def pasts(self) -> Pasts:
        """What its versions show each by itself, with an allowance of its own."""
        return Pasts(self.history, self.declarations)

    def state_at(self, heads: Iterable[VersionId]) -> StrandState | None:
        """What these versions and all they follow show; None where that is nothing or several strands."""
        past = self.history.past(heads)
        return record_state(past, self.history.uncounted & past.keys(), self.declarations).strand if past else None

    def body(self, one: VersionId) -> Texts:
        """Of the body that an observation saw as much as is known."""
        seen = self.body_seen(one)
        return seen if seen is not None else self.body_said(one)

    def body_seen(self, one: VersionId) -> Texts | None:
        """The body that an observation saw, as texts; None where it is not known any more."""
        seen = self.history.versions[one].observation
        if seen.is_absence:
            return {}
        strand = self._pasts.state_of(one)
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
            if not self._pasts.spend(_size(texts)):
                break
        return None

    def body_said(self, one: VersionId) -> Texts:
        """Of the body that an observation saw what it says itself: known for certain where the whole is not."""
        strand = self._pasts.state_of(one)
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
    seen = [known.body(one) for one in last] or [{}]
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


def _size(texts: Texts) -> int:
    """About as many bytes as a version that sets these texts would have."""
    return _BODY_BYTES + sum(_FIELD_BYTES + len(text) for text in texts.values())
