"""What people decided about the strands of one family: which are one, and which left (design, section 2.5).

A resolution says `same` of strands, or `keeps` of one and `leaves` of others: words on pairs of strands. Of the words
on one pair those last that no other of them follows. Words that cannot hold together (same and different, directly or
through other strands; leaving in a circle, so that nobody keeps the uuid) contradict each other, and then nothing
applies of the latest of the decisions concerned. What the earlier ones said, which all of these followed, holds.

A name that is no strand here says nothing until it is one. Cost: a few passes over what was decided, one over the
versions to tell the decisions apart in time, and what it takes to find contradictions (contradictions.py).
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from edenmesh.core.ids import VersionId
from edenmesh.core.records.history import Node
from edenmesh.core.records.states.contradictions import Star, contradicting
from edenmesh.core.records.states.strands import Bits, Roots, Unions, is_decision, observed_together
from edenmesh.core.records.versions import left_uuid

Together: TypeAlias = Mapping[str, Mapping[Bits, list[Node]]]
Parting: TypeAlias = Mapping[Bits, Iterable[tuple[Bits, bool]]]
"""By strand that leaves: whom, and whether the decision was undone."""


class Word(msgspec.Struct, frozen=True, gc=False):
    """One decision on a pair of strands: they are the same, or `leaver` leaves what the other keeps.

    `named` is the first version by which the leaver was called, or None where it belongs to one so called.
    """

    decision: Node
    one: Bits
    other: Bits
    leaver: Bits = 0
    named: VersionId | None = None

    @property
    def pair(self) -> tuple[Bits, Bits]:
        """The two strands, in order."""
        return (self.one, self.other) if self.one < self.other else (self.other, self.one)

    @property
    def keeper(self) -> Bits:
        """Who keeps the uuid, where one leaves."""
        return self.one if self.leaver == self.other else self.other


@dataclass(slots=True)
class Decided:
    """What holds: sets of atoms that are one strand each, the words that hold, and those that contradict others.

    `left` has, by the atom that stands for a strand, the name by which it left.
    """

    strands: Unions
    holding: list[Word] = field(default_factory=list)
    contradicting: list[Word] = field(default_factory=list)
    left: dict[Bits, VersionId] = field(default_factory=dict)

    def name_left(self, atom: Bits) -> VersionId | None:
        """The first version by which the strand of an atom left its uuid, or None where it has not."""
        return self.left.get(self.strands.whole(atom))

    def resides(self, atom: Bits, uuid: str, roots: Roots) -> bool:
        """Whether the strand of an atom is under a uuid, be it that it was born there or that it left for it."""
        name = self.name_left(atom)
        return roots.home(atom) == uuid if name is None else left_uuid(name) == uuid


class _Company(NamedTuple):
    """What was one with those that leave when that was decided: it leaves with them. Decisions share what is alike."""

    decision: Node
    keeper: Bits
    atoms: frozenset[Bits]


class _Open(NamedTuple):
    """Atoms under one uuid that nobody has named, and those that decisions tell apart there."""

    uuid: str
    unnamed: Bits
    named: set[Bits]


def decided_by(roots: Roots) -> Decided:
    """The strands of a family, and who left, as observations and people's decisions make them."""
    together = observed_together(roots)
    decisions = [node for node in roots.history if node.is_counted and is_decision(node.version)]
    decided = Decided(Unions(roots.atoms))
    for pair in roots.equal_where_left():
        decided.strands.join(pair)
    if not decisions:
        for atoms in together.values():
            decided.strands.join(atoms)
        return decided
    times = _Times(roots.history.nodes, decisions)
    words, companies = _words_of(decisions, roots, together, times)
    still_open = _join_observed(decided.strands, roots, together, _parting(words, companies))
    said = _between_strands([word for word in words if not word.decision.is_undone], decided.strands)
    said += _leaving_with([one for one in companies if not one.decision.is_undone], decided.strands)
    decided.holding, decided.contradicting = _consistent(_lasting(said, times), times)
    _apply(decided)
    spoken_of = {end for word in decided.holding for end in word.pair} if still_open else set()
    for one in still_open:
        _join_stayer(one, roots, decided, spoken_of)
    return decided


