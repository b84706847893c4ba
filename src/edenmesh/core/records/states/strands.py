"""Which strands the versions of one family form, before anybody has decided about them (design, section 2.5).

A strand is what hangs together from one first version. Two are one where their first versions have equal content under
one uuid. The observations under one uuid belong together, and to the strand that owns the uuid if there is one; not so
where a decision tells apart what they follow (`observed_together`). First versions from which nothing that counts
descends begin no strand: a quarantined version alone contests nothing.

A version is in the strands it descends from. One that names in `about.strand` the strand it speaks of is in that one
alone: once people have decided about two strands they share their past, and what was seen does not tell any more which
of them is meant. So is a version under the uuid that a strand would leave for.

First nodes are counted off as bits, so a set of them is one number.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from edenmesh.core.records.history import History, Node, content_of
from edenmesh.core.records.versions import OBSERVE, RESOLVE, Version, left_uuid, owns_uuid

Bits: TypeAlias = int
"""A set of first nodes."""


def is_decision(version: Version) -> bool:
    """Whether the version says of strands that they are the same or different."""
    return version.op == RESOLVE and ("same" in version.about or "leaves" in version.about) and version.is_understood


def is_only_parting(version: Version) -> bool:
    """Whether the version tells strands apart and says nothing of what they hold: it lifts no retract, nor edits."""
    has_values = version.set or version.unset or version.add or version.remove
    return version.op == RESOLVE and "leaves" in version.about and version.is_understood and not has_values


def is_only_decision(version: Version) -> bool:
    """Whether the version says of strands that they are the same or different, and nothing of what they hold."""
    return is_decision(version) and not (version.set or version.unset or version.add or version.remove)


class Roots:
    """The first nodes of one history, which of them each node speaks of, and which have equal content.

    `atoms` are the strands as content alone makes them; `left` has the bits of those that would leave for a uuid.
    """

    def __init__(self, history: History) -> None:
        self.history: Final = history
        self._bit_of: Final = {node: 1 << number for number, node in enumerate(history.firsts)}
        self._node_of: Final = {bit: node for node, bit in self._bit_of.items()}
        has_uuids = len({node.version.uuid for node in history.nodes}) > 1
        self.left: Final = self._left_uuids() if has_uuids else {}
        self.of: Final = self._spoken_of()
        alive = 0
        for node in history:
            if node.is_counted:
                alive |= self.of[node]
        self.alive: Final = alive
        self._by_content: Final = self._equal_firsts()
        self.atoms: Final = list(self._by_content.values())
        self._atom_of: Final = {bit: atom for atom in self.atoms for bit in bits_of(atom)}

    def atom(self, first: bytes) -> Bits:
        """The atom that a first version stands for; nothing where the id names no strand here."""
        node = self.history.node(first)
        return self._atom_of.get(self.of[node], 0) if node is not None and not node.parents else 0

    def firsts(self, bits: Bits) -> Iterator[Node]:
        """The first nodes of a set."""
        return (self._node_of[bit] for bit in bits_of(bits))

    def begins(self, first: Node) -> bool:
        """Whether a first node begins a strand, rather than speaking of another one."""
        return self.of[first] == self._bit_of[first]

    def only_atom(self, bits: Bits) -> Bits:
        """The atom that has first nodes in a set, where it is one; else nothing."""
        bits &= self.alive
        atom = self._atom_of[bits & -bits] if bits else 0
        return 0 if bits & ~atom else atom

    def home(self, atom: Bits) -> str:
        """The uuid under which the first versions of an atom stand."""
        return self._node_of[atom & -atom].version.uuid

    def _left_uuids(self) -> dict[str, Bits]:
        return {left_uuid(one): bit for node, bit in self._bit_of.items() for one in node.equals}

    def _spoken_of(self) -> dict[Node, Bits]:
        of = dict(self._bit_of)
        for node in self.history.firsts:
            if _speaks_of_another(node):
                of[node] = self._named(node, self._bit_of) or of[node]
        for node in self.history.nodes[len(of) :]:
            bits = 0
            for parent in node.parents:
                bits |= of[parent]
            of[node] = self._narrowed(node, bits, of) if self.left or "strand" in node.version.about else bits
        return of

    def _narrowed(self, node: Node, bits: Bits, of: Mapping[Node, Bits]) -> Bits:
        """What a version speaks of that says so, by name or by the uuid it stands under."""
        version = node.version
        if is_decision(version) or not version.is_understood:
            return bits
        left = self.left.get(version.uuid, 0)
        return self._named(node, of) or (left if left & bits else bits)

    def _named(self, node: Node, of: Mapping[Node, Bits]) -> Bits:
        """The first node that a version names as its strand."""
        name = node.version.about.get("strand")
        named = self.history.node(name) if isinstance(name, bytes) else None
        if named is None or named.parents or (not node.parents and _speaks_of_another(named)):
            return 0
        return of[named]

    def _equal_firsts(self) -> dict[Hashable, Bits]:
        same: dict[Hashable, Bits] = {}
        for node, bit in self._bit_of.items():
            if self.alive & bit and self.of[node] == bit:
                key = self._content(node, node.version.uuid)
                same[key] = same.get(key, 0) | bit
        return same

    def equal_where_left(self) -> Iterator[tuple[Bits, Bits]]:
        """Pairs of atoms: one would leave for the uuid under which another one has equal content."""
        for uuid, bit in self.left.items():
            there = self._by_content.get(self._content(self._node_of[bit], uuid))
            if there is not None and bit & self.alive:
                yield self._atom_of[bit], there

    def _content(self, node: Node, uuid: str) -> Hashable:
        # A server that has gone back to a first content does not begin with it.
        is_beginning = node.version.is_understood and "after" not in node.version.about
        return (content_of(node.version), uuid) if is_beginning else node.id


def observed_together(roots: Roots) -> dict[str, dict[Bits, list[Node]]]:
    """For each uuid that was observed: the atoms that its observations make one, with those that own it.

    With each atom stand the observations that speak of it alone, or the first versions that own the uuid.
    """
    together: dict[str, dict[Bits, list[Node]]] = {}
    for node in roots.history:
        if is_observed(node, roots.history):
            atom = roots.only_atom(roots.of[node])
            if atom:
                together.setdefault(node.version.uuid, {}).setdefault(atom, []).append(node)
    if together:
        for atom in roots.atoms:
            for node in roots.firsts(atom):
                if node.version.uuid in together and _owns(node, roots.history):
                    together[node.version.uuid].setdefault(atom, []).append(node)
        for uuid in together.keys() & roots.left.keys():
            for node in roots.firsts(roots.left[uuid] & roots.alive):
                together[uuid].setdefault(roots.atom(node.id), []).append(node)
    return together


def is_observed(node: Node, history: History) -> bool:
    """Whether a node is an observation that counts."""
    if node.version.op != OBSERVE and len(node.equals) == 1:
        return False
    versions = [history.versions[one] for one in node.equals if one not in history.uncounted]
    return any(version.op == OBSERVE and version.is_understood for version in versions)


class Unions:
    """Sets of first nodes that are joined, step by step, to larger ones."""

    def __init__(self, sets: Iterable[Bits]) -> None:
        self._above: Final = {bits: bits for bits in sets}

    def whole(self, one: Bits) -> Bits:
        """The set that stands for all that were joined with this one."""
        while self._above[one] != one:
            self._above[one] = one = self._above[self._above[one]]
        return one

    def join(self, sets: Iterable[Bits]) -> None:
        """Make these one."""
        first = 0
        for one in sets:
            first = first or self.whole(one)
            self._above[self.whole(one)] = first

    def joined(self) -> dict[Bits, Bits]:
        """For those that others stand for: who."""
        return {one: whole for one in self._above if (whole := self.whole(one)) != one}

    def groups(self) -> list[list[Bits]]:
        """What is joined, together."""
        groups: dict[Bits, list[Bits]] = {}
        for one in self._above:
            groups.setdefault(self.whole(one), []).append(one)
        return list(groups.values())


def bits_of(bits: Bits) -> Iterator[Bits]:
    """The single bits of a set."""
    while bits:
        low = bits & -bits
        yield low
        bits ^= low


def _speaks_of_another(node: Node) -> bool:
    """Whether an observation that follows nothing says of which strand it speaks."""
    return node.version.op == OBSERVE and node.version.is_understood and "strand" in node.version.about


def _owns(node: Node, history: History) -> bool:
    return any(owns_uuid(history.versions[one]) for one in node.equals)
