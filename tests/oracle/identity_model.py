"""The reference model of identity: strands, what people decided about them, and where each resides, in sets.

The sentences of docs/protocol/versions.md, "Strands" to "Residence", at any cost. It takes from the model of a record
which versions count, which are one and which follow, and shares no idea of how to compute with the program.
"""

from collections.abc import Iterable, Mapping, Set
from itertools import combinations
from typing import NamedTuple, TypeVar

from edenmesh.core.ids import VersionId
from edenmesh.core.records import Version, left_uuid, owns_uuid
from tests.oracle.observed_model import said
from tests.oracle.record_model import Model

Atom = frozenset[bytes]
Thing = TypeVar("Thing")


class Word(NamedTuple):
    """A decision on two strands; with a leaver, the other one keeps the uuid."""

    decision: bytes
    pair: frozenset[Atom]
    leaver: Atom | None = None
    named: bytes | None = None


class Shown(NamedTuple):
    """By uuid: the versions of each strand, those in no strand, and decisions that contradict each other."""

    strands: dict[str, set[frozenset[bytes]]]
    outside: dict[str, set[bytes]]
    contradictions: dict[str, set[bytes]]


class Identity:
    """One family, as the sentences say it."""

    def __init__(self, versions: Mapping[VersionId, Version], uncounted: Set[VersionId] = frozenset()) -> None:
        self.model = Model(versions, uncounted)
        self.versions = self.model.versions
        self.has_uuids = len({self.versions[one].uuid for one in self.model.placed}) > 1
        self.speaks = {one: self._speaks(one) for one in self.model.placed}
        self.atoms = self._atoms()
        self.decisions = sorted(one for one in self.model.counted if self._is_decision(one))
        self.together = self._together()
        self.words = [word for one in self.decisions for word in self._words(one)]
        self.strands: list[set[Atom]] = []
        self._partition()

    # --- which first versions a version speaks of -----------------------------------------------------------------

    def place(self, one: bytes) -> bytes:
        """One id for all versions that are one."""
        return min(self.model.same(one))

    def _is_decision(self, one: bytes) -> bool:
        version = self.versions[one]
        return version.op == "resolve" and version.is_understood and bool({"same", "leaves"} & version.about.keys())

    def _is_marked_first(self, one: bytes) -> bool:
        version = self.versions[one]
        return not version.parents and version.op == "observe" and version.is_understood and "strand" in version.about

    def _speaks(self, one: bytes) -> frozenset[bytes]:
        version = self.versions[one]
        if not version.parents and not self._is_marked_first(one):
            return frozenset((self.place(one),))
        base = frozenset[bytes]().union(*(self._speaks(parent) for parent in version.parents)) or {self.place(one)}
        if self._is_decision(one) or not version.is_understood:
            return frozenset(base)
        named = version.about.get("strand")
        if isinstance(named, bytes) and named in self.model.firsts:
            if not self._is_marked_first(named):
                return frozenset((self.place(named),))
            if version.parents:
                return self._speaks(named)
        left = {self.place(first) for first in self.model.firsts if left_uuid(VersionId(first)) == version.uuid}
        return frozenset(left & base or base) if version.parents else frozenset(base)

    def _atoms(self) -> list[Atom]:
        alive = frozenset[bytes]().union(*(self.speaks[one] for one in self.model.counted))
        begins = {
            one for one in self.model.firsts if self.place(one) in alive and self.speaks[one] == {self.place(one)}
        }
        joined = _joined([{one} for one in begins], [(a, b) for a in begins for b in begins if self._begin_alike(a, b)])
        return [frozenset(group) for group in joined]

    def _begin_alike(self, one: bytes, other: bytes) -> bool:
        is_later = any("after" in self.versions[first].about for first in (one, other))
        equal = self.model.observed.have_equal_content(one, other) and not is_later
        return one in self.model.same(other) or equal

    def atom(self, first: bytes) -> Atom | None:
        """The atom that a first version means."""
        meant = self.speaks[first] if first in self.model.firsts else frozenset()
        return next((atom for atom in self.atoms if {self.place(one) for one in atom} & meant), None)

    def atoms_of(self, one: bytes) -> set[Atom]:
        """The atoms that a version speaks of."""
        return {atom for atom in self.atoms if {self.place(first) for first in atom} & self.speaks[one]}

    def home(self, atom: Atom) -> str:
        return next(self.versions[one].uuid for one in atom)

    def owns_left(self, atom: Atom, uuid: str) -> bool:
        return any(left_uuid(VersionId(one)) == uuid for one in atom)

    # --- what observations make one -------------------------------------------------------------------------------

    def _together(self) -> dict[str, dict[Atom, set[bytes]]]:
        found: dict[str, dict[Atom, set[bytes]]] = {}
        for one in self.model.counted:
            atoms = self.atoms_of(one)
            if self.versions[one].op == "observe" and len(atoms) == 1:
                found.setdefault(self.versions[one].uuid, {}).setdefault(next(iter(atoms)), set()).add(one)
        for uuid, atoms_there in found.items():
            for atom in self.atoms:
                owning = {one for one in atom if self.versions[one].uuid == uuid and owns_uuid(self.versions[one])}
                owning |= {one for one in atom if self.has_uuids and left_uuid(VersionId(one)) == uuid}
                if owning:
                    atoms_there.setdefault(atom, set()).update(owning)
        return found

    # --- what people said -----------------------------------------------------------------------------------------

    def _words(self, decision: bytes) -> list[Word]:
        about = self.versions[decision].resolution
        same = [atom for one in about.same if (atom := self.atom(one)) is not None]
        words = {Word(decision, frozenset((same[0], other))) for other in same if other != same[0]}
        keeper = self.atom(about.keeps) if about.keeps is not None else None
        leavers = {one: self.atom(one) for one in about.leaves}
        for one, atom in leavers.items():
            if keeper is not None and atom is not None and self._may_leave(atom, keeper):
                words.add(Word(decision, frozenset((atom, keeper)), atom, one))
        gone = {word.leaver for word in words if word.leaver is not None}
        for uuid in {self.home(atom) for atom in gone}:
            seen = {atom for atom, by in self.together.get(uuid, {}).items() if self._is_seen(by, decision)}
            if seen & gone and keeper not in seen and keeper is not None:
                words |= {Word(decision, frozenset((atom, keeper)), atom) for atom in seen - gone}
        return list(words)

    def _may_leave(self, atom: Atom, keeper: Atom) -> bool:
        return atom != keeper and not (self.has_uuids and self.owns_left(atom, self.home(keeper)))

    def _is_seen(self, ids: Iterable[bytes], by: bytes) -> bool:
        return any(self.model.same(one) & self.model.follows(by) for one in ids)

    # --- what holds -----------------------------------------------------------------------------------------------

    def _partition(self) -> None:
        base, still_open = self._observed()
        whole = {atom: frozenset[bytes]().union(*group) for group in base for atom in group}
        spoken = [
            word._replace(
                pair=frozenset(whole[atom] for atom in word.pair),
                leaver=whole[word.leaver] if word.leaver is not None else None,
            )
            for word in self.words
            if word.decision in self.model.speaking
        ]
        lasting = [word for word in spoken if not any(self._replaces(other, word) for other in spoken)]
        self.holding, self.contradicting = self._consistent(lasting)
        same = [tuple(word.pair) for word in self.holding if word.leaver is None and len(word.pair) == 2]
        groups = _joined([{one} for one in {*whole.values()}], [(a, b) for a, b in same])
        self.left: dict[frozenset[bytes], bytes] = {}
        strands = [(set(group), self._name_left(group)) for group in groups]
        for uuid, unnamed, named in still_open:
            staying = [
                one for one in strands if one[0] & {whole[atom] for atom in named if self._stays(atom, uuid, one)}
            ]
            loose = whole[next(iter(unnamed))]
            if len(staying) == 1 and not any(loose in word.pair for word in self.holding):
                (lone,) = [one for one in strands if loose in one[0]]
                if lone is not staying[0]:
                    strands.remove(lone)
                    staying[0][0].update(lone[0])
        self.strands = [{atom for atom in self.atoms if whole[atom] in group} for group, _ in strands]
        self.names = [name for _, name in strands]

    def _observed(self) -> tuple[list[set[Atom]], list[tuple[str, set[Atom], set[Atom]]]]:
        pairs: list[tuple[Atom, Atom]] = []
        still_open: list[tuple[str, set[Atom], set[Atom]]] = []
        for uuid, observed in self.together.items():
            atoms = set(observed)
            for word in self.words:
                if word.leaver in observed and word.decision in self.model.speaking:
                    atoms |= {keeper for keeper in word.pair - {word.leaver} if self.home(keeper) == uuid}
            apart = [word for word in self.words if word.leaver is not None and word.pair <= atoms]
            level = {atom: self._level(atom, apart, frozenset()) for atom in atoms}
            named = {atom for word in apart for atom in word.pair}
            pairs += [
                (one, other)
                for one, other in combinations(atoms, 2)
                if level[one] == level[other] is not None and (one in named) == (other in named)
            ]
            if named and atoms - named:
                still_open.append((uuid, atoms - named, named))
        pairs += [(one, other) for one in self.atoms for other in self.atoms if self._is_equal_where_left(one, other)]
        return _joined([{atom} for atom in self.atoms], pairs), still_open

    def _level(self, atom: Atom, apart: list[Word], above: frozenset[Atom]) -> int | None:
        """How many leave before it; None in a circle or below one."""
        if atom in above:
            return None
        keepers = {keeper for word in apart if word.leaver == atom for keeper in word.pair - {atom}}
        levels = [self._level(keeper, apart, above | {atom}) for keeper in keepers]
        return None if None in levels else max((level + 1 for level in levels if level is not None), default=0)

    def _is_equal_where_left(self, one: Atom, other: Atom) -> bool:
        if not self.has_uuids or not self.owns_left(one, self.home(other)):
            return False
        leaving = [self.versions[first] for first in one if left_uuid(VersionId(first)) == self.home(other)]
        pairs = [(ours, self.versions[second]) for ours in leaving for second in other]
        return any(
            ours.is_understood
            and theirs.is_understood
            and "after" not in {**ours.about, **theirs.about}
            and said(ours) == said(theirs)
            for ours, theirs in pairs
        )

    def _replaces(self, later: Word, word: Word) -> bool:
        return later.pair == word.pair and word.decision in self.model.follows(later.decision)

    def _consistent(self, words: list[Word]) -> tuple[list[Word], list[Word]]:
        contradicting: list[Word] = []
        while groups := _circles(words):
            latest = {
                one for group in groups for one in group if not any(one in self.model.follows(other) for other in group)
            }
            contradicting += [word for word in words if word.decision in latest]
            words = [word for word in words if word.decision not in latest]
        return words, contradicting

    def _name_left(self, group: set[frozenset[bytes]]) -> bytes | None:
        return min(
            (word.named for word in self.holding if word.leaver in group and word.named is not None), default=None
        )

    def _stays(self, atom: Atom, uuid: str, strand: tuple[set[frozenset[bytes]], bytes | None]) -> bool:
        name = strand[1]
        return self.home(atom) == uuid if name is None else left_uuid(VersionId(name)) == uuid

    # --- where it is shown ----------------------------------------------------------------------------------------

    def uuid_of(self, number: int) -> str:
        name, atoms = self.names[number], self.strands[number]
        if name is not None:
            return left_uuid(VersionId(name))
        homes = {self.home(atom) for atom in atoms}
        own = {uuid for uuid in homes if self.has_uuids and any(self.owns_left(atom, uuid) for atom in atoms)}
        return min(homes - own or homes)

    def shown(self) -> Shown:
        uuids = [self.uuid_of(number) for number in range(len(self.strands))]
        inside: list[set[bytes]] = [set() for _ in self.strands]
        for one in self.model.placed:
            for number in self._strands_of(one, uuids):
                inside[number] |= self.model.same(one)
        shown = Shown({}, {}, {})
        for number, uuid in enumerate(uuids):
            shown.strands.setdefault(uuid, set()).add(frozenset(inside[number]))
        for one in self.versions.keys() - set[bytes]().union(*inside):
            shown.outside.setdefault(self.versions[one].uuid, set()).add(one)
        for word in self.contradicting:
            for number, atoms in enumerate(self.strands):
                if any(atom <= end for atom in atoms for end in word.pair):
                    shown.contradictions.setdefault(uuids[number], set()).add(word.decision)
        return shown

    def _strands_of(self, one: bytes, uuids: list[str]) -> list[int]:
        numbers = [n for n, atoms in enumerate(self.strands) if atoms & self.atoms_of(one)]
        version = self.versions[one]
        here = [n for n, uuid in enumerate(uuids) if uuid == version.uuid]
        parting = [word for word in self.holding if word.leaver is not None]
        stayed = [n for n in here if any(self._has(n, end) for word in parting for end in word.pair - {word.leaver})]
        if len(numbers) == 1 and self._is_of_stayer(one, numbers[0], uuids):
            return stayed if len(stayed) == 1 else numbers
        knew = any(
            self._is_decision(other) and self.versions[other].resolution.leaves for other in self.model.follows(one)
        )
        if len(numbers) > 1 and knew and not self._is_decision(one):
            return [n for n in numbers if n in here] or numbers
        return numbers

    def _is_of_stayer(self, one: bytes, number: int, uuids: list[str]) -> bool:
        version = self.versions[one]
        is_observed = any(self.versions[x].op == "observe" for x in self.model.same(one) & self.model.counted)
        if not is_observed or not version.parents or "strand" in version.about or uuids[number] == version.uuid:
            return False
        if version.uuid not in {self.home(atom) for atom in self.strands[number]}:
            return False
        deciding = [word.decision for word in self.holding if word.leaver and self._has(number, word.leaver)]
        return not any(self.model.same(one) & self.model.follows(other) for other in deciding)

    def _has(self, number: int, end: frozenset[bytes]) -> bool:
        return any(atom <= end for atom in self.strands[number])


