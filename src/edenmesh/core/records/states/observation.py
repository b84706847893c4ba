"""Observations: versions that say what a destination held when it was read, and what follows from them.

The server signs nothing, so a device says what it saw (design, section 2.6). Delivered is a question asked of a
record's history, not an object: every last observation names the body that the present state gives.

A server that has gone back is a question for people. It is open until a resolution or retract follows the observation
that says so, or until the server is seen again as it was before: then there is nothing left to decide.

Cost: which questions of a record are answered takes one pass over its versions, a bit for each question.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Set

from edenmesh.core.encoding import encode
from edenmesh.core.ids import AuthorId, DestinationId, VersionId, tagged_hash
from edenmesh.core.records.history import History, Node, is_only_undo
from edenmesh.core.records.states.families import versions_at, versions_by_uuid
from edenmesh.core.records.states.state import RecordState, StrandState
from edenmesh.core.records.versions import (
    ABSENT,
    OBSERVE,
    RESOLVE,
    RETRACT,
    Content,
    Observation,
    Version,
    content_text,
)

Versions = Mapping[VersionId, Version]


def body_hash(fields: Mapping[str, Content]) -> bytes:
    """The hash of a record's canonical body: field to canonical text, empty fields left out."""
    return texts_hash({name: content_text(content) for name, content in fields.items()})


def texts_hash(texts: Mapping[str, str]) -> bytes:
    """The hash of the canonical body that has these texts; empty ones are left out."""
    return tagged_hash("body", encode({name: text for name, text in texts.items() if text}))


def state_body(strand: StrandState) -> bytes:
    """The body that the present state of a strand gives; that of absence where it is retracted."""
    return ABSENT if strand.is_deleted else body_hash(strand.values)


def last_observations(
    versions: Versions, destination: DestinationId, uncounted: Set[VersionId] = frozenset()
) -> dict[VersionId, Observation]:
    """The observations of a destination that count and that no other such has as parent or `after`.

    Of those that are one (twins) none is followed or all are. `uncounted` are the versions that are quarantined or wait
    for an ancestor. Of a family give those of one record (`versions_at`): another one has another row there.
    """
    seen = {
        one: version.observation
        for one, version in versions.items()
        if version.about.get("destination") == destination and _is_seen(one, version, uncounted)
    }
    return _last_of({destination: seen}, versions, uncounted)[destination]


def open_questions(
    versions: Versions, destination: DestinationId | None, uncounted: Set[VersionId] = frozenset()
) -> tuple[VersionId, ...]:
    """Observations of one record that say the server went back, and that no resolution or retract has answered.

    Those of one destination, or of all where None is given.
    """
    asked = questions_of(History(versions, uncounted))
    return tuple(one for one in asked if destination in (None, versions[one].about.get("destination")))


def questions_of(history: History) -> list[VersionId]:
    """The open questions of all destinations."""
    asked = [one for one in history.observed if "after" in history.versions[one].about]
    nodes = {one: node for one in asked if (node := history.node(one)) is not None and node.is_counted}
    answered = _answered(dict.fromkeys(nodes.values()), history) if nodes else set()
    return sorted(one for one, node in nodes.items() if one not in history.uncounted and node not in answered)


def is_delivered(
    state: RecordState, versions: Versions, destination: DestinationId, uncounted: Set[VersionId] = frozenset()
) -> bool:
    """Whether the destination was seen to hold what this record shows now (design, section 2.6).

    Not while anything is undecided or still to come: a conflict, a form, a question of whatever destination. `state` is
    that of the versions, which are all of its family, without the `uncounted`, the quarantined ones; what these
    observed says nothing.
    """
    return bool(_confirming(state, versions, destination, uncounted))


def is_receipt(
    state: RecordState,
    versions: Versions,
    destination: DestinationId,
    uncounted: Set[VersionId],
    witnesses: Callable[[AuthorId], bool],
) -> bool:
    """Whether it is delivered and one of the last observations is by a witness: a gateway.

    The caller says for which authors that holds, and whether a steward pinned the destination.
    """
    confirming = _confirming(state, versions, destination, uncounted)
    return any(witnesses(AuthorId(versions[one].author)) for one in confirming)


def delivered_at(
    state: RecordState, versions: Versions, uncounted: Set[VersionId] = frozenset()
) -> dict[DestinationId, set[AuthorId]]:
    """All destinations at which the record is delivered (`is_delivered`), each with who observed that last."""
    return _delivered_at(state, _own(state, versions, uncounted), uncounted)


def deliveries_of(
    states: Iterable[RecordState], versions: Versions, uncounted: Set[VersionId] = frozenset()
) -> dict[str, dict[DestinationId, set[AuthorId]]]:
    """The same of several records of one family, by uuid."""
    own: dict[str, Versions] = {state.uuid: versions for state in states if state.is_clean}
    shared = [state.uuid for state in states if state.uuid in own and state.strand and state.strand.is_shared]
    own.update(versions_by_uuid(versions, shared, uncounted) if shared else {})
    return {state.uuid: _delivered_at(state, own.get(state.uuid, {}), uncounted) for state in states}


