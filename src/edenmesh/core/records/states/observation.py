"""Observations: versions that say what a destination held when it was read, and what follows from them.

The server signs nothing, so a device says what it saw (design, section 2.6). Delivered is a question asked of a
record's history, not an object: every last observation names the body that the present state gives.

A server that has gone back is a question for people. It is open until a resolution or retract follows the observation
that says so, or until the server is seen again as it was before: then there is nothing left to decide.
"""

from collections.abc import Callable, Iterable, Mapping, Set

from edenmesh.core.encoding import encode
from edenmesh.core.ids import AuthorId, DestinationId, VersionId, tagged_hash
from edenmesh.core.records.history import History, Node, is_only_undo, nodes_above
from edenmesh.core.records.states.families import versions_at
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
        if version.op == OBSERVE
        and version.about.get("destination") == destination
        and version.is_understood
        and one not in uncounted
    }
    passed: set[bytes] = set()
    for one, observation in seen.items():
        passed.update(versions[one].parents, observation.after)
    last = {one: observation for one, observation in seen.items() if one not in passed}
    if len(last) > 1:
        # First observations may be one by their content only: not so where they saw different states of the server.
        places = {one: history.node(one) for history in [History(versions, uncounted)] for one in seen}
        followed = {(places[one], shown_state(seen[one])) for one in seen.keys() & passed}
        last = {one: each for one, each in last.items() if (places[one], shown_state(each)) not in followed}
    return last


def open_questions(
    versions: Versions, destination: DestinationId, uncounted: Set[VersionId] = frozenset()
) -> tuple[VersionId, ...]:
    """Observations of one record that say the server went back, and that no resolution or retract has answered."""
    asked = questions_of(History(versions, uncounted))
    return tuple(one for one in asked if versions[one].about.get("destination") == destination)


def questions_of(history: History) -> list[VersionId]:
    """The open questions of all destinations."""
    asked = [one for one in history.observed if "after" in history.versions[one].about]
    nodes = {one: node for one in asked if (node := history.node(one)) is not None and node.is_counted}
    followed = {parent for node in history.nodes for parent in node.parents} if nodes else set()
    return sorted(
        one
        for one, node in nodes.items()
        if one not in history.uncounted and not (node in followed and _is_answered(node, history))
    )


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


def _confirming(
    state: RecordState, versions: Versions, destination: DestinationId, uncounted: Set[VersionId]
) -> Iterable[VersionId]:
    """The last observations, where all of them name the body of the present state; else none."""
    if not state.is_clean or state.strand is None:
        return ()
    if state.strand.is_shared:
        versions = versions_at(versions, state.uuid, uncounted)
    last = last_observations(versions, destination, uncounted)
    body = state_body(state.strand) if last else b""
    return last if all(one.body == body for one in last.values()) else ()


def _is_answered(question: Node, history: History) -> bool:
    return any(_is_answer(later, question, history) for later in nodes_above((question,), history.nodes))


def _is_answer(later: Node, question: Node, history: History) -> bool:
    """Whether people said what the question means, or the server was seen to be again where it had been.

    That is where it shows the body and stamps it had when it was seen last, before it went back.
    """
    if later.version.op in (RESOLVE, RETRACT):
        # To undo an answer is none: it brings the question back.
        return later.is_speaking and not is_only_undo(later.version)
    if later.version.op != OBSERVE or not later.is_counted:
        return False
    now = history.observations(later)[0]
    after = {one for seen in history.observations(question) for one in seen.after}
    before = [seen for node in history.known(sorted(after)) if node.is_counted for seen in history.observations(node)]
    before = [seen for seen in before if seen.destination == now.destination]
    newest = max((seen.modified_on for seen in before), default="")
    return any(shown_state(seen) == shown_state(now) for seen in before if seen.modified_on == newest)


def shown_state(seen: Observation) -> tuple[bytes, str, str]:
    """What tells one state of a server from another: body and stamps."""
    return seen.body, seen.modified_on, seen.created_on