class _Times:
    """Which of some decisions follow a node, as bits of a number."""

    def __init__(self, nodes: list[Node], decisions: list[Node]) -> None:
        self._bit_of: Final = {node: 1 << number for number, node in enumerate(decisions)}
        self._above: Final[dict[Node, int]] = {}
        for node in reversed(nodes):
            handed = self._above.get(node, 0) | self._bit_of.get(node, 0)
            if handed:
                for parent in node.parents:
                    self._above[parent] = self._above.get(parent, 0) | handed

    def bits(self, decisions: Iterable[Node]) -> int:
        """These decisions as bits."""
        bits = 0
        for one in decisions:
            bits |= self._bit_of[one]
        return bits

    def above(self, nodes: Iterable[Node]) -> int:
        """The decisions that follow any of these nodes."""
        bits = 0
        for node in nodes:
            bits |= self._above.get(node, 0)
        return bits


def _words_of(
    decisions: list[Node], roots: Roots, together: Together, times: _Times
) -> tuple[list[Word], list[_Company]]:
    """What the decisions say of strands that are here, and what goes with these."""
    seen = {uuid: _seen_alike(atoms, times) for uuid, atoms in together.items()}
    words: list[Word] = []
    companies: list[_Company] = []
    for node in decisions:
        said = node.version.resolution
        same = list(dict.fromkeys(atom for one in said.same if (atom := roots.atom(one))))
        # Pairs with the first strand say as much as all pairs, and are no more than there are names.
        words += [Word(node, same[0], other) for other in same[1:]]
        keeper = roots.atom(said.keeps) if said.keeps is not None else 0
        if not keeper:
            continue
        # A strand cannot leave the uuid that was made for it when it left another.
        owner = roots.left.get(roots.home(keeper), 0)
        named = [(one, atom) for one in said.leaves if (atom := roots.atom(one)) not in (0, keeper)]
        leavers = {one: atom for one, atom in named if not owner & atom}
        words += [Word(node, keeper, atom, atom, one) for one, atom in leavers.items()]
        for uuid in {roots.home(atom) for atom in leavers.values()} & seen.keys() if seen else ():
            companies += _companies(node, keeper, {*leavers.values()}, seen[uuid], times)
    return words, companies


def _seen_alike(atoms: Mapping[Bits, list[Node]], times: _Times) -> dict[int, frozenset[Bits]]:
    """What is observed together, by the decisions that follow the observations of it."""
    alike: dict[int, set[Bits]] = {}
    for atom, nodes in atoms.items():
        alike.setdefault(times.above(nodes), set()).add(atom)
    return {above: frozenset(some) for above, some in alike.items()}


def _companies(
    decision: Node, keeper: Bits, leavers: set[Bits], seen: Mapping[int, frozenset[Bits]], times: _Times
) -> list[_Company]:
    """What was one strand with those that leave when that was decided, by what was observed until then."""
    bit = times.bits([decision])
    together = [atoms for above, atoms in seen.items() if above & bit]
    if all(leavers.isdisjoint(atoms) for atoms in together) or any(keeper in atoms for atoms in together):
        return []
    return [_Company(decision, keeper, atoms) for atoms in together]


def _parting(words: list[Word], companies: list[_Company]) -> Parting:
    parting: dict[Bits, dict[tuple[Bits, bool], None]] = {}
    for word in words:
        if word.leaver:
            parting.setdefault(word.leaver, {})[word.keeper, word.decision.is_undone] = None
    # What decisions share is one object each, so it is known by its place in memory.
    distinct = {(id(one.atoms), one.keeper, one.decision.is_undone): one.atoms for one in companies}
    for (_, keeper, is_undone), atoms in distinct.items():
        for atom in atoms:
            parting.setdefault(atom, {})[keeper, is_undone] = None
    return parting


def _join_observed(unions: Unions, roots: Roots, together: Together, parting: Parting) -> list[_Open]:
    """Join what observations make one. Returns what they leave open where decisions tell strands apart.

    Strands that a decision tells apart are not made one by observations under their uuid, even where the decision was
    undone: people were asked, and are asked again. Those that left the same way stay together.
    """
    still_open: list[_Open] = []
    for uuid, observed in together.items():
        atoms = set(observed)
        atoms.update(
            keeper
            for leaver in observed
            for keeper, is_undone in parting.get(leaver, ())
            if roots.home(keeper) == uuid and not is_undone
        )
        apart = [
            (leaver, keeper) for leaver in sorted(atoms) for keeper, _ in parting.get(leaver, ()) if keeper in atoms
        ]
        for level in _levels(apart):
            unions.join(level)
        named = {atom for pair in apart for atom in pair}
        unnamed = sorted(atoms - named)
        unions.join(unnamed)
        if named and unnamed:
            still_open.append(_Open(uuid, unnamed[0], named))
    return [one._replace(unnamed=unions.whole(one.unnamed)) for one in still_open]


