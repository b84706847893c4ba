"""The team as this device knows it: the charter in words, the mesh's secrets, peers, and revoking one.

The charter says who belongs; `Peer` notes say with whom a person here chose to sync.
"""

from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from edenmesh.core.encoding import encode, normal_text
from edenmesh.core.ids import AuthorId, DeviceId, format_id, parse_id
from edenmesh.core.limits import SALT_BYTES
from edenmesh.core.pairing import MeshSecret, StoreMembership
from edenmesh.core.ports import Entropy
from edenmesh.core.trust import Charter, CharterEntry, Member, Seal, found, revoke
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.node.parts.desk import Desk
from edenmesh.node.parts.identity import Identity
from edenmesh.store import Peer, Store, Transaction

_SECRETS: Final = "secrets"
_NAME: Final = "name"
_SECRET_BYTES: Final = 32
_STRANGERS_MAX: Final = 16
_DECODER: Final = msgspec.msgpack.Decoder(tuple[MeshSecret, ...])


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member of the team. Roles are in words; `admitted_by` is a name, empty for the founder.

    `authors` is how many author keys it has had; `is_copied`: two stores have written with one of them.
    """

    name: str
    device: str
    roles: tuple[str, ...]
    admitted_by: str
    is_self: bool
    is_revoked: bool
    has_left: bool
    authors: int = 1
    is_copied: bool = False


@dataclass(frozen=True, slots=True)
class PeerView:
    """A device this one has met or heard of. `last_seen` is wall time in milliseconds since 1970, 0 for never.

    One that `is_blocked` gets no session here, whatever else was chosen; with one that `is_paused` it was stopped for
    now, on either side. A guest is of another team: it is given the tables it `shares`, all of them where `shares_all`,
    and `penned` changes of its own lie in the pen.
    """

    name: str
    device: str
    is_allowed: bool
    is_member: bool
    is_revoked: bool
    is_connected: bool
    last_seen: int
    addresses: tuple[str, ...]
    missing: tuple[str, ...] | None
    is_guest: bool = False
    shares: tuple[str, ...] = ()
    shares_all: bool = False
    penned: int = 0
    is_blocked: bool = False
    is_paused: bool = False


class Team:
    """Reads and writes who belongs to the mesh, and who of them this device syncs with."""

    def __init__(self, store: Store, desk: Desk, identity: Identity, entropy: Entropy) -> None:
        self._store = store
        self._desk = desk
        self._identity = identity
        self._entropy = entropy
        self._strangers: dict[DeviceId, str] = {}

    # --- reading ------------------------------------------------------------------------------------------------------

    @property
    def charter(self) -> Charter:
        """The charter as it stands."""
        return self._store.snapshot.charter()

    @property
    def name(self) -> str:
        """This device's name."""
        return (self._store.notes.meta(_NAME) or b"").decode()

    @property
    def secrets(self) -> tuple[MeshSecret, ...]:
        """The mesh's secrets, by which members recognise each other; the one to announce is the last."""
        kept = self._store.notes.meta(_SECRETS)
        return _DECODER.decode(kept) if kept else ()

    def members(self) -> list[MemberView]:
        """Everybody the charter names, in order of admission."""
        names = {device: member.name for device, member in self.charter.members.items()}
        copied = self._store.branches().keys()
        return [self._member(member, names, copied) for member in self.charter.members.values()]

    def peers(self, connected: frozenset[DeviceId], paused: frozenset[DeviceId] = frozenset()) -> list[PeerView]:
        """Members other than this device, and other devices it has met."""
        noted = {peer.device: peer for peer in self._store.notes.peers()}
        devices = [device for device in self.charter.members if device != self._identity.device]
        devices += [device for device in noted if device not in self.charter.members]
        return [
            self._peer(one, noted.get(one), is_connected=one in connected, is_paused=one in paused) for one in devices
        ]

    def peer_note(self, device: DeviceId) -> Peer:
        """What is noted of a device; nothing much for one never met."""
        known = self._store.notes.peer(device)
        return known if known is not None else Peer(device=device)

    def name_of(self, device: DeviceId) -> str:
        """What to call a device."""
        member = self.charter.members.get(device)
        return member.name if member is not None else self.peer_note(device).name or format_id("d", device)[:12]

    def find(self, text: str) -> DeviceId:
        """A device by its name, or by its id or the beginning of that. Raises InvalidInput where it is not one."""
        devices = {*self.charter.members, *(peer.device for peer in self._store.notes.peers())}
        return self._one_of({device: self.name_of(device) for device in devices}, text)

    def find_met(self, text: str) -> DeviceId:
        """The same, also of devices that only tried to pair with this one; or any at all, by its whole id."""
        try:
            return self.find(text)
        except InvalidInput:
            with suppress(InvalidInput):
                return self._one_of(self._strangers, text)
            with suppress(InvalidInput):
                return DeviceId(parse_id("d", text))
            raise

    def _one_of(self, names: Mapping[DeviceId, str], text: str) -> DeviceId:
        devices = [one for one in names if one != self._identity.device]
        named = [one for one in devices if names[one].casefold() == text.casefold()]
        found_by_id = [one for one in devices if len(text) > 5 and format_id("d", one).startswith(text)]
        found = named or found_by_id
        if len(found) == 1:
            return found[0]
        what = f"Several devices are called {text}." if found else f"No device here is called {text}."
        raise InvalidInput(what=what, do="See them with `edenmesh peers`.")

    def is_guest(self, device: DeviceId) -> bool:
        """Whether it is a device of another team that people here have paired with."""
        return self.peer_note(device).is_guest and not self.charter.is_member(device)

    def may_meet(self, peer: Peer) -> bool:
        """Whether a person chose to exchange with this peer, be it a member or a guest, and has not blocked it."""
        return peer.is_allowed and not peer.is_blocked and (peer.is_guest or self.charter.is_member(peer.device))

    def doors(self) -> tuple[bytes, ...]:
        """What guests knock with."""
        return tuple(peer.door for peer in self._store.notes.peers() if peer.is_guest and self.may_meet(peer))

    def is_welcome(self, device: DeviceId) -> bool:
        """Whether this device may open a channel at all: not one that was revoked or blocked."""
        return not self.charter.is_revoked(device) and not self.peer_note(device).is_blocked

    # --- writing ------------------------------------------------------------------------------------------------------

    def found(self, name: str, notes: Mapping[str, bytes]) -> None:
        """Begin a mesh of one, where this device holds every role; the notes are kept by the same commit."""
        name = normal_text(name)
        entry = found(name, self._identity.device_key, self._identity.author_key, self._entropy(SALT_BYTES))
        with self._desk.writing() as writing:
            for note, value in notes.items():
                writing.put_meta(note, value)
            writing.add_charter([entry])
            writing.put_meta(_NAME, name.encode())
            self._put_secrets(writing, (MeshSecret(entry.id, self._entropy(_SECRET_BYTES)),))

    def admit(self, entry: CharterEntry) -> None:
        """Store the admission of a device both persons agreed on."""
        with self._desk.writing() as writing:
            writing.add_charter([entry])

    def join(self, membership: StoreMembership) -> None:
        """Join the other's mesh: one commit swaps the charter and the secrets. Records stay as they are."""
        with self._desk.writing() as writing:
            writing.replace_charter(membership.entries)
            self._put_secrets(writing, membership.secrets)

    def note(self, peer: Peer) -> None:
        """Note what is known of a peer now."""
        with self._desk.writing() as writing:
            writing.put_peer(peer)

    def allow(self, device: DeviceId, *, is_allowed: bool = True) -> None:
        """Choose to sync with a device, which lifts a block, or not any more."""
        if is_allowed and not (self.charter.is_member(device) or self.is_guest(device)):
            raise NotPermitted(what=f"{self.name_of(device)} is not a member of the team.", do="Pair with it first.")
        note = self.peer_note(device)
        self.note(replace_peer(note, is_allowed=is_allowed, is_blocked=note.is_blocked and not is_allowed))

    def remember_stranger(self, device: DeviceId, name: str) -> None:
        """A device tried to pair: until this program ends it can be named, so that it can be blocked."""
        self._strangers.pop(device, None)
        self._strangers[device] = name
        if len(self._strangers) > _STRANGERS_MAX:
            del self._strangers[next(iter(self._strangers))]

    def block(self, device: DeviceId, *, is_blocked: bool = True) -> None:
        """Want no session with a device, whoever it is, or lift that; what else was chosen about it stays."""
        note = self.peer_note(device)
        name = note.name or self._strangers.get(device, "")
        self.note(replace_peer(note, name=name, is_blocked=is_blocked))

    def share(self, device: DeviceId, tables: Iterable[str], *, is_all: bool = False) -> None:
        """Choose which tables a guest is given from now on, in place of what was chosen before.

        Raises NotPermitted for a device that is no guest.
        """
        if not self.is_guest(device):
            raise NotPermitted(
                what=f"{self.name_of(device)} is no guest.",
                do="Members of the team get everything; a device of another team becomes a guest by pairing.",
            )
        shares = () if is_all else tuple(sorted(set(tables)))
        self.note(replace_peer(self.peer_note(device), shares=shares, shares_all=is_all))

    def forget(self, device: DeviceId) -> None:
        """A guest is none any more: its door is shut and nothing is shared. What it gave stays, and so does a block."""
        note = self.peer_note(device)
        with self._desk.writing() as writing:
            writing.drop_peer(device)
            if note.is_blocked:
                writing.put_peer(Peer(device=device, name=note.name, is_blocked=True))

    def revoke(self, device: DeviceId) -> None:
        """Bar a device for good. What it wrote and is here now stays; what comes later of it does not count.

        Raises NotPermitted where this device may not.
        """
        member = self.charter.members.get(device)
        authors = set(member.authors) if member is not None else set()
        seals = [seal for author in authors for seal in self._last_seals(author)]
        entry = revoke(self.charter, self._identity.device_key, device, seals)
        with self._desk.writing() as writing:
            writing.add_charter([entry])
            writing.put_peer(replace_peer(self.peer_note(device), is_allowed=False))
            fresh = MeshSecret(entry.id, self._entropy(_SECRET_BYTES))
            self._put_secrets(writing, (*self.secrets, fresh))

    def _last_seals(self, author: bytes) -> list[Seal]:
        snapshot = self._store.snapshot
        heads = [held for held in snapshot.log_heads() if held.author == author]
        return [
            seal
            for held in heads
            for seal in snapshot.seals_between(held.author, held.branch, held.size - 1, held.size)
        ]

    def _put_secrets(self, writing: Transaction, secrets: tuple[MeshSecret, ...]) -> None:
        writing.put_meta(_SECRETS, encode(secrets))

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _member(self, member: Member, names: dict[DeviceId, str], copied: Set[AuthorId]) -> MemberView:
        held = {
            "founder": member.is_founder,
            "steward": member.is_steward,
            "introducer": member.is_introducer,
            "gateway": member.is_gateway,
        }
        return MemberView(
            name=member.name,
            device=format_id("d", member.device),
            roles=tuple(role for role, has in held.items() if has),
            admitted_by=names.get(member.admitted_by, "") if member.admitted_by is not None else "",
            is_self=member.device == self._identity.device,
            is_revoked=member.is_revoked,
            has_left=member.has_left,
            authors=len(member.authors),
            is_copied=not copied.isdisjoint(member.authors),
        )

    def _peer(self, device: DeviceId, note: Peer | None, *, is_connected: bool, is_paused: bool) -> PeerView:
        tally = self._store.notes.tally(device)
        return PeerView(
            name=self.name_of(device),
            device=format_id("d", device),
            is_allowed=note is not None and note.is_allowed and not note.is_blocked,
            is_member=self.charter.is_member(device),
            is_revoked=self.charter.is_revoked(device),
            is_connected=is_connected,
            last_seen=note.last_seen if note is not None else 0,
            addresses=note.addresses if note is not None else (),
            missing=tally.missing if tally is not None else None,
            is_guest=self.is_guest(device),
            shares=note.shares if note is not None else (),
            shares_all=note is not None and note.shares_all,
            penned=self._store.snapshot.penned_by(device),
            is_blocked=note is not None and note.is_blocked,
            is_paused=is_paused,
        )


def replace_peer(peer: Peer, **changes: object) -> Peer:
    """A peer's note with some of it changed."""
    return msgspec.structs.replace(peer, **changes)
