"""Observations: versions that say what a destination held when it was read, and what follows from them.

The server signs nothing, so a device says what it saw (design, section 2.6). Delivered is a question asked of a
record's history, not an object: every last observation names the body that the present state gives.
"""

from collections.abc import Mapping, Set

from edenmesh.core.encoding import encode
from edenmesh.core.ids import DestinationId, VersionId, tagged_hash
from edenmesh.core.records.about import ABSENT, Observation
from edenmesh.core.records.state import RecordState, StrandState
from edenmesh.core.records.values import Content, content_text
from edenmesh.core.records.version import OBSERVE, Version


def body_hash(fields: Mapping[str, Content]) -> bytes:
    """The hash of a record's canonical body: field to canonical text, empty fields left out."""
    texts = {name: content_text(content) for name, content in fields.items()}
    return tagged_hash("body", encode({name: text for name, text in texts.items() if text}))


def state_body(strand: StrandState) -> bytes:
    """The body that the present state of a strand gives; that of absence where it is retracted."""
    return ABSENT if strand.is_deleted else body_hash(strand.values)


def last_observations(
    versions: Mapping[VersionId, Version],
    destination: DestinationId,
    uncounted: Set[VersionId] = frozenset(),
) -> dict[VersionId, Observation]:
    """The observations of a destination that count and that no other such has as parent or `after`.

    `uncounted` are the versions that are quarantined or wait for an ancestor.
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
    return {one: observation for one, observation in seen.items() if one not in passed}


def is_delivered(
    state: RecordState,
    versions: Mapping[VersionId, Version],
    destination: DestinationId,
    uncounted: Set[VersionId] = frozenset(),
) -> bool:
    """Whether the destination was seen to hold what this record shows now (design, section 2.6).

    Not while anything is undecided or still to come, or while the server asks a question only people can answer.
    `state` is that of the versions without the `uncounted`, the quarantined ones; what these observed says nothing.
    """
    if not state.is_clean or state.strand is None:
        return False
    last = last_observations(versions, destination, uncounted)
    body = state_body(state.strand)
    return bool(last) and all(one.body == body and not one.after for one in last.values())
