"""From a read of the server to the observation that says what it held (design, section 2.6).

An observation follows the last ones of its destination and those heads of ours whose own past the body bears out,
and assigns only where body and past differ. So after a clean delivery it assigns nothing and is the receipt; an edit
made on the server is an assignment like any other. A read that tells nothing new writes nothing, so that gateways
come to rest.

Ours is, at a destination, all that was not seen at it: versions that people wrote, and edits made at other
destinations. An observation that assigns nothing is nobody's word: two destinations would follow each other forever.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import DestinationId, VersionId
from edenmesh.core.limits import OBSERVED_IDS_MAX, VERSION_PARENTS_MAX
from edenmesh.core.records.history import History, Node, nodes_below
from edenmesh.core.records.states import (
    NOTHING,
    Declarations,
    RecordState,
    StrandState,
    body_hash,
    declared_by,
    last_observations,
    questions_of,
    record_state,
    shown_state,
)
from edenmesh.core.records.versions import ABSENT, OBSERVE, Content, Observation, Version, canonical_text, content_text
from edenmesh.core.records.writing.bodies import Known, shown_texts, text_of_content
from edenmesh.core.records.writing.change import Change, difference

Versions = Mapping[VersionId, Version]
Named = dict[str, list[VersionId]]
"""By field, versions that an observation names."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a destination held of one record at one read; `fields` is None where it had no such record.

    `was_created`: it had just answered an update of the record by creating it.
    """

    destination: DestinationId
    fields: Mapping[str, Content] | None
    modified_on: str = ""
    created_on: str = ""
    was_created: bool = False

    @property
    def body(self) -> bytes:
        """The hash of the canonical body read."""
        return ABSENT if self.fields is None else body_hash(self.fields)

    @property
    def texts(self) -> dict[str, str]:
        """The texts of the body read, empty ones left out."""
        texts = {name: content_text(content) for name, content in (self.fields or {}).items()}
        return {name: text for name, text in texts.items() if text}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the observation will say; the author, seq and salt are added when it is written."""

    parents: tuple[VersionId, ...]
    change: Change
    about: dict[str, Plain]


def observe(
    versions: Versions,
    reading: Reading,
    uncounted: Set[VersionId] = frozenset(),
    declarations: Declarations | None = None,
) -> Draft | None:
    """The observation to write after a read, or None where it says nothing new.

    `versions` are those of one record known when the read began (of a family: `versions_at`), `uncounted` the
    quarantined ones among them.
    """
    known = Known(versions, uncounted, declarations)
    last = _one_of_each(last_observations(versions, reading.destination, uncounted | known.history.waiting), known)
    state = record_state(versions, uncounted, declarations) if versions else None
    asked = _asked(known.history, reading.destination)
    # Of what is itself a question nothing is asked before it is answered.
    if _has_gone_back([seen for one, seen in last.items() if known.history.node(one) not in asked], reading, state):
        return _question(last, reading)
    borne_out = _borne_out(known, last, reading)
    news = set(known.history.known(borne_out)) - _seen_before(known.history, last)
    # Where nothing was observed yet, the last body counts as absence.
    if not news and {one.body for one in last.values()} | ({ABSENT} if not last else set()) == {reading.body}:
        return None
    # What one version cannot follow the next read does: it finds the bodies, or heads, that are left.
    last = dict(list(last.items())[:VERSION_PARENTS_MAX])
    parents = tuple(sorted([*last, *borne_out[: VERSION_PARENTS_MAX - len(last)]]))
    past = known.state_at(parents)
    change, ended = _change(known, past, last, reading)
    forged = _forged(change, versions, uncounted) if uncounted else []
    if forged:
        # Nothing lets a value in that only the quarantined gave: not before the question that is open is answered.
        return None if asked else _question(last or forged, reading)
    about = _about(reading)
    found = _found(state, known.history, parents, reading)
    about.update({word: _named(named) for word, named in (("found", found), ("ends", ended)) if named})
    return Draft(parents, change, about)


def _one_of_each(last: Mapping[VersionId, Observation], known: Known) -> dict[VersionId, Observation]:
    """Of last observations of one state the least: to follow one is to follow all."""
    states: dict[Hashable, VersionId] = {}
    for one in sorted(last):
        states.setdefault((known.history.node(one), shown_state(last[one])), one)
    return {one: last[one] for one in states.values()}


