"""Purging: removing whole records on this device only, with a warning where no server is known to hold them.

A receipt is a gateway's own observation that a server of the team holds what is shown (core.records). Nothing else
licenses a purge without a word: that others have a copy does not, since they may purge it, too.
"""

from collections.abc import Iterable
from typing import Final

from edenmesh.core.ids import AuthorId
from edenmesh.core.records import OBSERVE, OPEN, Version
from edenmesh.errors import InvalidInput, NotPermitted
from edenmesh.node.deletion.views import PurgeResult, PurgeView
from edenmesh.node.parts import Parts
from edenmesh.node.records import RecordDesk, label_of
from edenmesh.store import Delivery, Name, RecordVersions

_A_CHANGE: Final = 500
_PAGE: Final = 1000


class Purging:
    """Looks at what a purge would remove, and removes it."""

    def __init__(self, parts: Parts, records: RecordDesk) -> None:
        self._parts = parts
        self._store = parts.store
        self._records = records

    def look(self, table: str, uuid: str) -> PurgeView:
        """What speaks against purging a record. Raises InvalidInput where it is not here."""
        table, uuid, held = self._records.find(table, uuid)
        row = self._store.records.row(table, uuid)
        deliveries = self._store.records.deliveries(row.num) if row is not None else []
        state = held.state()
        label = label_of(state.strands[0].values, uuid) if state.strands else uuid
        names = self._records.names()
        receipts = [names.server(one.destination) for one in deliveries if one.is_receipt]
        warnings = [*self._owed(deliveries), *self._unread(deliveries)]
        if state.flags & OPEN:
            warnings.append("something about it is not decided yet, and nothing undecided is delivered")
        if not receipts:
            warnings.insert(0, "it is not known to be at a server: no gateway has seen it there as it is shown here")
        ours = self._unsealed(held)
        unsealed = 0 if receipts else sum(version.op != OBSERVE for version in ours)
        if unsealed:
            warnings.insert(0, f"{unsealed} of its changes were never given to anybody: this is the only copy")
        elif ours:
            # What this device read at a server goes, too: then nobody can have the record whole again, fetched or not.
            warnings.insert(0, "what was seen of it here was never given to anybody: sync first, or all will miss it")
        members = [(table, one) for one in self._store.deleted.family(table, uuid)]
        return PurgeView(
            table=table,
            uuid=uuid,
            label=label,
            versions=len(held.versions),
            size_bytes=self._store.deleted.bytes_of(members),
            receipts=tuple(receipts),
            warnings=tuple(warnings),
            is_received=not warnings,
            is_only_copy=bool(unsealed),
        )

    def look_at_table(self, table: str) -> list[PurgeView]:
        """The same for all records of a table, deleted ones among them."""
        found: list[PurgeView] = []
        after = 0
        while rows := self._store.records.page(table, after=after, limit=_PAGE, with_deleted=True):
            found += [self.look(row.table, row.uuid) for row in rows]
            after = rows[-1].num
        return found

    def purge(
        self, names: Iterable[Name], *, is_unreceived_accepted: bool = False, is_only_copy_accepted: bool = False
    ) -> PurgeResult:
        """Remove records here. Raises NotPermitted, and removes nothing, where a warning was not accepted."""
        views = [self.look(*name) for name in names]
        for view in views:
            if view.is_only_copy and not is_only_copy_accepted:
                raise NotPermitted(
                    what=f"{view.label} ({view.uuid}) was never given to anybody: this is the only copy.",
                    kept="Nothing was purged.",
                    do="Sync or deliver first; or say --even-unreceived, and it is gone for good.",
                )
            if not (view.is_received or is_unreceived_accepted or view.is_only_copy):
                raise NotPermitted(
                    what=f"No receipt covers {view.label} ({view.uuid}): {'; '.join(view.warnings)}.",
                    kept="Nothing was purged.",
                    do="Deliver first, or say --yes to purge it here all the same.",
                )
        return self.remove([(view.table, view.uuid) for view in views], sum(view.size_bytes for view in views))

    def remove(self, names: Iterable[Name], size_bytes: int, *, is_automatic: bool = False) -> PurgeResult:
        """Remove records here without a question; how many bytes they took is the caller's to say."""
        self._parts.desk.seal()
        now_ms = int(self._parts.settings.wall_clock() * 1000)
        records = versions = 0
        ordered = list(names)
        for start in range(0, len(ordered), _A_CHANGE):
            with self._parts.desk.writing() as writing:
                for name in ordered[start : start + _A_CHANGE]:
                    count = writing.purge(*name, now_ms=now_ms, is_automatic=is_automatic)
                    records += bool(count)
                    versions += count
        return PurgeResult(records, versions, size_bytes)

    def fetch(self, table: str, uuid: str) -> int:
        """Want a purged record again: peers are asked for it from now on. Returns how many versions are wanted.

        Raises InvalidInput where nothing of it was purged here.
        """
        table, uuid = self.find_purged(table, uuid)
        with self._parts.desk.writing() as writing:
            return writing.restore(table, uuid, now_ms=int(self._parts.settings.wall_clock() * 1000))

    def find_purged(self, table: str, uuid: str) -> Name:
        """A purged record by its uuid or the beginning of it. Raises InvalidInput where it is not one."""
        found: list[Name] = []
        after = 0
        while rows := self._store.deleted.purged(after=after, limit=_PAGE):
            named = (row for row in rows if table in ("", row.table) and uuid)
            found += [(row.table, row.uuid) for row in named if row.uuid.startswith((uuid, f"urn:uuid:{uuid}"))]
            after = rows[-1].num
        exact = [name for name in found if name[1] == uuid]
        if len(exact or found) != 1:
            what = f"{len(found)} purged records begin with {uuid}." if found else f"No record {uuid} was purged here."
            raise InvalidInput(what=what, do="See what was purged with `edenmesh bin list`.")
        return (exact or found)[0]

    # --- what speaks against it ---------------------------------------------------------------------------------------

    def _owed(self, deliveries: list[Delivery]) -> list[str]:
        held_by = {one.destination for one in deliveries}
        owed = [one.name for one in self._store.notes.destinations() if one.id not in held_by]
        return [f"it is owed to {name}: that server was not last seen to hold what is shown here" for name in owed]

    def _unread(self, deliveries: list[Delivery]) -> list[str]:
        names = self._records.names()
        waiting = [names.server(one.destination) for one in deliveries if one.first_ms and not one.again_ms]
        return [f"this device has not read it back at {name} a second time, a day later" for name in waiting]

    def _unsealed(self, held: RecordVersions) -> list[Version]:
        """Its versions that were written here and have not left: nothing leaves without a seal."""
        author = AuthorId(self._parts.identity.author)
        sealed = self._store.own_log(author).sealed
        return [one for one in held.versions.values() if one.author == author and one.seq >= sealed]
