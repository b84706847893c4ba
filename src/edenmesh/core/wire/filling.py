"""The messages by which holes are filled: asked for by places of a log, answered in the order they were asked in.

A log is named as far as both hold it. Whoever asks has one list of places open at a time; each place of it is answered
by the version that belongs there or by the kind of hole it is at the giver, too.
"""

from collections.abc import Sequence

from edenmesh.core.limits import HOLE_STRETCHES_MAX, PART_VERSIONS_MAX
from edenmesh.core.reconcile import Gap, Mark, Stretch
from edenmesh.core.wire.shapes import BaseMessage, require, require_log


class HolesWanted(BaseMessage, frozen=True, tag="holes_wanted"):
    """Give the versions in these places of a log."""

    log: Mark
    places: list[Stretch]

    def __post_init__(self) -> None:
        _require_places(self.log, self.places)


class HolesFilled(BaseMessage, frozen=True, tag="holes_filled"):
    """The versions of the next wanted places."""

    log: Mark
    versions: list[bytes]

    def __post_init__(self) -> None:
        require_log(self.log)
        require(0 < len(self.versions) <= PART_VERSIONS_MAX, "the number of versions that fill holes")


class HolesMissing(BaseMessage, frozen=True, tag="holes_missing"):
    """The versions of the next wanted places are known and not held by the sender of this message, either."""

    log: Mark
    places: list[Gap]

    def __post_init__(self) -> None:
        _require_places(self.log, self.places)


class HolesTaken(BaseMessage, frozen=True, tag="holes_taken"):
    """What was given of a wanted list up to this place is durable at the sender of this message."""

    log: Mark
    stop: int

    def __post_init__(self) -> None:
        require_log(self.log)
        require(0 < self.stop <= self.log.size, "the place up to which holes were filled")


class HolesHere(BaseMessage, frozen=True, tag="holes_here"):
    """Versions that were given as holes, or wanted in vain, have come to the sender of this message."""

    log: Mark
    places: list[Stretch]

    def __post_init__(self) -> None:
        _require_places(self.log, self.places)


def _require_places(log: Mark, places: Sequence[Stretch | Gap]) -> None:
    require_log(log)
    require(0 < len(places) <= HOLE_STRETCHES_MAX, "the number of places")
    stop = 0
    for place in places:
        require(stop <= place.start < place.stop <= log.size, "places of a log")
        stop = place.stop
