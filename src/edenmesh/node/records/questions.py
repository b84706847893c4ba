"""Servers that have gone back: which questions of one record are open, and what each answer would write.

A server that lost a record or shows an older state of it overwrites nothing here, and nothing is sent to it, until a
person says which is right (design, section 2.6): as it is here, as it is there, or deleted there and so here too.
"""

from collections.abc import Mapping, Set
from typing import NamedTuple, TypeAlias

from edenmesh.core.encoding import encode
from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.limits import PASTS_BYTES_MAX
from edenmesh.core.records import (
    OBSERVE,
    Content,
    History,
    StrandState,
    Version,
    content_text,
    open_questions,
)
from edenmesh.store import RecordVersions

Heads: TypeAlias = tuple[VersionId, ...]


class Question(NamedTuple):
    """A server that has gone back: the version that says so, and whether it has the record no more.

    `older` are the fields that would change here if its older state were taken; None for those it does not show.
    """

    version: VersionId
    destination: DestinationId
    is_gone: bool
    older: Mapping[str, Content | None]


def questions_of(held: RecordVersions, strand: StrandState | None) -> list[Question]:
    """The open questions about a record; `strand` is what it shows."""
    if not any(_asks(version) for version in held.versions.values()):
        return []
    held = held.alone()
    asked = {one: held.versions[one].observation for one in open_questions(held.versions, None, held.uncounted)}
    had = _fields_had(held, [seen.after for seen in asked.values() if not seen.is_absence])
    found: list[Question] = []
    for one, seen in asked.items():
        older = {} if seen.is_absence else _older(held.versions[one], strand, had.get(seen.after, frozenset()))
        found.append(Question(one, seen.destination, seen.is_absence, older))
    return sorted(found, key=lambda question: (question.destination, question.version))


def values_here(strand: StrandState, questions: list[Question]) -> dict[str, Content | None]:
    """For each field in conflict the value that stands against the servers' older states, where that is one."""
    asking = {one.version for one in questions}
    values: dict[str, Content | None] = {}
    for name in strand.conflicts:
        others = [one.content for one in strand.fields[name].choices if not asking.issuperset(one.given_by)]
        if len(others) == 1:
            values[name] = others[0]
    return values


def past_of(held: RecordVersions, history: History, heads: tuple[VersionId, ...]) -> RecordVersions:
    """These versions and all they follow, as a person saw the record who saw no more."""
    past = history.past(heads)
    return held._replace(versions=past, uncounted=held.uncounted & past.keys())


def _asks(version: Version) -> bool:
    return version.op == OBSERVE and "after" in version.about and version.is_understood


def _fields_had(held: RecordVersions, places: list[Heads]) -> dict[Heads, Set[str]]:
    """The fields that the record had at each of these places of its history.

    To look at a place costs a walk through all versions, so no more are looked at than have PASTS_BYTES_MAX bytes
    together, one at least. Of the others no field is known, and so an answer empties none here.
    """
    distinct = list(dict.fromkeys(places))
    if len(distinct) > 1:
        size_bytes = sum(len(encode(version)) for version in held.versions.values())
        distinct = distinct[: max(PASTS_BYTES_MAX // size_bytes, 1)]
    history = History(held.versions, held.uncounted)
    return {heads: _fields_shown(past_of(held, history, heads)) for heads in distinct}


def _fields_shown(held: RecordVersions) -> set[str]:
    return {name for one in held.state().strands for name in one.values} if held.versions else set()


def _older(question: Version, strand: StrandState | None, had: Set[str]) -> dict[str, Content | None]:
    """What the server shows now where that is not what is shown here alone; before it had these fields."""
    if strand is None:
        return {}
    there: dict[str, Content | None] = {**question.set, **{name: tuple(items) for name, items in question.add.items()}}
    older: dict[str, Content | None] = {}
    for name, content in there.items():
        known = strand.fields.get(name)
        if known is None or known.is_conflict or _text(known.shown) != _text(content):
            older[name] = content
    older.update((name, None) for name in sorted(had - there.keys()) if name in strand.values)
    return older


def _text(content: Content | None) -> str:
    return "" if content is None else content_text(content)
