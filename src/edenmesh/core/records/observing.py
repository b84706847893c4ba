"""From a read of the server to the observation that says what it held (design, section 2.6).

An observation follows the last ones of its destination and those heads of ours whose own past the body bears out,
and assigns only where body and past differ. So after a clean delivery it assigns nothing and is the receipt; an edit
made on the server is an assignment like any other. A read that tells nothing new writes nothing, so that gateways
come to rest.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.records.about import ABSENT, Observation
from edenmesh.core.records.change import Change, difference
from edenmesh.core.records.history import History, Node, nodes_below
from edenmesh.core.records.merge import record_state
from edenmesh.core.records.observation import body_hash, last_observations, open_questions
from edenmesh.core.records.state import RecordState, StrandState
from edenmesh.core.records.values import Content, canonical_text, content_text
from edenmesh.core.records.version import OBSERVE, RESOLVE, RETRACT, Version

Versions = Mapping[VersionId, Version]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a destination held of one record at one read; `fields` is None where it had no such record."""

    destination: DestinationId
    fields: Mapping[str, Content] | None
    modified_on: str = ""
    created_on: str = ""

    @property
    def body(self) -> bytes:
        """The hash of the canonical body read."""
        return ABSENT if self.fields is None else body_hash(self.fields)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the observation will say; the author, seq and salt are added when it is written."""

    parents: tuple[VersionId, ...]
    change: Change
    about: dict[str, Plain]


def observe(versions: Versions, reading: Reading, uncounted: Set[VersionId] = frozenset()) -> Draft | None:
    """The observation to write after a read, or None where it says nothing new.

    `versions` are those known when the read began; `uncounted` are the quarantined ones among them.
    """
    history = History(versions, uncounted)
    last = last_observations(versions, reading.destination, uncounted | history.waiting)
    state = record_state(versions, uncounted) if versions else None
    if _has_gone_back(last, reading, state):
        return _question(last, reading)
    borne_out = _borne_out(history, reading)
    # Where nothing was observed yet, the last body counts as absence.
    if not borne_out and {one.body for one in last.values()} | ({ABSENT} if not last else set()) == {reading.body}:
        return None
    parents = tuple(sorted({*last, *borne_out}))
    past = _past_state(history, parents)
    found = _found(state, history, history.past(parents), reading)
    change = _change(past, _had(history, last), reading)
    if uncounted and _may_ask(last) and _is_quarantined(change, versions, uncounted):
        return _question(last, reading)
    return Draft(parents, change, _about(reading, found))


def _question(last: Mapping[VersionId, Observation], reading: Reading) -> Draft:
    """What was read, set whole and on nothing, so that it stands against ours until a person answers."""
    about = _about(reading, {})
    about["after"] = list[Plain](sorted(last))
    return Draft((), difference(None, reading.fields or {}), about)


def _may_ask(last: Mapping[VersionId, Observation]) -> bool:
    """Whether there is what a question comes after, and none is open yet."""
    return bool(last) and not any(one.after for one in last.values())


def _is_quarantined(change: Change, versions: Versions, uncounted: Set[VersionId]) -> bool:
    """Whether a value that is new to us was given by quarantined versions alone: the server does not launder it."""
    values = {(name, canonical_text(value)) for name, value in change.set.items()}
    values.update((name, canonical_text(item)) for name, items in change.add.items() for item in items)
    counted = {given for one, version in versions.items() if one not in uncounted for given in _given(version)}
    quarantined = {given for one in uncounted & versions.keys() for given in _given(versions[one])}
    return bool(values & (quarantined - counted))


def _given(version: Version) -> Iterator[tuple[str, str]]:
    for name, value in version.set.items():
        yield name, canonical_text(value)
    for name, items in version.add.items():
        for item in items:
            yield name, canonical_text(item)


def _has_gone_back(last: Mapping[VersionId, Observation], reading: Reading, state: RecordState | None) -> bool:
    held = [one for one in last.values() if not one.is_absence]
    if not held or not _may_ask(last):
        return False
    if reading.fields is None:
        return not (state is not None and state.strand is not None and state.strand.is_deleted)
    return any(
        (one.modified_on or "") > reading.modified_on or (one.created_on or "") != reading.created_on for one in held
    )


def _borne_out(history: History, reading: Reading) -> list[VersionId]:
    """Heads of ours whose own past shows no conflict, no value that the body lacks, and nothing emptied that it has.

    An emptiness counts as a value here: else the read before each delivery would undo every emptying.
    """
    texts = _texts(reading.fields)
    found: list[VersionId] = []
    for node in history.heads():
        is_own_word = node.version.op == OBSERVE and node.version.about.get("destination") == reading.destination
        if is_own_word:
            continue
        strand = _past_state(history, (node.id,))
        if strand is None or strand.conflicts or strand.is_contested:
            continue
        if strand.is_deleted:
            is_borne_out = reading.fields is None
        else:
            shown = {name: content_text(content) for name, content in strand.values.items()}
            shown.update(dict.fromkeys(_emptied_by_us(history, node) - shown.keys(), ""))
            is_borne_out = texts is not None and all(texts.get(name, "") == text for name, text in shown.items())
        if is_borne_out:
            found.append(node.id)
    return found


def _emptied_by_us(history: History, head: Node) -> set[str]:
    """Fields that a version of ours in the head's past emptied; a later one may have filled them again."""
    past = (node for node in {head, *nodes_below((head,))} if node.is_counted and node.version.op != OBSERVE)
    return {name for node in past for name in (*node.version.unset, *node.version.remove)}