def _question(after: Iterable[VersionId], reading: Reading) -> Draft:
    """What was read, set whole and on nothing, so that it stands against ours until a person answers."""
    return Draft(
        (),
        difference(None, reading.fields or {}),
        {**_about(reading), "after": list[Plain](sorted(after)[:VERSION_PARENTS_MAX])},
    )


def _asked(history: History, destination: DestinationId) -> set[Node]:
    """The questions that are open at a destination."""
    asked = questions_of(history)
    return set(history.known(one for one in asked if history.versions[one].about["destination"] == destination))


def _has_gone_back(last: Iterable[Observation], reading: Reading, state: RecordState | None) -> bool:
    """Whether the server is not any more what it was when it was last seen to hold the record."""
    held = [one for one in last if not one.is_absence]
    if reading.fields is None:
        is_retracted = state is not None and state.strand is not None and state.strand.is_deleted
        return bool(held) and not is_retracted
    return any(
        reading.was_created
        or bool(reading.modified_on and one.modified_on > reading.modified_on)
        or bool(reading.created_on and one.created_on and one.created_on != reading.created_on)
        for one in held
    )


def _forged(change: Change, versions: Versions, uncounted: Set[VersionId]) -> list[VersionId]:
    """The quarantined versions that alone gave a value that is new to us: the server does not launder it."""
    values = {(name, canonical_text(value)) for name, value in change.set.items()}
    values.update((name, canonical_text(item)) for name, items in change.add.items() for item in items)
    values -= {given for one, version in versions.items() if one not in uncounted for given in _given(version)}
    return [one for one in sorted(uncounted & versions.keys()) if not values.isdisjoint(_given(versions[one]))]


def _given(version: Version) -> Iterator[tuple[str, str]]:
    for name, value in version.set.items():
        yield name, canonical_text(value)
    for name, items in version.add.items():
        for item in items:
            yield name, canonical_text(item)


# --- what it follows --------------------------------------------------------------------------------------------------


def _borne_out(known: Known, last: Iterable[VersionId], reading: Reading) -> list[VersionId]:
    """Heads of ours not yet observed whose own past shows no conflict, and nothing else than the body has.

    An emptiness of ours counts as a value here: else the read before each delivery would undo every emptying. Of more
    heads than can be looked at (`Pasts`) those latest in causal order are; what one read follows the next one leaves
    out, so that it gets further.
    """
    history, pasts = known.history, known.pasts()
    seen = set(history.known(last))
    seen |= nodes_below(seen)
    texts = reading.texts
    found: list[VersionId] = []
    for node in _heads_of_ours(history, reading.destination):
        may_be = node not in seen and _gives_no_other(node.version, texts)
        strand = pasts.state_of(node.id) if may_be else None
        if strand is None or strand.conflicts or strand.is_contested:
            continue
        if strand.is_deleted:
            is_borne_out = reading.fields is None
        else:
            shown = {**dict.fromkeys(_emptied_by_us(node), ""), **shown_texts(strand)}
            is_borne_out = reading.fields is not None and shown.items() <= {**dict.fromkeys(shown, ""), **texts}.items()
        if is_borne_out:
            found.append(node.id)
    return found


def _gives_no_other(head: Version, texts: Mapping[str, str]) -> bool:
    """Whether a head, if people wrote it, sets only what the body has: else nobody needs to look at its past."""
    return head.op == OBSERVE or all(texts.get(name) == canonical_text(value) for name, value in head.set.items())


def _heads_of_ours(history: History, destination: DestinationId) -> list[Node]:
    """What was not seen at the destination and nothing else of that kind follows."""
    heads: list[Node] = []
    followed: set[Node] = set()
    for node in reversed(history.nodes):
        is_ours = node.is_counted and _is_ours(node.version, destination)
        if is_ours and node not in followed:
            heads.append(node)
        if is_ours or node in followed:
            followed.update(node.parents)
    return heads


def _is_ours(version: Version, destination: DestinationId) -> bool:
    if version.op != OBSERVE:
        return True
    is_elsewhere = version.about.get("destination") != destination
    return is_elsewhere and bool(version.set or version.unset or version.add or version.remove)


