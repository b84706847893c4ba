"""What a set of charter entries means: which are kept, which were taken, which of those are in force.

The rules (design, section 2.1), "below" meaning "in the causal past of":

- An entry is *kept* if its actor was a member, and *taken* if the actor had the right, judged by what is below the
  entry and by nothing else. Neither changes when more entries come.
- A right comes from a *grant* (found, admit, roles given). It ends by a leave or a *taking* (revoke, roles taken) that
  the grant is not above. Nothing is above a revocation in this sense: a revoked key never returns.
- A taking strikes every use of the right it takes, except what it *spares*: what is below it or, where it names an
  earlier point, what is in or below that point. A use also falls when no grant of its right is left.
- Takings rank founder, steward, admitter. Whether one holds is decided against the takings of higher ranks alone, and
  everything else against all that hold: so there is no circle of strikes, not even through the grants on which equals
  rest, and the ranks are worked out one after the other.

Sets of endings (leaves and takings) are bit masks in one integer. Whether an entry stands while certain takings hold
is worked out once for each set of those that can matter to it: that strike it or something it rests on. So to revoke
one of the many who only collect data asks nothing anew. Cost: about 50 us an entry.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import IntEnum, auto
from typing import Final, NamedTuple

from edenmesh.core.trust.acts import GATEWAY, INTRODUCER, STEWARD, Admit, Found, Leave, Revoke, Roles
from edenmesh.core.trust.causality import Pasts
from edenmesh.core.trust.entry import CharterEntry


class Right(IntEnum):
    """What an act can rest on."""

    MEMBER = auto()
    FOUNDER = auto()
    STEWARD = auto()
    INTRODUCER = auto()
    GATEWAY = auto()
    ADMITTER = auto()
    """Having admitted the very device that is to be revoked."""


ROLE_RIGHTS: Final = {STEWARD: Right.STEWARD, INTRODUCER: Right.INTRODUCER, GATEWAY: Right.GATEWAY}
_EVERYTHING: Final = -1
"""The mask of all entries, or of all endings, however many come."""


class Claim(NamedTuple):
    """A right of a device as seen from a place in the charter.

    `grants` are the positions of what gave it, below that place; `leaves` is the mask of the device's leaves there.
    """

    device: bytes
    right: Right
    grants: tuple[int, ...]
    leaves: int


class Case(NamedTuple):
    """What an entry rests on: membership and, where there are claims, any one of them. `below`: endings below it."""

    membership: Claim
    claims: tuple[Claim, ...]
    below: int


class Meaning:
    """The meaning of entries in causal order, the first of which founds the mesh.

    `kept`, `taken` and `in_force` say so of the entry at each position.
    """

    def __init__(self, entries: Sequence[CharterEntry]) -> None:
        self._entries = entries
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
        self._takings = self._founder_takings = 0
        self._takings_of: dict[bytes, int] = defaultdict(int)
        self._relevant = [0] * len(entries)
        self._dependents: dict[int, list[int]] = defaultdict(list)
        self._spared = [0] * len(entries)
        self._holding: dict[int, int] = {}
        self._holding_by: dict[tuple[Right, int, int], bool] = {}
        self._standing: dict[tuple[int, int], bool] = {}
        self.kept: list[bool] = []
        self.taken: list[bool] = []
        for position in range(len(entries)):
            self._judge(position)
        self._held = self._hold(self._takings)
        self.in_force = [self._is_in_force(position) for position in range(len(entries))]

    def rights(self, device: bytes) -> frozenset[Right]:
        """The rights of the device after all these entries; none for one that is no member."""
        claims = (self._claim(device, right, _EVERYTHING, _EVERYTHING) for right in Right)
        rights = frozenset(claim.right for claim in claims if claim.grants and self._is_left(claim, 0, self._held))
        return rights if Right.MEMBER in rights else frozenset()

    def is_revoked(self, device: bytes) -> bool:
        """Whether a revocation of the device holds."""
        return bool(self._revocations.get(device, 0) & self._held)

    def has_admitted(self, device: bytes, other: bytes) -> bool:
        """Whether an admission of the other by the device is in force."""
        return any(self.in_force[one] for one in self._admissions.get((device, other), ()))

    def _judge(self, position: int) -> None:
        """Decide whether the next entry is kept and taken, and note what it changes for those above it."""
        entry = self._entries[position]
        parents = [self._pasts.positions[parent] for parent in entry.parents]
        past, below = self._pasts.next(position), 0
        for parent in parents:
            below |= self._cases[parent].below | self._bits.get(parent, 0)
        membership = self._claim(entry.actor, Right.MEMBER, past, below)
        self._cases.append(Case(membership, tuple(self._claims(entry, past, below)), below))
        held = self._hold(below & self._takings)
        is_kept = not position or (all(self.kept[one] for one in parents) and self._is_left(membership, 0, held))
        point_is_below = all(past >> self._pasts.positions.get(one, position) & 1 for one in _point(entry))
        is_taken = is_kept and entry.act is not None and point_is_below and self._is_supported(position, held)
        self.kept.append(is_kept)
        self.taken.append(is_taken)
        if is_taken:
            self._note_use(position, entry)
            self._note_grants(position, entry)
            self._note_leave(position, entry)
            self._note_taking(position, entry, past=past, held=held)

    def _claims(self, entry: CharterEntry, past: int, below: int) -> Iterator[Claim]:
        """The rights any one of which allows the act; none where membership is enough."""
        actor = entry.actor
        match entry.act:
            case Admit():
                yield self._claim(actor, Right.INTRODUCER, past, below)
            case Roles(give=give, take=take):
                right = Right.FOUNDER if STEWARD in give + take else Right.STEWARD
                yield self._claim(actor, right, past, below)
            case Revoke(device=device):
                yield self._claim(actor, Right.STEWARD, past, below)
                admissions = tuple(one for one in self._admissions.get((actor, device), ()) if past >> one & 1)
                yield Claim(actor, Right.ADMITTER, admissions, 0)
            case _:
                pass

    def _claim(self, device: bytes, right: Right, past: int, below: int) -> Claim:
        grants = tuple(one for one in self._grants.get((device, right), ()) if past >> one & 1)
        return Claim(device, right, grants, self._leaves.get(device, 0) & below)

    def _note_use(self, position: int, entry: CharterEntry) -> None:
        self._uses[entry.actor].append(position)
        self._relevant[position] |= self._takings_of.get(entry.actor, 0)
        for one in self._rests_on(position):
            self._dependents[one].append(position)
            self._relevant[position] |= self._relevant[one]

    def _note_grants(self, position: int, entry: CharterEntry) -> None:
        rights: list[Right] = []
        match entry.act:
            case Found():
                rights = [Right.MEMBER, Right.FOUNDER, *ROLE_RIGHTS.values()]
            case Admit(device=device, introducer=introducer):
                rights = [Right.MEMBER, Right.INTRODUCER] if introducer else [Right.MEMBER]
                self._admissions[entry.actor, device].append(position)
            case Roles(give=give):
                rights = [ROLE_RIGHTS[role] for role in give if role in ROLE_RIGHTS]
            case _:
                pass
        if entry.act is not None:
            for right in rights:
                self._grants[entry.act.device, right].append(position)

    def _note_leave(self, position: int, entry: CharterEntry) -> None:
        if isinstance(entry.act, Leave):
            self._leaves[entry.actor] |= self._next_bit(position)

    def _note_taking(self, position: int, entry: CharterEntry, *, past: int, held: int) -> None:
        act = entry.act
        if not isinstance(act, Revoke | Roles) or (isinstance(act, Roles) and act.give):
            return
        bit = self._next_bit(position)
        self._takings |= bit
        self._takings_of[act.device] |= bit
        if self._is_left(self._claim(entry.actor, Right.FOUNDER, past, self._cases[position].below), 0, held):
            self._founder_takings |= bit
        if isinstance(act, Revoke):
            self._revocations[act.device] |= bit
        else:
            for role in ROLE_RIGHTS.keys() & set(act.take):
                self._role_takings[act.device, ROLE_RIGHTS[role]] |= bit
        spared = past
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
        return bit

    def _hold(self, takings: int) -> int:
        """Those of these takings that hold, rank by rank."""
        held = self._holding.get(takings)
        if held is None:
            held = takings & self._founder_takings
            for right in (Right.STEWARD, Right.ADMITTER):
                open_takings = _bits(takings & ~held)
                held |= sum(1 << bit for bit in open_takings if self._holds_by(right, self._endings[bit], held))
            self._holding[takings] = held
        return held

    def _holds_by(self, right: Right, position: int, held: int) -> bool:
        """Whether a taking has what it rests on, the right among it, when these takings hold."""
        question = right, position, held & self._relevant[position]
        if question not in self._holding_by:
            case, spared = self._cases[position], self._spared[position]
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
        return any(not ends & ~self._cases[one].below and self._stands(one, held) for one in claim.grants)

    def _is_supported(self, position: int, held: int) -> bool:
        """Whether the entry has all it rests on, when these takings hold; what it rests on may not stand itself."""
        case, spared = self._cases[position], self._spared[position]
        return position == 0 or (
            self._is_left(case.membership, spared, held)
            and (not case.claims or any(self._is_left(claim, spared, held) for claim in case.claims))
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