def _change(past: StrandState | None, had: set[str], reading: Reading) -> Change:
    if reading.fields is None:
        return Change()
    wanted: dict[str, Content | None] = {}
    for name, content in reading.fields.items():
        known = past.fields.get(name) if past is not None else None
        texts = {_text(choice.content) for choice in known.choices} if known is not None else set()
        if content_text(content) not in texts:
            wanted[name] = content
    emptied = had - reading.fields.keys()
    wanted.update({name: None for name in emptied if past is not None and name in past.fields})
    return difference(past, wanted)


def _found(state: RecordState | None, history: History, past: Versions, reading: Reading) -> dict[str, list[VersionId]]:
    """Live versions of ours not below the observation whose value, not an emptiness, it found there."""
    found: dict[str, list[VersionId]] = {}
    texts = _texts(reading.fields) or {}
    fields = [item for strand in (state.strands if state is not None else ()) for item in strand.fields.items()]
    for name, field in fields:
        for choice in field.choices:
            if choice.content is None or _text(choice.content) != texts.get(name):
                continue
            outside = [one for one in choice.given_by if one not in past and history.versions[one].op != OBSERVE]
            if outside:
                found.setdefault(name, []).extend(outside)
    return found


def _about(reading: Reading, found: Mapping[str, Iterable[VersionId]]) -> dict[str, Plain]:
    about: dict[str, Plain] = {"body": reading.body, "destination": reading.destination}
    if reading.created_on:
        about["created_on"] = reading.created_on
    if reading.modified_on:
        about["modified_on"] = reading.modified_on
    if found:
        about["found"] = {name: list[Plain](sorted(set(ids))) for name, ids in found.items()}
    return about


def _had(history: History, last: Iterable[VersionId]) -> set[str]:
    """Fields that the bodies of the last observations had: what their pasts show, since they follow only what fits."""
    names: set[str] = set()
    for one in last:
        strand = _past_state(history, (one,))
        names.update(strand.values if strand is not None else ())
    return names


def _past_state(history: History, heads: Iterable[VersionId]) -> StrandState | None:
    past = history.past(heads)
    return record_state(past, history.uncounted & past.keys()).strand if past else None


def _texts(fields: Mapping[str, Content] | None) -> dict[str, str] | None:
    return None if fields is None else {name: content_text(content) for name, content in fields.items()}


def _text(content: Content | None) -> str:
    return "" if content is None else content_text(content)
