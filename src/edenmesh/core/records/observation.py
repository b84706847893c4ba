"""Observations: versions that say what a destination held when it was read, and what follows from them.

The server signs nothing, so a device says what it saw (design, section 2.6). Delivered is a question asked of a
record's history, not an object: every last observation names the body that the present state gives.
"""

from collections.abc import Mapping
from typing import Final

from edenmesh.core.encoding import Plain, encode
from edenmesh.core.ids import DestinationId, VersionId, tagged_hash
from edenmesh.core.records.state import RecordState, StrandState
from edenmesh.core.records.values import Content, content_text
from edenmesh.core.records.version import OBSERVE, Version

ABSENT: Final = tagged_hash("absent")
"""The body of an observation that found no such record."""


class Observation:
    """What one observation says beside its values; `None` stamps where the server gave none."""

    __slots__ = ("after", "body", "created_on", "destination", "found", "modified_on")

    def __init__(self, version: Version) -> None:
        about = version.about
        self.destination: Final = DestinationId(_octets(about.get("destination")))
        self.body: Final = _octets(about.get("body"))
        self.modified_on: Final = _text(about.get("modified_on"))
        self.created_on: Final = _text(about.get("created_on"))
        self.after: Final = _ids(about.get("after"))
        named = about.get("found")
        self.found: Final = {name: _ids(ids) for name, ids in named.items()} if isinstance(named, dict) else {}

    @property
    def is_absence(self) -> bool:
        """Whether the destination did not have the record."""
        return self.body == ABSENT


def body_hash(fields: Mapping[str, Content]) -> bytes:
    """The hash of a record's canonical body: field to canonical text, empty fields left out."""
    texts: dict[str, Plain] = {name: content_text(content) for name, content in fields.items()}
    return tagged_hash("body", encode({name: text for name, text in texts.items() if text}))


def state_body(strand: StrandState) -> bytes:
    """The body that the present state of a strand gives; that of absence where it is retracted."""
    return ABSENT if strand.is_deleted else body_hash(strand.values)


def last_observations(
    versions: Mapping[VersionId, Version], destination: DestinationId
) -> dict[VersionId, Observation]:
    """The observations of a destination that no other of it has as parent or `after`."""
    seen = {
        one: Observation(version)
        for one, version in versions.items()
        if version.op == OBSERVE and version.is_understood and version.about.get("destination") == destination
    }
    passed: set[bytes] = set()
    for one, observation in seen.items():
        passed.update(versions[one].parents, observation.after)
    return {one: observation for one, observation in seen.items() if one not in passed}


def is_delivered(state: RecordState, versions: Mapping[VersionId, Version], destination: DestinationId) -> bool:
    """Whether the destination was seen to hold what this record shows now (design, section 2.6).

    Not while anything is undecided or still to come, or while the server asks a question only people can answer.
    """
    if not state.is_clean or state.strand is None:
        return False
    last = last_observations(versions, destination)
    body = state_body(state.strand)
    return bool(last) and all(one.body == body and not one.after for one in last.values())


def _octets(value: Plain | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _text(value: Plain | None) -> str | None:
    return value if isinstance(value, str) else None


def _ids(value: Plain | None) -> tuple[VersionId, ...]:
    return tuple(VersionId(one) for one in value if isinstance(one, bytes)) if isinstance(value, list) else ()