def _levels(apart: list[tuple[Bits, Bits]]) -> list[list[Bits]]:
    """Those who leave nobody, those who leave only these, and so on; in a circle nobody has a place."""
    keepers: dict[Bits, set[Bits]] = {}
    leavers: dict[Bits, set[Bits]] = {}
    for leaver, keeper in apart:
        keepers.setdefault(leaver, set()).add(keeper)
        leavers.setdefault(keeper, set()).add(leaver)
    level = sorted(leavers.keys() - keepers.keys())
    levels: list[list[Bits]] = []
    while level:
        levels.append(level)
        further: set[Bits] = set()
        for keeper in level:
            for leaver in leavers.get(keeper, ()):
                keepers[leaver].discard(keeper)
                if not keepers[leaver]:
                    further.add(leaver)
        level = sorted(further)
    return levels


def _between_strands(words: list[Word], unions: Unions) -> list[Word]:
    """The words as words on strands."""
    strand = unions.joined()
    if not strand:
        return words
    return [
        replace(
            word,
            one=strand.get(word.one, word.one),
            other=strand.get(word.other, word.other),
            leaver=strand.get(word.leaver, word.leaver),
        )
        for word in words
    ]


def _leaving_with(companies: list[_Company], unions: Unions) -> list[Word]:
    """The words on what leaves with others, a word on each strand: mostly observations made it one."""
    strand = unions.joined()
    wholes: dict[int, set[Bits]] = {}
    words: list[Word] = []
    for one in companies:
        if id(one.atoms) not in wholes:
            wholes[id(one.atoms)] = {strand.get(atom, atom) for atom in one.atoms}
        keeper = strand.get(one.keeper, one.keeper)
        words += [Word(one.decision, keeper, whole, whole) for whole in wholes[id(one.atoms)]]
    return words


def _lasting(words: list[Word], times: _Times) -> list[Word]:
    """Of the words on each pair those that no other of them follows."""
    by_pair: dict[Bits, list[Word]] = {}
    for word in words:
        by_pair.setdefault(word.one | word.other, []).append(word)
    decisions = dict.fromkeys([word.decision for word in words])
    bits = {node: times.bits([node]) for node in decisions}
    above = {node: times.above([node]) for node in decisions}
    lasting: list[Word] = []
    for said in by_pair.values():
        all_of_them = 0
        for word in said if len(said) > 1 else ():
            all_of_them |= bits[word.decision]
        lasting += [word for word in said if not above[word.decision] & all_of_them] if all_of_them else said
    return lasting


def _consistent(words: list[Word], times: _Times) -> tuple[list[Word], list[Word]]:
    """The words that hold together, and those that do not."""
    if not any(word.leaver for word in words):
        return words, []
    stars: dict[Node, Star] = {}
    bits: dict[Bits, int] = {}
    others: dict[Node, int] = {}
    for word in words:
        # All words of a decision have one strand in common, the first one.
        bit = bits.get(word.other) or bits.setdefault(word.other, 1 << len(bits))
        others[word.decision] = others.get(word.decision, 0) | bit
        if word.decision not in stars:
            centre = bits.get(word.one) or bits.setdefault(word.one, 1 << len(bits))
            stars[word.decision] = Star(times.bits([word.decision]), centre, 0, bool(word.leaver))
    above = {star.decision: times.above([node]) for node, star in stars.items()}
    gone = contradicting([star._replace(others=others[node]) for node, star in stars.items()], above)
    taken = {node for node, star in stars.items() if star.decision & gone}
    return [word for word in words if word.decision not in taken], [word for word in words if word.decision in taken]


def _apply(decided: Decided) -> None:
    for word in decided.holding:
        if not word.leaver:
            decided.strands.join(word.pair)
    for word in decided.holding:
        if word.named is not None:
            strand = decided.strands.whole(word.leaver)
            decided.left[strand] = min(word.named, decided.left.get(strand, word.named))


def _join_stayer(still_open: _Open, roots: Roots, decided: Decided, spoken_of: Set[Bits]) -> None:
    """What was observed under a uuid and nobody has named belongs to the strand that stayed, where it is one."""
    uuid, unnamed, named = still_open
    staying = {decided.strands.whole(atom) for atom in named if decided.resides(atom, uuid, roots)}
    if len(staying) == 1 and unnamed not in spoken_of:
        decided.strands.join((*staying, unnamed))
