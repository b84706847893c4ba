"""Which decisions on strands cannot hold together (design, section 2.5; docs/protocol/versions.md, "Decisions").

They contradict each other where strands leave in a circle, strands that are the same taken as one. Of all decisions
that hang together in circles the latest are taken back, again and again, until nothing contradicts.

What one decision says is a star: others that leave the strand in its centre, or are the same as it. Strands and
decisions are bits of numbers, so that a round costs about as much as there are decisions, however many they name. What
was in no circle is in none later, when there are fewer decisions.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final, NamedTuple

from edenmesh.core.records.states.strands import bits_of

_ROUNDS: Final = 16
"""After so many rounds of taking back the latest, all that still contradict are taken back at once: bounds the cost."""


class Star(NamedTuple):
    """What one decision says: of strands that they leave the one in the centre, or are the same as it."""

    decision: int
    centre: int
    others: int
    is_parting: bool


def contradicting(stars: list[Star], above: Mapping[int, int]) -> int:
    """The decisions that do not hold. `above` has for each decision those that follow it."""
    gone = 0
    for number in count(1):
        groups = _circles(stars)
        if not groups:
            break
        for group in groups:
            everyone = _all_of(one.decision for one in group)
            gone |= _all_of(one.decision for one in group if number >= _ROUNDS or not above[one.decision] & everyone)
        stars = [one for group in groups for one in group if not one.decision & gone]
    return gone


class _Sets:
    """Sets that share a member, as one."""

    def __init__(self, sets: Iterable[int]) -> None:
        self._above: Final[dict[int, int]] = {}
        self._members: Final[dict[int, int]] = {}
        for bits in sets:
            self._join(bits)

    def whole(self, one: int) -> int:
        """The member that stands for all of a set."""
        while (above := self._above.get(one, one)) != one:
            self._above[one] = one = self._above.get(above, above)
        return one

    def members(self, one: int) -> int:
        """All that are in one set with this one."""
        return self._members.get(self.whole(one), one)

    def wholes(self, bits: int) -> int:
        """The members that stand for the sets that these are in."""
        if not self._members:
            return bits
        found = 0
        while bits:
            one = self.whole(bits & -bits)
            found |= one
            bits &= ~self._members.get(one, one)
        return found

    def _join(self, bits: int) -> None:
        one = self.whole(bits & -bits)
        members = self._members.get(one, one)
        while rest := bits & ~members:
            other = self.whole(rest & -rest)
            members |= self._members.pop(other, other)
            self._above[other] = one
        self._members[one] = members


def _circles(stars: list[Star]) -> list[list[Star]]:
    """What leaves in circles and what is the same between these strands, as it hangs together; no more of each star."""
    same = [one for one in stars if not one.is_parting]
    inside = _in_circles([one for one in stars if one.is_parting], _Sets(one.centre | one.others for one in same))
    joining = _between_named(same, _all_of(one.centre | one.others for one in inside)) if inside else []
    together = _Sets(one.centre | one.others for one in (*inside, *joining))
    groups: dict[int, list[Star]] = {}
    for one in inside:
        groups.setdefault(together.whole(one.centre), []).append(one)
    for one in joining:
        groups.get(together.whole(one.centre), []).append(one)
    return list(groups.values())


def _in_circles(parting: list[Star], same: _Sets) -> list[Star]:
    """What is left when, again and again, those who leave nobody and those whom nobody leaves are taken away."""
    leavers: dict[int, int] = {}
    for star in parting:
        keeper = same.whole(star.centre)
        leavers[keeper] = leavers.get(keeper, 0) | same.wholes(star.others)
    standing = _all_of(same.members(one) for one in _left_and_leaving(leavers))
    return _within(parting, standing)


def _left_and_leaving(leavers: dict[int, int]) -> Iterable[int]:
    """Those who leave somebody and whom somebody leaves, of such only. `leavers` are by keeper."""
    everyone = _all_of(leavers)
    if everyone == _all_of(leavers.values()):
        return leavers
    keepers = _turned(leavers)
    pending = [one for one in (*leavers, *keepers) if one not in keepers or one not in leavers]
    while pending:
        one = pending.pop()
        for of_whom, whom in ((leavers, keepers.pop(one, 0)), (keepers, leavers.pop(one, 0))):
            for other in bits_of(whom):
                if other in of_whom:
                    of_whom[other] &= ~one
                    if not of_whom[other]:
                        pending.append(other)
    return leavers


def _between_named(same: list[Star], named: int) -> list[Star]:
    """What joins strands named elsewhere: without those who, again and again, hang on one other."""
    beside: dict[int, int] = {}
    for star in same:
        others = star.others & ~star.centre
        beside[star.centre] = beside.get(star.centre, 0) | others
        for other in bits_of(others):
            beside[other] = beside.get(other, 0) | star.centre
    pending = [one for one, others in beside.items() if not one & named and _is_one_at_most(others)]
    while pending:
        one = pending.pop()
        for other in bits_of(beside.pop(one, 0)):
            beside[other] &= ~one
            if not other & named and _is_one_at_most(beside[other]):
                pending.append(other)
    return _within(same, _all_of(beside) | named)


def _within(stars: list[Star], strands: int) -> list[Star]:
    """Of each star what is between these strands."""
    return [
        star._replace(others=star.others & strands) for star in stars if star.centre & strands and star.others & strands
    ]


def _turned(sets: Mapping[int, int]) -> dict[int, int]:
    turned: dict[int, int] = {}
    for one, others in sets.items():
        for other in bits_of(others):
            turned[other] = turned.get(other, 0) | one
    return turned


def _is_one_at_most(bits: int) -> bool:
    return not bits & (bits - 1)


def _all_of(sets: Iterable[int]) -> int:
    bits = 0
    for one in sets:
        bits |= one
    return bits
