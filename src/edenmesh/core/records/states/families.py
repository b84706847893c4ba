"""Families: the records that the strands of one uuid make, and where each resides (design, section 2.5).

A strand that people told apart from the one that keeps the uuid is a record of its own, under `left_uuid` of the first
version by which they named it. Its versions stand under either uuid and are always looked at together, so a decision
that is undone loses nothing: the strand is back where it was, with all that was written meanwhile. A **family** is all
versions under the uuids that decisions link so; nearly every family is one record with one strand.

Cost: of a record whose versions all descend from one first version, none.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from msgspec.structs import replace

from edenmesh.core.ids import VersionId, tagged_hash
from edenmesh.core.records.history import History, Node, nodes_above, nodes_below
from edenmesh.core.records.states.decisions import decided_by
from edenmesh.core.records.states.state import RecordState
from edenmesh.core.records.states.strands import Bits, Roots, bits_of, is_decision, is_observed, is_only_decision
from edenmesh.core.records.versions import OBSERVE, Reference, Version, left_uuid


class Residence(NamedTuple):
    """One uuid of a family: the nodes of each strand that resides there, in causal order, strands by first id.

    `versions` are all that belong to it, those that wait or do not count among them; `contradictions` are decisions on
    these strands that contradict each other. `is_shared`: there are further strands in the family. `heads` has those of
    each strand, where they are known already, and `saying` its nodes without those that only decide about strands.
    """

    uuid: str
    strands: list[list[Node]]
    versions: Mapping[VersionId, Version]
    contradictions: tuple[VersionId, ...] = ()
    is_shared: bool = False
    heads: Sequence[list[Node]] = ()
    saying: Sequence[list[Node]] = ()


def family_uuids(versions: Mapping[VersionId, Version]) -> set[str]:
    """The further uuids to look under: where the first versions among these would reside that decisions let leave.

    To be asked again with what is found there, until nothing is new: a leaver may have been contested in its turn.
    Whether the decision holds, was undone or waits makes no difference, so that nothing is ever lost from sight. Uuids
    that one version links are one family, from whichever of them one starts.
    """
    named = {one for version in versions.values() if is_decision(version) for one in version.resolution.leaves}
    uuids = {left_uuid(one) for one in named if one in versions and not versions[one].parents}
    return uuids - {version.uuid for version in versions.values()}


def residence(reference: Reference, states_of: Callable[[str, str], Iterable[RecordState]]) -> tuple[str, str]:
    """Table and uuid of the record that a reference means now.

    One that names a strand follows it to where it resides; without, it means the uuid, and where nothing resides under
    that any more, because a decision was undone, the strand that had left for it. `states_of` gives the states of the
    family of a table and uuid. What that record refers to in its turn is not asked, so nothing goes in circles.
    """
    states = [state for state in states_of(reference.table, reference.uuid) if state.strands]
    if reference.strand:
        named = VersionId(reference.strand)
        found = [state.uuid for state in states if any(named in strand.firsts for strand in state.strands)]
    else:
        found = [state.uuid for state in states if state.uuid == reference.uuid] or [
            state.uuid
            for state in states
            if any(left_uuid(one) == reference.uuid for strand in state.strands for one in strand.firsts)
        ]
    return reference.table, min(found, default=reference.uuid)


def versions_at(
    versions: Mapping[VersionId, Version], uuid: str, uncounted: Set[VersionId] = frozenset()
) -> Mapping[VersionId, Version]:
    """The versions that make up one record of a family, as if the record had always been alone and under its uuid.

    For questions that are asked of one record: what to observe, what was delivered, what is open. What follows only
    versions of other strands begins anew, and an observation under another uuid is one of another place: its
    destination is another. Where there is one record in the family, these are its very versions.
    """
    return versions_by_uuid(versions, [uuid], uncounted)[uuid]


def versions_by_uuid(
    versions: Mapping[VersionId, Version], uuids: Iterable[str], uncounted: Set[VersionId] = frozenset()
) -> dict[str, Mapping[VersionId, Version]]:
    """The same for several records of the family, for which who resides where is found once."""
    residences = residences_of(History(versions, uncounted))
    if len(residences) == 1:
        return {uuid: versions if residences[0].uuid == uuid else {} for uuid in uuids}
    records = {one.uuid: one for one in residences}
    return {uuid: _apart(records[uuid], versions) if uuid in records else {} for uuid in uuids}


def _apart(record: Residence, versions: Mapping[VersionId, Version]) -> Mapping[VersionId, Version]:
    strand_of = {one: nodes[0].id for nodes in record.strands for node in nodes for one in node.equals}
    return {one: _alone(version, record, versions, strand_of.get(one, one)) for one, version in record.versions.items()}


def _alone(version: Version, record: Residence, versions: Mapping[VersionId, Version], strand: VersionId) -> Version:
    parents = [one for one in version.parents if one in record.versions or one not in versions]
    about, uuid = version.about, record.uuid
    if version.uuid != uuid and version.op == OBSERVE and version.is_understood:
        destination = version.observation.destination
        about = {**about, "destination": tagged_hash("elsewhere", destination, version.uuid.encode())}
    if version.parents and not parents:
        parents = [strand]
    elif not version.parents and version.op == OBSERVE:
        about = {**about, "strand": strand}
    return replace(version, about=about, parents=parents, uuid=uuid)


def residences_of(history: History) -> list[Residence]:
    """The records of a family by uuid: where strands reside, and where versions stand that are in no strand."""
    if len(history.firsts) == 1 and not history.waiting:
        first = history.firsts[0]
        strands = [history.nodes] if first.is_counted or any(node.is_counted for node in history) else []
        return [Residence(first.version.uuid, strands, history.versions)]
    return _Family(history).residences()


class _Within(NamedTuple):
    """The strands that nodes are in, also as bits, and the uuids where these reside."""

    strands: list[Bits]
    bits: int
    uuids: set[str]


class _Listed(NamedTuple):
    """The nodes of one strand, those of them that say something of what it holds, and its heads."""

    nodes: list[Node]
    saying: list[Node]
    heads: list[Node]


class _Family:
    """Several strands, or versions that wait."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._roots = Roots(history)
        self._decided = decided_by(self._roots)
        self._atoms = {self._decided.strands.whole(group[0]): group for group in self._decided.strands.groups()}
        self._bits = {strand: sum(atoms) for strand, atoms in self._atoms.items()}
        self._strand_of = {bit: strand for strand, bits in self._bits.items() for bit in bits_of(bits)}
        self._uuid_of = {strand: self._uuid(strand) for strand in self._atoms}
        self._at: dict[str, list[Bits]] = {}
        for strand, uuid in self._uuid_of.items():
            self._at.setdefault(uuid, []).append(strand)
        parting = [node for node in history if is_decision(node.version) and node.version.resolution.leaves]
        self._knowing = nodes_above(parting, history.nodes) if parting else set()
        self._settled: dict[frozenset[Node], set[Node]] = {}
        self._leaving: dict[Bits, set[Node]] = {}
        self._keepers: dict[str, set[Bits]] = {}
        self._by_roots: dict[Bits, list[Bits]] = {}
        self._number = {strand: number for number, strand in enumerate(self._atoms)}
        if len(self._at) > 1:
            self._note_parting()

    def residences(self) -> list[Residence]:
        """All that is in the family, by uuid."""
        listed = {strand: _Listed([], [], []) for strand in self._atoms}
        inside: dict[str, set[VersionId]] = {uuid: set() for uuid in self._at}
        everywhere: set[VersionId] = set()
        within: dict[Node, int] = {}
        for place, nodes in self._runs():
            within.update(dict.fromkeys(nodes, place.bits))
            saying = [node for node in nodes if not is_only_decision(node.version)]
            for strand in place.strands:
                listed[strand].nodes.extend(nodes)
                listed[strand].saying.extend(saying)
            ids = [one for node in nodes for one in node.equals]
            for uuid in place.uuids:
                inside[uuid].update(ids)
            everywhere.update(ids if place.strands else ())
        for one, version in self._history.versions.items():
            if one not in everywhere:
                inside.setdefault(version.uuid, set()).add(one)
        self._list_heads(within, listed)
        contradicting = self._contradicting()
        return [
            self._residence(uuid, inside[uuid], listed)._replace(
                contradictions=tuple(sorted(contradicting.get(uuid, ())))
            )
            for uuid in sorted(inside)
        ]

    def _runs(self) -> Iterator[tuple[_Within, list[Node]]]:
        """All nodes in order, those together that stand side by side and are in the same strands.

        Where people decided about many strands, one decision after the other is in all of them.
        """
        run: list[Node] = []
        place = _Within([], 0, set())
        for node in self._history:
            strands = self._strands_of(node)
            if strands is not place.strands:
                yield place, run
                place, run = self._within(strands), []
            run.append(node)
        yield place, run

    def _within(self, strands: list[Bits]) -> _Within:
        bits = sum(1 << self._number[strand] for strand in strands)
        return _Within(strands, bits, {self._uuid_of[strand] for strand in strands})

    def _list_heads(self, within: Mapping[Node, int], listed: Mapping[Bits, _Listed]) -> None:
        followed = self._followed(within)
        strands = list(self._atoms)
        for node in self._history:
            if node.is_counted:
                for bit in bits_of(within[node] & ~followed.get(node, 0)):
                    listed[strands[bit.bit_length() - 1]].heads.append(node)

    def _followed(self, within: Mapping[Node, int]) -> dict[Node, int]:
        """For each node the strands in which one that counts follows it. `within` has the strands it is in.

        Asked of all strands at once: where people decided about many, one decision is in all of them and follows all.
        """
        followed: dict[Node, int] = {}
        for node in reversed(self._history.nodes):
            strands = within[node] if node.is_counted else within[node] & followed.get(node, 0)
            if strands:
                for parent in node.parents:
                    followed[parent] = followed.get(parent, 0) | strands
        return followed

    def _contradicting(self) -> dict[str, set[VersionId]]:
        """By uuid, decisions on strands there that contradict each other."""
        whole = self._decided.strands.whole
        ends: dict[Bits, set[VersionId]] = {}
        for word in self._decided.contradicting:
            ends.setdefault(word.one, set()).add(word.decision.id)
            ends.setdefault(word.other, set()).add(word.decision.id)
        found: dict[str, set[VersionId]] = {}
        for end, decisions in ends.items():
            found.setdefault(self._uuid_of[whole(end)], set()).update(decisions)
        return found

    def _residence(self, uuid: str, inside: set[VersionId], listed: Mapping[Bits, _Listed]) -> Residence:
        ordered = {strand: self._in_order(strand, listed[strand].nodes) for strand in self._at.get(uuid, ())}
        strands = sorted(ordered, key=lambda strand: ordered[strand][0].id)
        versions = self._history.versions
        if len(inside) < len(versions):
            versions = {one: versions[one] for one in inside}
        return Residence(
            uuid,
            [ordered[strand] for strand in strands],
            versions,
            is_shared=len(self._atoms) > 1,
            heads=[listed[strand].heads for strand in strands],
            saying=[self._in_order(strand, listed[strand].saying) for strand in strands],
        )

    def _uuid(self, strand: Bits) -> str:
        """Where a strand resides: where it left for, else where it was born.

        Born under several uuids is what people called the same after it left: it comes back to the first of them.
        """
        name = self._decided.name_left(strand)
        if name is not None:
            return left_uuid(name)
        homes = {self._roots.home(atom) for atom in self._atoms[strand]}
        return min({uuid for uuid in homes if not self._roots.left.get(uuid, 0) & self._bits[strand]} or homes)

    def _strands_of(self, node: Node) -> list[Bits]:
        """The strands that a node is in: those it speaks of."""
        roots = self._roots.of[node] & self._roots.alive
        if roots not in self._by_roots:
            self._by_roots[roots] = self._strands_from(roots)
        strands = self._by_roots[roots]
        if len(strands) == 1 and self._is_of_stayer(node, strands[0]):
            return self._staying(node.version.uuid) or strands
        if len(strands) > 1 and node in self._knowing and not is_decision(node.version):
            # Whoever knew that strands were told apart meant those that reside under the uuid they wrote.
            return [strand for strand in strands if self._uuid_of[strand] == node.version.uuid] or strands
        return strands

    def _strands_from(self, roots: Bits) -> list[Bits]:
        if roots.bit_count() > len(self._atoms):
            return [strand for strand, bits in self._bits.items() if bits & roots]
        return list(dict.fromkeys(self._strand_of[bit] for bit in bits_of(roots)))

    def _is_of_stayer(self, node: Node, strand: Bits) -> bool:
        """Whether an observation by somebody who had not heard that a strand left speaks of the one that stayed.

        The server may have been given that one meanwhile. What was observed before the decision is the leaver's.
        """
        uuid, history = node.version.uuid, self._history
        if len(self._at) == 1 or not node.parents or not is_observed(node, history) or "strand" in node.version.about:
            return False
        if self._uuid_of[strand] == uuid or uuid not in {self._roots.home(atom) for atom in self._atoms[strand]}:
            return False
        deciding = frozenset(self._leaving.get(strand, ()))
        if deciding not in self._settled:
            self._settled[deciding] = nodes_below(deciding)
        return node not in self._settled[deciding]

    def _staying(self, uuid: str) -> list[Bits]:
        """The strand that keeps a uuid by decision, where it is one."""
        staying = self._keepers.get(uuid, set())
        return list(staying) if len(staying) == 1 else []

    def _note_parting(self) -> None:
        """Note by which decisions strands left, and who keeps a uuid by one."""
        whole = self._decided.strands.whole
        for word in self._decided.holding:
            if word.leaver:
                keeper = whole(word.keeper)
                self._leaving.setdefault(whole(word.leaver), set()).add(word.decision)
                self._keepers.setdefault(self._uuid_of[keeper], set()).add(keeper)

    def _in_order(self, strand: Bits, nodes: list[Node]) -> list[Node]:
        """In causal order, and first what the strand begins with: its name. Firsts stand before all others."""
        count = next((number for number, node in enumerate(nodes) if node.parents), len(nodes))
        firsts = nodes[:count]
        begins = [node for node in firsts if self._roots.begins(node)]
        if len(begins) == count:
            return nodes
        return begins + [node for node in firsts if not self._roots.begins(node)] + nodes[count:]