def _circles(words: list[Word]) -> list[set[bytes]]:
    """Decisions by which strands leave in a circle, and those by which these strands are the same."""
    ends = {end for word in words for end in word.pair}
    same = [word for word in words if word.leaver is None]
    groups = _joined([{end} for end in ends], [(min(w.pair, key=sorted), max(w.pair, key=sorted)) for w in same])
    strand = {end: number for number, group in enumerate(groups) for end in group}
    parting = [word for word in words if word.leaver is not None]

    def sides(word: Word) -> tuple[int, int]:
        keeper = next(iter(word.pair - {word.leaver}), word.leaver)
        assert word.leaver is not None
        assert keeper is not None
        return strand[word.leaver], strand[keeper]

    while True:
        leavers, keepers = {sides(word)[0] for word in parting}, {sides(word)[1] for word in parting}
        kept = [word for word in parting if sides(word)[0] in keepers and sides(word)[1] in leavers]
        if len(kept) == len(parting):
            break
        parting = kept
    named = {end for word in parting for end in word.pair}
    while True:
        beside = {end: {other for word in same if end in word.pair for other in word.pair - {end}} for end in ends}
        kept = [word for word in same if all(end in named or len(beside[end]) > 1 for end in word.pair)]
        if len(kept) == len(same):
            break
        same = kept
    circles = _joined(
        [{end} for end in ends], [(min(w.pair, key=sorted), max(w.pair, key=sorted)) for w in (*parting, *same)]
    )
    found = [({word.decision for word in (*parting, *same) if word.pair <= circle}, circle) for circle in circles]
    return [group for group, circle in found if any(word.pair <= circle for word in parting)]


def _joined(sets: list[set[Thing]], pairs: Iterable[tuple[Thing, Thing]]) -> list[set[Thing]]:
    """The sets, those that a pair links as one."""
    groups = [set(one) for one in sets]
    for one, other in pairs:
        touching = [group for group in groups if one in group or other in group]
        groups = [group for group in groups if group not in touching] + [set[Thing]().union(*touching)]
    return groups