def _emptied_by_us(head: Node) -> set[str]:
    """Fields that a version of ours in the head's past emptied; a later one may have filled them again."""
    past = (node for node in {head, *nodes_below((head,))} if node.is_speaking and node.version.op != OBSERVE)
    return {name for node in past for name in (*node.version.unset, *node.version.remove)}


def _seen_before(history: History, last: Iterable[VersionId]) -> set[Node]:
    """What observations followed up to the last ones, those before a server went back among them."""
    reached: set[Node] = set()
    pending = history.known(last)
    while pending:
        node = pending.pop()
        if node not in reached:
            reached.add(node)
            pending += node.parents
            pending += history.known(one for about in history.observations(node) for one in about.after)
    return reached


# --- what it says -----------------------------------------------------------------------------------------------------


def _change(
    known: Known, past: StrandState | None, last: Iterable[VersionId], reading: Reading
) -> tuple[Change, Named]:
    """What body and past differ in; and what was observed below that the body no longer has, where it says nothing."""
    if reading.fields is None:
        return Change(), {}
    wanted: dict[str, Content | None] = {}
    ended: Named = {}
    texts = reading.texts
    fields = past.fields if past is not None else {}
    had = _had(known, last, fields.keys() - texts.keys())
    names = fields.keys() | reading.fields.keys()
    for unit in sorted({fields[name].unit or (name,) if name in fields else (name,) for name in names}):
        rows = [fields[name].choices if name in fields else () for name in unit]
        seen = tuple([texts.get(name, "") for name in unit])
        given = [tuple([text_of_content(one.content) for one in row]) for row in zip(*rows, strict=False)]
        if seen in (given or [("",)]):
            gone = [row for row, text in zip(zip(*rows, strict=False), given, strict=True) if text != seen]
            for name, one in ((name, one) for row in gone for name, one in zip(unit, row, strict=True)):
                if not isinstance(one.content, tuple):
                    ended.setdefault(name, []).extend(_observed_in(name, one.given_by, known.history))
        else:
            wanted.update({name: reading.fields[name] for name in unit if texts.get(name)})
            wanted.update({name: None for name in unit if name in had and name in fields and name not in texts})
    declared = declared_by(known.history, known.declarations) if known.declarations is not None else NOTHING
    return difference(past, wanted, declared=declared), {name: ids for name, ids in ended.items() if ids}


def _observed_in(name: str, given_by: Iterable[VersionId], history: History) -> list[VersionId]:
    """Those of the versions that are observations and assign the field."""
    versions = {one: history.versions[one] for one in given_by}
    return [one for one, seen in versions.items() if seen.op == OBSERVE and (name in seen.set or name in seen.unset)]


def _had(known: Known, last: Iterable[VersionId], among: Set[str]) -> set[str]:
    """Those of some fields that the bodies of the last observations had."""
    names: set[str] = set()
    for one in last:
        if names == among:
            break
        names.update(among & known.body(one).keys())
    return names


def _found(state: RecordState | None, history: History, parents: Iterable[VersionId], reading: Reading) -> Named:
    """Live versions of ours not below the observation whose value, not an emptiness, it found there."""
    found: Named = {}
    texts, past = reading.texts, history.past(parents)
    fields = [item for strand in (state.strands if state is not None else ()) for item in strand.fields.items()]
    for name, field in fields:
        for choice in field.choices:
            if choice.content is None or content_text(choice.content) != texts.get(name):
                continue
            outside = [one for one in choice.given_by if one not in past and history.versions[one].op != OBSERVE]
            if outside:
                found.setdefault(name, []).extend(outside)
    return found


def _named(named: Named) -> dict[str, Plain]:
    """As many of them as one version can name."""
    share = max(OBSERVED_IDS_MAX // len(named), 1)
    return {name: list[Plain](sorted(set(ids))[:share]) for name, ids in named.items()}


def _about(reading: Reading) -> dict[str, Plain]:
    about: dict[str, Plain] = {"body": reading.body, "destination": reading.destination}
    if reading.created_on:
        about["created_on"] = reading.created_on
    if reading.modified_on:
        about["modified_on"] = reading.modified_on
    return about
