"""The charter: the set of entries of one mesh, and what follows from it, a pure function of the set.

Entries belong to it when they name this mesh, their whole past is here, and their first signer was a member where it
signed. Those whose past is not whole wait, outside of the set and its hash; others are refused. Entries of kinds newer
than this program belong, without effect. The whole is judged anew when entries come, since one may change much.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from edenmesh.core.ids import AuthorId, DeviceId, EntryId, MeshId, tagged_hash
from edenmesh.core.limits import CHARTER_ENTRIES_MAX
from edenmesh.core.trust.acts import STEWARD, Found
from edenmesh.core.trust.causality import sort_causally
from edenmesh.core.trust.entry import CharterEntry
from edenmesh.core.trust.meaning import ROLE_RIGHTS, Meaning, Right
from edenmesh.core.trust.members import UNNAMED, AuthorStanding, Member, members_of, standings_of
from edenmesh.errors import InvalidInput, LimitExceeded

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

        Without `mesh` it is the one that is founded among them. Raises InvalidInput where several are, LimitExceeded
        where there are more entries than any mesh has.
        """
        return cls(_distinct(entries), mesh)

    def __init__(self, given: Mapping[EntryId, CharterEntry], mesh: MeshId | None) -> None:
        """Use `of`."""
        self.mesh = _founded(given) if mesh is None else mesh
        ours = {one: entry for one, entry in given.items() if self.mesh is None or entry.mesh == self.mesh}
        ordered = sort_causally(ours)
        meaning = Meaning(ordered)
        self.entries = {entry.id: entry for at, entry in enumerate(ordered) if meaning.kept[at]}
        taken = [(entry.id, meaning.in_force[at]) for at, entry in enumerate(ordered) if meaning.taken[at]]
        self.taken = frozenset(one for one, _ in taken)
        self.struck = frozenset(one for one, is_in_force in taken if not is_in_force)
        unkept = {entry.id for entry in ordered if entry.id not in self.entries}
        self.refused = _never(ours, (given.keys() - ours.keys()) | unkept)
        self.waiting = {one: ours[one] for one in ours if one not in self.entries and one not in self.refused}
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

    def standing(self, author: AuthorId) -> AuthorStanding:
        """What the charter says of an author."""
        return self._standings.get(author, UNNAMED)


def _distinct(entries: Iterable[CharterEntry]) -> dict[EntryId, CharterEntry]:
    """The entries by id. Signatures are not part of an id; of two sets of them the lesser stays, in any order."""
    distinct: dict[EntryId, CharterEntry] = {}
    for entry in entries:
        known = distinct.setdefault(entry.id, entry)
        if entry.signatures < known.signatures:
            distinct[entry.id] = entry
    if len(distinct) > CHARTER_ENTRIES_MAX:
        raise LimitExceeded(what=f"A charter of {len(distinct)} entries exceeds the limit of {CHARTER_ENTRIES_MAX}.")
    return distinct


def _founded(given: Mapping[EntryId, CharterEntry]) -> MeshId | None:
    """The mesh that one of the entries founds, if one does."""
    founded = [MeshId(one) for one, entry in given.items() if isinstance(entry.act, Found)]
    if len(founded) > 1:
        raise InvalidInput(what=f"These charter entries found {len(founded)} meshes; a charter has one.")
    return founded[0] if founded else None


def _never(ours: Mapping[EntryId, CharterEntry], refused: Iterable[EntryId]) -> frozenset[EntryId]:
    """Those refused, and all of ours that rest on them."""
    children: dict[bytes, list[EntryId]] = defaultdict(list)
    for one, entry in ours.items():
        for parent in entry.parents:
            children[parent].append(one)
    never = set(refused)
    pending = list(never)
    while pending:
        fresh = [one for one in children[pending.pop()] if one not in never]
        never.update(fresh)
        pending += fresh
    return frozenset(never)
