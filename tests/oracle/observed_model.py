"""What observations add to the reference model: which versions are one, what was found, ended, repeated and asked.

As the sentences of the design, section 2.6, say it, in sets, at any cost.
"""

from collections import Counter
from collections.abc import Mapping, Set
from typing import TypeAlias

from edenmesh.core.records import Observation, Version, canonical_text

Place: TypeAlias = frozenset[bytes]


class Observed:
    """The observations among the versions of one record; `counted` are the versions that count."""

    def __init__(self, versions: Mapping[bytes, Version], placed: Set[bytes], counted: Set[bytes]) -> None:
        self.versions = versions
        self.placed = placed
        self.counted = counted
        self.work: Counter[str] = Counter()
        self._same: dict[bytes, Place] = {one: frozenset((one,)) for one in versions}
        self.seen = {
            one: version.observation
            for one, version in versions.items()
            if version.op == "observe" and version.is_understood
        }
        while self._have_joined():
            pass

    def same(self, one: bytes) -> Place:
        """The versions that are one with this one: first versions of equal content, and twins."""
        return self._same[one]

    def _have_joined(self) -> bool:
        """Whether any versions were found to be one that were not known to be."""
        pairs = [(one, other) for one in self.versions for other in self.versions if other not in self._same[one]]
        found = [pair for pair in pairs if self._are_one(*pair)]
        for one, other in found:
            place = self._same[one] | self._same[other]
            self._same.update(dict.fromkeys(place, place))
            self.work["twins"] += bool(self.versions[one].parents)
        return bool(found)

    def _are_one(self, one: bytes, other: bytes) -> bool:
        return self._are_equal_firsts(one, other) or self._are_twins(one, other)

    def _are_equal_firsts(self, one: bytes, other: bytes) -> bool:
        is_bound = any(self.seen[x].found or self.seen[x].after for x in (one, other) if x in self.seen)
        is_bound = is_bound or any("strand" in self.versions[x].about for x in (one, other) if x in self.seen)
        return not is_bound and self.have_equal_content(one, other)

    def have_equal_content(self, one: bytes, other: bytes) -> bool:
        """Whether two first versions under one uuid say the same."""
        ours, theirs = self.versions[one], self.versions[other]
        are_firsts = not ours.parents and not theirs.parents and ours.is_understood and theirs.is_understood
        return are_firsts and ours.uuid == theirs.uuid and said(ours) == said(theirs)

    def _are_twins(self, one: bytes, other: bytes) -> bool:
        if one not in self.seen or other not in self.seen:
            return False
        if _state(self.seen[one]) != _state(self.seen[other]) or self.versions[one].uuid != self.versions[other].uuid:
            return False
        if self.versions[one].about.get("strand") != self.versions[other].about.get("strand"):
            return False
        ours, theirs = self.versions[one].parents, self.versions[other].parents
        if not (ours or theirs or self.have_equal_content(one, other)):
            return False
        after = self._places(self.seen[one].after), self._places(self.seen[other].after)
        return self._places(ours) == self._places(theirs) and after[0] == after[1]

    def _places(self, ids: Set[bytes] | tuple[bytes, ...] | list[bytes]) -> set[Place]:
        return {self.same(one) if one in self.versions else frozenset((one,)) for one in ids}

    def _twins(self, one: bytes) -> set[bytes]:
        """Of the observations that are one with this one those that count."""
        return {other for other in self.same(one) if other in self.seen and other in self.counted}

    def said_by_all(self, one: bytes) -> set[tuple[str, ...]]:
        """What an observation assigns: only what all of its twins do. Of others, what they say."""
        if one not in self.seen:
            return said(self.versions[one])
        return set.intersection(*(said(self.versions[twin]) for twin in self._twins(one)))

    def removals(self, one: bytes) -> set[tuple[str, str, Place]]:
        """What a version removes: field, item, and the places of the additions it saw."""
        if one not in self.seen:
            return self._removals(one)
        return set.intersection(*(self._removals(twin) for twin in self._twins(one)))

    def _removals(self, one: bytes) -> set[tuple[str, str, Place]]:
        removed = [(name, each) for name, all_of in self.versions[one].remove.items() for each in all_of]
        return {(name, canonical_text(each.item), place) for name, each in removed for place in self._places(each.seen)}

    def found(self, one: bytes, name: str) -> set[bytes]:
        """What the observations of one place found in a field; what leads back to them is nothing."""
        found = {other for twin in self._twins(one) for other in self.seen[twin].found.get(name, ())} & self.placed
        return {other for other in found if not self._leads_back(other, one)}

    def _leads_back(self, found: bytes, one: bytes) -> bool:
        place, reached, open_ids = self.same(one), set[bytes](), [found]
        while open_ids:
            here = self.same(open_ids.pop())
            if not here <= reached:
                reached |= here
                open_ids += [below for other in here for below in self._links(other) & self.placed]
        self.work["circles"] += bool(place & reached)
        return bool(place & reached)

    def _links(self, one: bytes) -> set[bytes]:
        found = self.seen[one].found.values() if one in self.counted and one in self.seen else ()
        return {*self.versions[one].parents, *(other for ids in found for other in ids)}

    def is_ended(self, one: bytes, name: str) -> bool:
        """Whether observations, all those of one place, say that a value observed before is there no more."""
        if one not in self.seen:
            return False
        places = [self._twins(other) for other in self.seen if other in self.counted]
        return any(all(self.same(one) & set(self.seen[x].ends.get(name, ())) for x in twins) for twins in places)

    def questions(self, follows: Mapping[bytes, Set[bytes]], answers: Set[bytes]) -> set[bytes]:
        """Those that say a server went back, that no answer follows and that did not come forward again by itself."""
        asked = {one for one in self.seen if one in self.counted and self.seen[one].after}
        later = {one: {x for x in self.counted if self.same(one) & follows[x]} for one in asked}
        return {one for one in asked if not later[one] & answers and not self._is_forward(one, later[one])}

    def _is_forward(self, question: bytes, later: Set[bytes]) -> bool:
        after = {one for twin in self._twins(question) for one in self.seen[twin].after}
        known = {one for place in self._places(after) for one in place if one in self.seen and one in self.counted}
        before = [self.seen[one] for one in known]
        before = [one for one in before if one.destination == self.seen[question].destination]
        newest = max((one.modified_on for one in before), default="")
        states = {_state(one) for one in before if one.modified_on == newest}
        return any(_state(self.seen[one]) in states for one in later if one in self.seen)


def said(version: Version) -> set[tuple[str, ...]]:
    """What a version assigns and adds, in texts."""
    given = {(name, canonical_text(value)) for name, value in version.set.items()}
    items = {("+", name, canonical_text(item)) for name, added in version.add.items() for item in added}
    return {*given, *((name, "") for name in version.unset), *items}


def _state(seen: Observation) -> tuple[bytes, bytes, str, str]:
    return seen.destination, seen.body, seen.modified_on, seen.created_on
