"""What stewards have decided, read off the entries in force: servers, forms, erasures, and the salts of stubs."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from edenmesh.core.ids import DestinationId, DeviceId, EntryId, FormHash
from edenmesh.core.trust.acts import Found
from edenmesh.core.trust.entry import CharterEntry
from edenmesh.core.trust.stewarding import Ask, ChooseForm, Confirm, Erase, PinDestination


class PinnedDestination(NamedTuple):
    """A server that receipts may speak of. `pin` is empty for plain http.

    `rivals` are what other stewards said of it who had not heard of this: to be shown, since people should agree.
    """

    destination: DestinationId
    address: str
    name: str
    pin: bytes
    entry: EntryId
    rivals: tuple["PinnedDestination", ...] = ()


class Erasure(NamedTuple):
    """What is to be destroyed everywhere. The stubs are made with `salt`; `is_confirmed` by a second steward."""

    entry: EntryId
    by: DeviceId
    names: frozenset[bytes]
    firsts: frozenset[bytes]
    spares: frozenset[bytes]
    salt: bytes
    is_confirmed: bool


class Asked(NamedTuple):
    """What a member asked the stewards to erase. The stubs are made with `salt`."""

    entry: EntryId
    by: DeviceId
    names: frozenset[bytes]
    firsts: frozenset[bytes]
    spares: frozenset[bytes]
    salt: bytes
    why: str

    def is_met_by(self, erasures: Iterable[Erasure]) -> bool:
        """Whether all that was asked for is named by erasures."""
        named = {stub for one in erasures if one.salt == self.salt for stub in one.names | one.firsts}
        return self.names | self.firsts <= named


def destinations_of(
    entries: Mapping[EntryId, CharterEntry], in_force: Iterable[CharterEntry]
) -> dict[DestinationId, PinnedDestination]:
    """The servers by name; of several words about one the deepest stands, then the greater id.

    `entries` are all that belong, `in_force` those in force, in causal order.
    """
    said: dict[DestinationId, list[PinnedDestination]] = {}
    for entry in in_force:
        if isinstance(entry.act, PinDestination):
            act, name = entry.act, DestinationId(entry.act.destination)
            said.setdefault(name, []).append(PinnedDestination(name, act.address, act.name, act.pin, entry.id))
    destinations = {}
    for name, words in said.items():
        live = _not_below_another(entries, words)
        destinations[name] = live[0]._replace(rivals=tuple(live[1:]))
    return destinations


def current_forms_of(in_force: Iterable[CharterEntry]) -> dict[str, FormHash]:
    """The form of each table; of several words about one the deepest stands, then the greater id."""
    return {entry.act.table: FormHash(entry.act.form) for entry in in_force if isinstance(entry.act, ChooseForm)}


def erasures_of(entries: Mapping[EntryId, CharterEntry], in_force: Iterable[CharterEntry]) -> tuple[Erasure, ...]:
    """The erasures in force, in causal order."""
    in_force = list(in_force)
    confirmed = {entry.act.entry for entry in in_force if isinstance(entry.act, Confirm)}
    return tuple(
        Erasure(
            entry=entry.id,
            by=DeviceId(entry.actor),
            names=frozenset(entry.act.names),
            firsts=frozenset(entry.act.firsts),
            spares=frozenset(entry.act.spares),
            salt=_salt_of(entries[EntryId(entry.mesh)]),
            is_confirmed=entry.id in confirmed,
        )
        for entry in in_force
        if isinstance(entry.act, Erase)
    )


def asked_of(entries: Mapping[EntryId, CharterEntry], in_force: Iterable[CharterEntry]) -> tuple[Asked, ...]:
    """What members ask to be erased, in causal order."""
    return tuple(
        Asked(
            entry=entry.id,
            by=DeviceId(entry.actor),
            names=frozenset(entry.act.names),
            firsts=frozenset(entry.act.firsts),
            spares=frozenset(entry.act.spares),
            salt=_salt_of(entries[EntryId(entry.mesh)]),
            why=entry.act.why,
        )
        for entry in in_force
        if isinstance(entry.act, Ask)
    )


def salts_of(entries: Iterable[CharterEntry]) -> tuple[bytes, ...]:
    """The salt of each mesh that is part of this one; its own comes last."""
    return tuple(_salt_of(entry) for entry in entries if isinstance(entry.act, Found))


def _salt_of(entry: CharterEntry) -> bytes:
    return entry.act.salt if isinstance(entry.act, Found) else b""


def _not_below_another(
    entries: Mapping[EntryId, CharterEntry], words: list[PinnedDestination]
) -> list[PinnedDestination]:
    """Those of the words, which come in causal order, that no other of them is above; the last first."""
    below: set[bytes] = set()
    live = []
    for word in reversed(words):
        if word.entry in below:
            continue
        live.append(word)
        pending = [*entries[word.entry].parents]
        while pending:
            one = pending.pop()
            if one not in below:
                below.add(one)
                pending += entries[EntryId(one)].parents
    return live
