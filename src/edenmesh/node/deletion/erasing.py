"""Erasing: what a steward decides to have destroyed everywhere, and what members ask for.

It is for a data subject's request. The store carries it out (store/erasures.py); here it is written into the charter,
by stubs of every uuid a record has or may come to have, and told in words. It does not reach servers: what is there has
to be deleted there.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from edenmesh.core.ids import DeviceId, EntryId, format_id, record_id
from edenmesh.core.limits import CHARTER_STUBS_MAX
from edenmesh.core.records import MASTER, Flag, RecordState, Reference, left_uuid
from edenmesh.core.trust import CharterEntry, Erasure, ask, confirm, erase, erase_stub
from edenmesh.errors import InvalidInput
from edenmesh.node.deletion.views import AskedView, ErasureView
from edenmesh.node.parts import Parts
from edenmesh.node.records import RecordDesk, label_of
from edenmesh.store import Name

_PAGE: Final = 1000
_Stubs: TypeAlias = tuple[set[bytes], set[bytes]]
"""Stubs of names, and of first versions."""


class Erasing:
    """Writes erasures, confirmations and requests, and tells how far they are."""

    def __init__(self, parts: Parts, records: RecordDesk) -> None:
        self._parts = parts
        self._store = parts.store
        self._records = records

    # --- writing ------------------------------------------------------------------------------------------------------

    def covered(self, table: str, uuid: str, *, with_parted: bool = False) -> list[Name]:
        """The records that go with one: itself, its components, and with `with_parted` those that left it.

        Raises InvalidInput where it is not here, or people have not decided whether it is one thing.
        """
        table, uuid, held = self._records.find(table, uuid)
        states = {state.uuid: state for state in held.states()}
        for state in states.values():
            _require_decided(state)
        others = [one for one in states if one != uuid]
        if others and not with_parted:
            raise InvalidInput(
                what=f"This record and {', '.join(others)} were one until people parted them: their histories hang"
                " together, and cannot be destroyed one by one.",
                kept="Nothing was erased.",
                do="Write what is to stay as a new record, then erase them all with --with-parted.",
            )
        found = [(table, one) for one in (uuid, *others)]
        for name in found:  # grows: a component may have components of its own
            found += [one for one in self._components(name) if one not in found]
        return found

    def erase(self, table: str, uuid: str, *, with_parted: bool = False) -> list[ErasureView]:
        """Have a record and its components destroyed everywhere. Raises NotPermitted where this device may not."""
        names = self.covered(table, uuid, with_parted=with_parted)
        return self._write(names, self._erase)

    def ask(self, table: str, uuid: str, why: str, *, with_parted: bool = False) -> list[AskedView]:
        """Ask the stewards to erase a record and its components.

        Raises InvalidInput where somebody has asked for all of it already, and no steward has met that yet: who, why.
        """
        names = self.covered(table, uuid, with_parted=with_parted)
        charter, key = self._parts.team.charter, self._parts.identity.device_key
        self._require_not_asked(names)
        written = self._entries(names, lambda named, firsts: ask(charter, key, names=named, firsts=firsts, why=why))
        return [one for one in self.asked() if one.entry in written]

    def confirm(self, entry: str) -> ErasureView:
        """Confirm an erasure as a second steward, by its id or the beginning of it: what it names goes at once."""
        found = [one for one in self._parts.team.charter.erasures if format_id("e", one.entry).startswith(entry)]
        if len(found) != 1 or not entry:
            what = f"Several erasures begin with {entry}." if found and entry else f"There is no erasure {entry}."
            raise InvalidInput(what=what, do="See them with `edenmesh bin list`.")
        written = confirm(self._parts.team.charter, self._parts.identity.device_key, found[0].entry)
        with self._parts.desk.writing() as writing:
            writing.add_charter([written])
        return next(one for one in self.erasures() if one.entry == format_id("e", found[0].entry))

    def _erase(self, named: Iterable[bytes], firsts: Iterable[bytes]) -> CharterEntry:
        return erase(self._parts.team.charter, self._parts.identity.device_key, names=named, firsts=firsts)

    def _write(
        self, names: Sequence[Name], write: Callable[[Iterable[bytes], Iterable[bytes]], CharterEntry]
    ) -> list[ErasureView]:
        written = self._entries(names, write)
        return [one for one in self.erasures() if one.entry in written]

    def _entries(
        self, names: Sequence[Name], write: Callable[[Iterable[bytes], Iterable[bytes]], CharterEntry]
    ) -> set[str]:
        """Write entries about records, as many as their stubs need, all in one change."""
        entries: list[CharterEntry] = []
        named: set[bytes] = set()
        firsts: set[bytes] = set()
        for name in names:
            more = self._stubs(name)
            if named and len(named | firsts | more[0] | more[1]) > CHARTER_STUBS_MAX:
                entries.append(write(named, firsts))
                named, firsts = set(), set()
            named |= more[0]
            firsts |= more[1]
        entries.append(write(named, firsts))
        with self._parts.desk.writing() as writing:
            writing.add_charter(entries)
        return {format_id("e", entry.id) for entry in entries}

    def _stubs(self, name: Name) -> _Stubs:
        """Stubs of every uuid under which versions of a record stand, or would stand where people part it elsewhere."""
        salt = self._parts.team.charter.salt
        table, uuid = name
        held = self._store.records.versions(table, uuid)
        firsts = {one for one, version in held.versions.items() if not version.parents} if held is not None else set()
        uuids = {uuid, *self._store.deleted.family(table, uuid), *(left_uuid(one) for one in firsts)}
        named = {erase_stub(salt, "name", record_id(table, one)) for one in uuids}
        return named, {erase_stub(salt, "first", one) for one in firsts}

    def _components(self, name: Name) -> list[Name]:
        """The records that hang on one; looks at every record of the tables they may be in.

        A row says itself which its master is, whether or not a form is here; one joined directly, only the form says.
        """
        form = self._records.catalogue().form(name[0])
        joined: dict[str, set[str]] = {table: {MASTER} for table in self._store.deleted.tables_holding(MASTER)}
        for one in form.components if form is not None else ():
            fields = {MASTER, one.joinby} if one.is_joined_directly else {MASTER}
            joined.setdefault(one.table.name, set()).update(fields)
        found: list[Name] = []
        for table, fields in joined.items():
            after = 0
            while rows := self._store.records.page(table, after=after, limit=_PAGE, with_deleted=True):
                after = rows[-1].num
                states = ((row, self._store.records.versions_of(row.num).state()) for row in rows)
                found += [(row.table, row.uuid) for row, state in states if _hangs_on(state, name, fields)]
        return found

    def _require_not_asked(self, names: Sequence[Name]) -> None:
        """One request is enough. Charter entries carry no time, so it is said by whom and why, not when."""
        named = set[bytes]().union(*(self._stubs(name)[0] for name in names))
        charter = self._parts.team.charter
        open_ones = [one for one in charter.asked if not one.is_met_by(charter.erasures)]
        wanted = set[bytes]().union(*(one.names for one in open_ones))
        if named <= wanted:
            first = next(one for one in open_ones if one.names & named)
            why = f", because {first.why.rstrip('.')}" if first.why else ""
            raise InvalidInput(
                what=f"{self._name_of(first.by)} has asked for that already: {format_id('e', first.entry)[:12]}{why}.",
                kept="The request stands; nothing was added to it.",
                do="Wait until a steward has synced; `edenmesh bin list` shows what is asked for.",
            )

    # --- telling ------------------------------------------------------------------------------------------------------

    def erasures(self) -> list[ErasureView]:
        """The erasures in force, and how far they are as this device knows."""
        kept = self._store.deleted.erasures()
        hidden: dict[EntryId, list[Name]] = {}
        for name in self._store.deleted.hidden():
            for entry in self._store.deleted.erasing(*name):
                hidden.setdefault(entry, []).append(name)
        return [
            self._view(one, tuple(hidden.get(one.entry, ())))
            for one in self._parts.team.charter.erasures
            if one.entry in kept
        ]

    def _view(self, erasure: Erasure, hidden: tuple[Name, ...]) -> ErasureView:
        kept = self._store.deleted.erasures()[erasure.entry]
        charter, own = self._parts.team.charter, self._parts.identity.device
        members = [device for device in charter.members if charter.is_member(device) and device != own]
        heard = {*kept.heard, erasure.by}
        return ErasureView(
            entry=format_id("e", erasure.entry),
            by=self._name_of(erasure.by),
            is_confirmed=erasure.is_confirmed,
            left_seconds=kept.left_ms / 1000,
            hidden=hidden,
            heard=tuple(self._name_of(one) for one in members if one in heard),
            not_known=tuple(self._name_of(one) for one in members if one not in heard),
        )

    def asked(self) -> list[AskedView]:
        """What members ask to be erased, and which of it is here."""
        charter = self._parts.team.charter
        wanted = {stub for one in charter.asked for stub in one.names}
        here: dict[bytes, Name] = {}
        for salt in {one.salt for one in charter.asked}:
            for name in self._store.deleted.names() if wanted else ():
                stub = erase_stub(salt, "name", record_id(*name))
                if stub in wanted:
                    here[stub] = name
        views: list[AskedView] = []
        for one in charter.asked:
            names = sorted({here[stub] for stub in one.names if stub in here})
            labelled = tuple((table, uuid, self._label(table, uuid)) for table, uuid in names)
            entry, by = format_id("e", one.entry), self._name_of(one.by)
            views.append(AskedView(entry, by, one.why, labelled, one.is_met_by(charter.erasures)))
        return views

    def _label(self, table: str, uuid: str) -> str:
        held = self._store.records.versions(table, uuid)
        strands = held.state().strands if held is not None else ()
        return label_of(strands[0].values, uuid) if strands else uuid

    def _name_of(self, device: DeviceId) -> str:
        is_own = device == self._parts.identity.device
        return self._parts.team.name if is_own else self._parts.team.name_of(device)


def _require_decided(state: RecordState) -> None:
    if state.flags & Flag.IDENTITY:
        raise InvalidInput(
            what=f"It is not decided whether {state.uuid} is one thing or several.",
            kept="Nothing was erased.",
            do="Decide it first with `edenmesh resolve`, then erase the one that is meant.",
        )


def _hangs_on(state: RecordState, name: Name, fields: Iterable[str]) -> bool:
    """Whether a row names that master in one of the fields that may."""
    masters = [strand.values.get(field) for strand in state.strands for field in fields]
    return any(isinstance(one, Reference) and (one.table, one.uuid) == name for one in masters)
