"""What a set of charter entries means: which are kept, which were taken, which of those are in force.

The rules (design, section 2.1), "below" meaning "in the causal past of":

- An entry is *kept* if its actor was a member, and *taken* if the actor had the right, judged by what is below the
  entry and by nothing else. Neither changes when more entries come. All below an entry is of its own mesh, or below
  the entry that founds this; one that founds it on the heads of others is kept if a steward of each signed it.
- A right comes from a *grant* (found, admit, roles given). It ends by a leave or a *taking* (revoke, roles taken) that
  the grant is not above. Nothing is above a revocation in this sense: a revoked key never returns.
- A taking strikes every use of the right it takes, except what it *spares*: what is below it or, where it names an
  earlier point, what is in or below that point. A use also falls when no grant of its right is left.
- Takings rank founder, steward, admitter, and the founder of a mesh above those of the meshes it continues. Whether
  one holds is decided against the takings of higher ranks alone, and everything else against all that hold: so there is
  no circle of strikes, not even through the grants on which equals rest, and the ranks are worked out one after the
  other.
- Endings (leaves and takings) reach across meshes only as `meshes` says.

Sets of endings are bit masks in one integer. Whether an entry stands while certain takings hold
is worked out once for each set of those that can matter to it: that strike it or something it rests on. So to revoke
one of the many who only collect data asks nothing anew. Cost: about 50 us an entry.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from edenmesh.core.ids import MeshId
from edenmesh.core.trust.acts import CONTINUED_MAX, Admit, Found, Leave, Revoke, Roles
from edenmesh.core.trust.causality import Pasts
from edenmesh.core.trust.entry import CharterEntry
from edenmesh.core.trust.meshes import Meshes
from edenmesh.core.trust.rights import ROLE_RIGHTS, Case, Claim, Place, Right, given_by, needed_for
from edenmesh.core.trust.stewarding import Confirm, Erase

_EVERYTHING: Final = -1
"""The mask of all entries, or of all endings, however many come."""


class Meaning:
    """The meaning of entries in causal order: those of one mesh, and all that is below the entry that founds it.

    `kept`, `taken` and `in_force` say so of the entry at each position, `by_steward` whether its actor was one there.
    """

    def __init__(self, entries: Sequence[CharterEntry], mesh: MeshId | None) -> None:
        self._entries = entries
        self._mesh = mesh
        self._end = Place(_EVERYTHING, _EVERYTHING, mesh)
        self._meshes = Meshes(entries)
        self._pasts = Pasts(entries, [one for entry in entries for one in _point(entry)])
        self._cases: list[Case] = []
        self._grants: dict[tuple[bytes, Right], list[int]] = defaultdict(list)
        self._admissions: dict[tuple[bytes, bytes], list[int]] = defaultdict(list)
        self._uses: dict[bytes, list[int]] = defaultdict(list)
        self._endings: list[int] = []
        self._bits: dict[int, int] = {}
        self._leaves: dict[bytes, int] = defaultdict(int)
        self._revocations: dict[bytes, int] = defaultdict(int)
        self._role_takings: dict[tuple[bytes, Right], int] = defaultdict(int)
        self._takings = 0
        self._founder_takings: dict[MeshId, int] = defaultdict(int)
        self._takings_of: dict[bytes, int] = defaultdict(int)
        self._relevant = [0] * len(entries)
        self._dependents: dict[int, list[int]] = defaultdict(list)
        self._spared = [0] * len(entries)
        self._holding: dict[int, int] = {}
        self._holding_by: dict[tuple[Right, int, int], bool] = {}
        self._standing: dict[tuple[int, int], bool] = {}
        self.kept: list[bool] = []
        self.taken: list[bool] = []
        self.by_steward: list[bool] = []
        for position in range(len(entries)):
            self._judge(position)
        self._held = self._hold(self._takings)
        self.in_force = [self._is_in_force(position) for position in range(len(entries))]

    @property
    def founder(self) -> bytes | None:
        """The device that founded the mesh."""
        position = self._meshes.found_position(self._mesh)
        return None if position is None else self._entries[position].actor

    @property
    def meshes(self) -> list[MeshId]:
        """The meshes that this one continues, and then it."""
        return self._meshes.newest_first[::-1]

    def rights(self, device: bytes) -> frozenset[Right]:
        """The rights of the device after all these entries; none for one that is no member."""
        claims = (self._claim(device, right, self._end) for right in Right)
        rights = frozenset(claim.right for claim in claims if claim.grants and self._is_left(claim, 0, self._held))
        return rights if Right.MEMBER in rights else frozenset()

    def is_revoked(self, device: bytes) -> bool:
        """Whether a revocation of the device holds."""
        return bool(self._revocations.get(device, 0) & self._held)

    def has_held(self, device: bytes, right: Right) -> bool:
        """Whether the device was given the right and it was not taken since, whether or not it still belongs."""
        ends = self._role_takings.get((device, right), 0) & self._held
        return any(self._outlives(one, ends, self._held) for one in self._grants.get((device, right), ()))

    def has_admitted(self, device: bytes, other: bytes) -> bool:
        """Whether an admission of the other by the device is in force."""
        return any(self.in_force[one] for one in self._admissions.get((device, other), ()))

    def _judge(self, position: int) -> None:
        """Decide whether the next entry is kept and taken, and note what it changes for those above it."""
        entry = self._entries[position]
        parents = [self._pasts.positions[parent] for parent in entry.parents]
        below_each = self._places_below(entry)
        past, below = self._pasts.next(position), 0
        for mesh_below in below_each.values():
            below |= mesh_below.below
        place = Place(past, below, entry.mesh)
        membership = Claim(entry.actor, Right.MEMBER, (), 0)
        if not isinstance(entry.act, Found):
            membership = self._claim(entry.actor, Right.MEMBER, place)
        self._cases.append(Case(membership, tuple(self._claims(entry, place)), below))
        held = self._hold(below & self._takings)
        is_steward = self._has(entry.actor, Right.STEWARD, place, held)
        is_kept = all(self.kept[one] for one in parents) and (
            self._may_found(entry.act, below_each)
            if isinstance(entry.act, Found)
            else below_each.keys() == {entry.mesh} and self._is_left(membership, 0, held)
        )
        is_fit = entry.act is not None and self._speaks_of_what_is_below(entry, past)
        is_taken = is_kept and is_fit and self._is_supported(position, held)
        self.kept.append(is_kept)
        self.taken.append(is_taken)
        self.by_steward.append(is_steward)
        if is_taken:
            self._note_use(position, entry)
            self._note_grants(position, entry)
            self._note_found(position, place)
            self._note_leave(position, entry)
            self._note_taking(position, entry, place=place, held=held)

    def _places_below(self, entry: CharterEntry) -> dict[MeshId, Place]:
        """What the entry stands on, by the meshes that its parents name. To be asked before its past is taken over."""
        places: dict[MeshId, Place] = {}
        for parent in entry.parents:
            position = self._pasts.positions[parent]
            mesh = self._meshes.of(position)
            past, below, _ = places.get(mesh, Place(0, 0, mesh))
            below |= self._cases[position].below | self._bits.get(position, 0)
            places[mesh] = Place(past | self._pasts.closure(parent), below, mesh)
        return places

    def _may_found(self, act: Found, places: dict[MeshId, Place]) -> bool:
        """Whether a steward of each mesh that is continued signed, and none of them has barred the founder."""
        for place in places.values():
            held = self._hold(place.below & self._takings)
            if self._revocations.get(act.device, 0) & held or not any(
                self._has(steward, Right.MEMBER, place, held) and self._has(steward, Right.STEWARD, place, held)
                for steward in act.stewards
            ):
                return False
        return len(places) <= CONTINUED_MAX

    def _speaks_of_what_is_below(self, entry: CharterEntry, past: int) -> bool:
        """Whether the point of a taking is below it, and the erasure that a second steward confirms."""
        positions = self._pasts.positions
        if isinstance(entry.act, Confirm):
            confirmed = positions.get(entry.act.entry, len(self.taken))
            return (
                bool(past >> confirmed & 1)
                and self.taken[confirmed]
                and isinstance(self._entries[confirmed].act, Erase)
                and self._entries[confirmed].actor != entry.actor
            )
        return all(past >> positions.get(one, len(self.taken)) & 1 for one in _point(entry))

    def _claims(self, entry: CharterEntry, place: Place) -> Iterator[Claim]:
        """The rights any one of which allows the act; none where membership is enough."""
        for right in needed_for(entry.act):
            if isinstance(entry.act, Revoke) and right is Right.ADMITTER:
                admissions = self._admissions.get((entry.actor, entry.act.device), ())
                yield Claim(entry.actor, right, tuple(one for one in admissions if place.past >> one & 1), 0)
            else:
                yield self._claim(entry.actor, right, place)

    def _claim(self, device: bytes, right: Right, place: Place) -> Claim:
        grants: Iterable[int] = self._grants.get((device, right), ())
        if right is Right.FOUNDER:
            # Who founded a mesh that is continued is its founder no more.
            founded = self._meshes.found_position(place.mesh)
            grants = [one for one in grants if one == founded]
        below = tuple(one for one in grants if place.past >> one & 1)
        return Claim(device, right, below, self._leaves.get(device, 0) & place.below)

    def _has(self, device: bytes, right: Right, place: Place, held: int) -> bool:
        claim = self._claim(device, right, place)
        return bool(claim.grants) and self._is_left(claim, 0, held)

    def _note_use(self, position: int, entry: CharterEntry) -> None:
        self._uses[entry.actor].append(position)
        self._relevant[position] |= self._takings_of.get(entry.actor, 0)
        for one in self._rests_on(position):
            self._dependents[one].append(position)
            self._relevant[position] |= self._relevant[one]

    def _note_grants(self, position: int, entry: CharterEntry) -> None:
        device, rights = given_by(entry.act)
        for right in rights:
            self._grants[device, right].append(position)
        if isinstance(entry.act, Admit):
            self._admissions[entry.actor, device].append(position)

    def _note_found(self, position: int, place: Place) -> None:
        if isinstance(self._entries[position].act, Found):
            self._meshes.note_found(position, place.past, place.below)

    def _note_leave(self, position: int, entry: CharterEntry) -> None:
        if isinstance(entry.act, Leave):
            self._leaves[entry.actor] |= self._next_bit(position)

    def _note_taking(self, position: int, entry: CharterEntry, *, place: Place, held: int) -> None:
        act = entry.act
        if not isinstance(act, Revoke | Roles) or (isinstance(act, Roles) and act.give):
            return
        bit = self._next_bit(position)
        self._takings |= bit
        self._takings_of[act.device] |= bit
        if self._has(entry.actor, Right.FOUNDER, place, held):
            self._founder_takings[entry.mesh] |= bit
        if isinstance(act, Revoke):
            self._revocations[act.device] |= bit
        else:
            for role in ROLE_RIGHTS.keys() & set(act.take):
                self._role_takings[act.device, ROLE_RIGHTS[role]] |= bit
        spared = place.past
        if act.point:
            spared = 0
            for one in act.point:
                spared |= self._pasts.closure(one)
        struck = []
        for use in self._uses.get(act.device, ()):
            if spared >> use & 1:
                self._spared[use] |= bit
            else:
                struck.append(use)
        self._spread(bit, struck)

    def _spread(self, bit: int, struck: list[int]) -> None:
        """Note that a taking matters to what it strikes, and to all that rests on that."""
        while struck:
            one = struck.pop()
            if not self._relevant[one] & bit:
                self._relevant[one] |= bit
                struck += self._dependents.get(one, ())

    def _next_bit(self, position: int) -> int:
        bit = self._bits[position] = 1 << len(self._endings)
        self._endings.append(position)
        self._meshes.note_ending(position, bit)
        return bit

    def _hold(self, takings: int) -> int:
        """Those of these takings that hold, rank by rank."""
        held = self._holding.get(takings)
        if held is None:
            held = by_founders = 0
            for mesh in self._meshes.newest_first:
                theirs = takings & self._founder_takings[mesh]
                by_founders |= theirs
                held |= sum(1 << bit for bit in _bits(theirs) if not self._is_barred(self._endings[bit], held))
            for right in (Right.STEWARD, Right.ADMITTER):
                open_takings = _bits(takings & ~by_founders & ~held)
                held |= sum(1 << bit for bit in open_takings if self._holds_by(right, self._endings[bit], held))
            self._holding[takings] = held
        return held

    def _is_barred(self, position: int, held: int) -> bool:
        """Whether a revocation among these takings strikes what the entry's actor did there."""
        return bool(held & ~self._spares(position) & self._revocations.get(self._entries[position].actor, 0))

    def _spares(self, position: int) -> int:
        """The takings that leave a use alone: it is below them, or they do not reach it."""
        return self._spared[position] | ~self._meshes.reaching(position)

    def _holds_by(self, right: Right, position: int, held: int) -> bool:
        """Whether a taking has what it rests on, the right among it, when these takings hold."""
        question = right, position, held & self._relevant[position]
        if question not in self._holding_by:
            case, spared = self._cases[position], self._spares(position)
            claims = [case.membership, *(claim for claim in case.claims if claim.right is right)]
            self._holding_by[question] = len(claims) > 1 and all(self._is_left(one, spared, held) for one in claims)
        return self._holding_by[question]

    def _is_left(self, claim: Claim, spared: int, held: int) -> bool:
        """Whether a use that these takings spare still has the right, when those hold."""
        striking = held & ~spared
        if striking & self._revocations.get(claim.device, 0):
            return False
        ends = striking & self._role_takings.get((claim.device, claim.right), 0)
        if claim.leaves:
            ends |= sum(1 << bit for bit in _bits(claim.leaves) if self._stands(self._endings[bit], held))
        return any(self._outlives(one, ends, held) for one in claim.grants)

    def _outlives(self, grant: int, ends: int, held: int) -> bool:
        """Whether a grant stands, and is above each of these endings that reaches it."""
        ends &= ~self._cases[grant].below
        return not (ends and ends & self._meshes.reaching(grant)) and self._stands(grant, held)

    def _is_supported(self, position: int, held: int) -> bool:
        """Whether the entry has all it rests on, when these takings hold; what it rests on may not stand itself."""
        if isinstance(self._entries[position].act, Found):
            return True
        case, spared = self._cases[position], self._spares(position)
        return self._is_left(case.membership, spared, held) and (
            not case.claims or any(self._is_left(claim, spared, held) for claim in case.claims)
        )

    def _stands(self, position: int, held: int) -> bool:
        """Whether a taken grant or leave is in force when these takings hold. Chains are long: no recursion."""
        known, relevant = self._standing, self._relevant
        question = position, held & relevant[position]
        pending = [position] if question not in known else []
        while pending:
            unknown = [one for one in self._rests_on(pending[-1]) if (one, held & relevant[one]) not in known]
            pending += unknown
            if not unknown:
                one = pending.pop()
                known[one, held & relevant[one]] = self._is_supported(one, held)
        return known[question]

    def _rests_on(self, position: int) -> Iterator[int]:
        case = self._cases[position]
        for claim in (case.membership, *case.claims):
            yield from claim.grants
            if claim.leaves:
                yield from (self._endings[bit] for bit in _bits(claim.leaves))

    def _is_in_force(self, position: int) -> bool:
        if position in self._bits and self._bits[position] & self._takings:
            return bool(self._bits[position] & self._held)
        return self.taken[position] and self._stands(position, self._held)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _point(entry: CharterEntry) -> tuple[bytes, ...]:
    return entry.act.point if isinstance(entry.act, Revoke | Roles) else ()
