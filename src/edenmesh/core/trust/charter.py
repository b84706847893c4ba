"""The charter: the set of entries of one mesh, and what follows from it, a pure function of the set.

Entries belong to it when they name this mesh or are below the entry that founds it, their whole past is here, and their
first signer was a member where it signed. Those whose past is not whole wait, outside of the set and its hash; others
are refused. Entries of kinds newer than this program belong, without effect. The whole is judged anew when entries
come, since one may change much.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from edenmesh.core.ids import AuthorId, DestinationId, DeviceId, EntryId, FormHash, MeshId, tagged_hash
from edenmesh.core.limits import CHARTER_ENTRIES_JUDGED_MAX, CHARTER_ENTRIES_MAX
from edenmesh.core.trust.acts import STEWARD
from edenmesh.core.trust.causality import sort_causally
from edenmesh.core.trust.decided import (
    Asked,
    Erasure,
    PinnedDestination,
    asked_of,
    current_forms_of,
    destinations_of,
    erasures_of,
    salts_of,
)
from edenmesh.core.trust.entry import CharterEntry
from edenmesh.core.trust.lineage import closure, founded_by, lineage, with_what_rests_on
from edenmesh.core.trust.meaning import Meaning
from edenmesh.core.trust.members import UNNAMED, AuthorStanding, Member, members_of, standings_of
from edenmesh.core.trust.rights import ROLE_RIGHTS, Right
from edenmesh.core.trust.room import find_fitting
from edenmesh.errors import InvalidInput, LimitExceeded, NotPermitted

FOUNDER: Final = "founder"
"""The right to make and unmake stewards. No entry gives it."""


class Charter:
    """The entries of one mesh and their meaning. Immutable; `extended` gives a new one."""

    mesh: MeshId | None
    """The id of the found entry; None before that is here."""
    entries: dict[EntryId, CharterEntry]
    """The entries that belong, parents first."""
    waiting: dict[EntryId, CharterEntry]
    """Entries whose past is not whole yet."""
    missing_parents: frozenset[EntryId]
    """What they wait for."""
    refused: frozenset[EntryId]
    """Entries that were handed in and can never belong."""
    left_out: frozenset[EntryId]
    """Entries that would belong if there were room."""
    taken: frozenset[EntryId]
    """Entries whose actor had the right."""
    struck: frozenset[EntryId]
    """Those of them that are no longer in force."""
    heads: tuple[EntryId, ...]
    """Entries that no other names as parent, deepest last."""
    hash: bytes
    """The same wherever the same entries belong."""
    members: dict[DeviceId, Member]
    """The devices whose admission stands, in order of admission, revoked and gone ones among them."""

    @classmethod
    def of(cls, entries: Iterable[CharterEntry], mesh: MeshId | None = None) -> "Charter":
        """The charter that these entries make, in whatever order they come.

        Without `mesh` it is the one founded among them, or the one that continues all others that are. Raises
        InvalidInput where there are several, LimitExceeded where more entries come than are looked at.
        """
        return cls(_distinct(entries), mesh)

    def __init__(self, given: Mapping[EntryId, CharterEntry], mesh: MeshId | None) -> None:
        """Use `of`."""
        self.mesh = founded_by(given) if mesh is None else mesh
        ours = lineage(given, self.mesh)
        ordered = sort_causally(ours) if ours is not None else []
        placed = {entry.id for entry in ordered}
        meaning = Meaning(ordered, self.mesh)
        if meaning.founder is None:
            # Nothing is of a mesh that nobody had the right to found.
            ordered, meaning = [], Meaning([], self.mesh)
        kept = {entry.id for entry, is_kept in zip(ordered, meaning.kept, strict=True) if is_kept}
        foreign = given.keys() - ours.keys() if ours is not None else frozenset[EntryId]()
        never = with_what_rests_on(given, foreign | (placed - kept))
        self.left_out = frozenset[EntryId]()
        if len(kept) > CHARTER_ENTRIES_MAX:
            fitting = find_fitting(ordered, meaning, CHARTER_ENTRIES_MAX)
            self.left_out = frozenset(kept - fitting)
            ordered = [entry for entry in ordered if entry.id in fitting]
            meaning = Meaning(ordered, self.mesh)
        self.entries = {entry.id: entry for at, entry in enumerate(ordered) if meaning.kept[at]}
        taken = [(entry.id, meaning.in_force[at]) for at, entry in enumerate(ordered) if meaning.taken[at]]
        self.taken = frozenset(one for one, _ in taken)
        self.struck = frozenset(one for one, is_in_force in taken if not is_in_force)
        self.refused = never
        waiting = {one: given[one] for one in given if one not in kept and one not in never}
        self.waiting = {one: waiting[one] for one in sorted(waiting)[: CHARTER_ENTRIES_MAX - len(self.entries)]}
        self.missing_parents = frozenset(
            EntryId(parent) for entry in self.waiting.values() for parent in entry.parents if parent not in given
        )
        named = {parent for entry in self.entries.values() for parent in entry.parents}
        self.heads = tuple(one for one in self.entries if one not in named)
        self.hash = tagged_hash("charter", *sorted(self.entries))
        self.members = members_of(ordered, meaning)
        self._standings = standings_of(ordered, meaning)
        self._meaning = meaning

    def extended(self, entries: Iterable[CharterEntry]) -> "Charter":
        """The charter with these entries, too; those of another mesh are refused. Raises LimitExceeded."""
        return Charter.of([*self.entries.values(), *self.waiting.values(), *entries], self.mesh)

    def below(self, heads: Iterable[EntryId]) -> "Charter":
        """The charter as it was with these heads: they, and what they rest on. Raises InvalidInput for unknown ones."""
        heads = list(heads)
        for one in heads:
            if one not in self.entries:
                raise InvalidInput(what=f"The charter has no entry {one.hex()[:12]}.")
        return Charter.of((self.entries[one] for one in closure(self.entries, heads)), self.mesh)

    @property
    def meshes(self) -> tuple[MeshId, ...]:
        """The meshes that this one continues, and it; empty before its found entry is here."""
        return tuple(self._meaning.meshes)

    @property
    def held(self) -> frozenset[EntryId]:
        """What is to be kept of all that was handed in: the entries that belong, and those that wait."""
        return frozenset((*self.entries, *self.waiting))

    @property
    def unknown(self) -> tuple[CharterEntry, ...]:
        """Entries that belong, of kinds newer than this program."""
        return tuple(entry for entry in self.entries.values() if entry.act is None)

    def is_member(self, device: DeviceId) -> bool:
        """Whether the device belongs to the mesh now."""
        member = self.members.get(device)
        return member is not None and not member.is_revoked and not member.has_left

    def is_revoked(self, device: DeviceId) -> bool:
        """Whether the device is barred for good, be it one that was never admitted here."""
        return self._meaning.is_revoked(device)

    def may(self, device: DeviceId, right: str) -> bool:
        """Whether the device has a role, or the right of the founder, now."""
        return ROLE_RIGHTS.get(right, Right.FOUNDER) in self._meaning.rights(device)

    def may_revoke(self, device: DeviceId, target: DeviceId) -> bool:
        """Whether the device may revoke the other: as a steward, or because it admitted it."""
        return self.may(device, STEWARD) or (self.is_member(device) and self._meaning.has_admitted(device, target))

    def is_gateway(self, author: AuthorId) -> bool:
        """Whether what the author saw at a server may be a receipt, as far as its versions count.

        It may where its device has the role, or had it when it left or was revoked.
        """
        standing = self.standing(author)
        return (
            standing.is_certified
            and standing.device in self.members
            and self._meaning.has_held(standing.device, Right.GATEWAY)
        )

    def standing(self, author: AuthorId) -> AuthorStanding:
        """What the charter says of an author."""
        return self._standings.get(author, UNNAMED)

    # --- what stewards decided ----------------------------------------------------------------------------------------

    @cached_property
    def destinations(self) -> dict[DestinationId, PinnedDestination]:
        """The servers that receipts may speak of."""
        return destinations_of(self.entries, self._in_force())

    @cached_property
    def current_forms(self) -> dict[str, FormHash]:
        """The form by which each table is filled in, where a steward chose one."""
        return current_forms_of(self._in_force())

    @cached_property
    def erasures(self) -> tuple[Erasure, ...]:
        """What is to be destroyed everywhere, in causal order. One that is struck is not among them."""
        return erasures_of(self.entries, self._in_force())

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """What members ask to be erased, in causal order, met or not."""
        return asked_of(self.entries, self._in_force())

    @cached_property
    def salts(self) -> tuple[bytes, ...]:
        """The salts under which stubs were made: of each mesh that is part of this one."""
        return salts_of(self.entries.values())

    @property
    def salt(self) -> bytes:
        """The salt for new stubs: this mesh's own. Raises NotPermitted where there is no mesh."""
        if not self.salts:
            raise NotPermitted(what="There is no team here yet.", do="Found one first: `edenmesh init`.")
        return self.salts[-1]

    def _in_force(self) -> Iterator[CharterEntry]:
        return (entry for one, entry in self.entries.items() if one in self.taken and one not in self.struck)


def _distinct(entries: Iterable[CharterEntry]) -> dict[EntryId, CharterEntry]:
    """The entries by id. Signatures are not part of an id; of two sets of them the lesser stays, in any order."""
    distinct: dict[EntryId, CharterEntry] = {}
    for entry in entries:
        known = distinct.setdefault(entry.id, entry)
        if entry.signatures < known.signatures:
            distinct[entry.id] = entry
    if len(distinct) > CHARTER_ENTRIES_JUDGED_MAX:
        raise LimitExceeded(what=f"{len(distinct)} charter entries exceed the limit of {CHARTER_ENTRIES_JUDGED_MAX}.")
    return distinct