def _delivered_at(
    state: RecordState, versions: Versions, uncounted: Set[VersionId]
) -> dict[DestinationId, set[AuthorId]]:
    seen: dict[DestinationId, dict[VersionId, Observation]] = {}
    for one, version in versions.items():
        if _is_seen(one, version, uncounted):
            observation = version.observation
            seen.setdefault(observation.destination, {})[one] = observation
    confirming = {place: _naming(state, last) for place, last in _last_of(seen, versions, uncounted).items()}
    return {place: {AuthorId(versions[one].author) for one in ids} for place, ids in confirming.items() if ids}


def _confirming(
    state: RecordState, versions: Versions, destination: DestinationId, uncounted: Set[VersionId]
) -> Iterable[VersionId]:
    """The last observations, where all of them name the body of the present state; else none."""
    return _naming(state, last_observations(_own(state, versions, uncounted), destination, uncounted))


def _own(state: RecordState, versions: Versions, uncounted: Set[VersionId]) -> Versions:
    """The versions of a record that may be delivered; none where it may not."""
    if not state.is_clean or state.strand is None:
        return {}
    return versions_at(versions, state.uuid, uncounted) if state.strand.is_shared else versions


def _naming(state: RecordState, last: Mapping[VersionId, Observation]) -> Iterable[VersionId]:
    body = state_body(state.strand) if last and state.strand is not None else b""
    return last if all(one.body == body for one in last.values()) else ()


def _is_seen(one: VersionId, version: Version, uncounted: Set[VersionId]) -> bool:
    return version.op == OBSERVE and version.is_understood and one not in uncounted


def _last_of(
    seen: Mapping[DestinationId, Mapping[VersionId, Observation]], versions: Versions, uncounted: Set[VersionId]
) -> dict[DestinationId, dict[VersionId, Observation]]:
    """Of the observations of each destination the last ones."""
    found: dict[DestinationId, dict[VersionId, Observation]] = {}
    history: History | None = None
    for destination, observations in seen.items():
        passed: set[bytes] = set()
        for one, observation in observations.items():
            passed.update(versions[one].parents, observation.after)
        last = {one: observation for one, observation in observations.items() if one not in passed}
        if len(last) > 1:
            # First observations may be one by their content only: not so where they saw different states of the server.
            history = history or History(versions, uncounted)
            places = {one: (history.node(one), shown_state(seen)) for one, seen in observations.items()}
            followed = {places[one] for one in observations.keys() & passed}
            last = {one: observation for one, observation in last.items() if places[one] not in followed}
        found[destination] = last
    return found


def _answered(questions: Iterable[Node], history: History) -> set[Node]:
    """Those of which people said what they mean, or after which the server was seen to be again where it had been.

    That is where it shows the body and stamps it had when it was seen last, before it went back.
    """
    bits = {node: 1 << number for number, node in enumerate(questions)}
    again = _states_before(bits, history)
    below: dict[Node, int] = {}
    answered = 0
    for node in history.nodes:
        handed = 0
        for parent in node.parents:
            handed |= below.get(parent, 0)
        if handed:
            answered |= handed & _answering(node, again, history)
        handed |= bits.get(node, 0)
        if handed:
            below[node] = handed
    return {node for node, bit in bits.items() if bit & answered}


def _answering(later: Node, again: Mapping[Hashable, int], history: History) -> int:
    """The questions, as bits, that a version answers where it follows them."""
    if later.version.op in (RESOLVE, RETRACT):
        # To undo an answer is none: it brings the question back.
        return -1 if later.is_speaking and not is_only_undo(later.version) else 0
    if later.version.op != OBSERVE or not later.is_counted:
        return 0
    now = history.observations(later)[0]
    return again.get((now.destination, shown_state(now)), 0)


def _states_before(questions: Mapping[Node, int], history: History) -> dict[Hashable, int]:
    """By destination and state: the questions, as bits, before which the server was seen so last."""
    seen_at: dict[Node, list[Observation]] = {}
    again: dict[Hashable, int] = {}
    for question, bit in questions.items():
        nodes = history.known({one for seen in history.observations(question) for one in seen.after})
        for node in nodes:
            if node not in seen_at:
                seen_at[node] = history.observations(node) if node.is_counted else []
        before = [seen for node in nodes for seen in seen_at[node]]
        newest: dict[DestinationId, str] = {}
        for seen in before:
            newest[seen.destination] = max(seen.modified_on, newest.get(seen.destination, ""))
        last = [seen for seen in before if seen.modified_on == newest[seen.destination]]
        for place in {(seen.destination, shown_state(seen)) for seen in last}:
            again[place] = again.get(place, 0) | bit
    return again


def shown_state(seen: Observation) -> tuple[bytes, str, str]:
    """What tells one state of a server from another: body and stamps."""
    return seen.body, seen.modified_on, seen.created_on
