"""What is derived of records: flags, families, deliveries, twins: all by which they are listed and counted.

A record's state is a pure function of its versions, the forms they name and the charter (core.records); nothing here
is truth. What a transaction touched is derived once, before its commit, so readers never see a flag that contradicts
the versions beside it. Deriving all of them again gives the same.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Final

from edenmesh.core.ids import DestinationId, FormHash, VersionId
from edenmesh.core.records import (
    OBSERVE,
    Flag,
    RecordState,
    Version,
    delivered_at,
    family_uuids,
    open_questions,
    record_states,
    state_body,
)
from edenmesh.core.trust import Charter
from edenmesh.store.database import Link
from edenmesh.store.families import Member, join_family, members_of
from edenmesh.store.forms import Forms
from edenmesh.store.listings import unlist
from edenmesh.store.twins import Forks
from edenmesh.store.versions import Name, decode_rows, rows_of

RULES: Final = 3
"""Changes with the rules by which states are derived: a store that was derived by others is derived anew."""
_PAGE: Final = 1000
_AWAITED: Final = Flag.AWAITED.value
_QUESTION: Final = Flag.QUESTION.value


@dataclass(frozen=True, slots=True)
class States:
    """Derives states as one transaction leaves the forms and the charter."""

    link: Link
    forms: Forms
    charter: Charter

    def derive(self, records: Iterable[int]) -> set[int]:
        """Derive what is kept of these records, and of those in one family with them. Returns which those are."""
        forks = Forks(self.link)
        done: set[int] = set()
        for record in records:
            if record not in done:
                done.update(self._derive(record, forks))
        unlist(self.link, done)
        return done

    def derive_all(self) -> int:
        """Derive the states of all records. Returns how many there are."""
        # Records that come into a family here have rows already, or are vacant and follow.
        last = count = 0
        while True:
            rows = self.link.rows("SELECT num FROM records WHERE num > ? ORDER BY num LIMIT ?", (last, _PAGE))
            if not rows:
                return count
            self.derive([row[0] for row in rows])
            last, count = rows[-1][0], count + len(rows)

    def _derive(self, record: int, forks: Forks) -> list[int]:
        members, versions, uncounted = self._read(record)
        states = record_states(versions, uncounted, self.forms.declarations) if versions else ()
        by_uuid = {state.uuid: state for state in states}
        for member in members:
            state = by_uuid.get(member.uuid)
            is_awaited = state is not None and bool(state.flags & Flag.AWAITED)
            if is_awaited or member.flags & _AWAITED:
                self._save_awaited(member.num, versions if is_awaited else {})
            if member.flags & _QUESTION or (state is not None and state.flags & Flag.QUESTION):
                self._save_questions(member, versions, uncounted)
            found = self._delivered(state, versions, uncounted) if state else {}
            if found or member.is_delivered:
                self._save_deliveries(member.num, found)
            if forks:
                self._save_twins(member, versions, forks)
            self._save_flags(member, state)
        return [member.num for member in members]

    def _read(self, record: int) -> tuple[list[Member], dict[VersionId, Version], set[VersionId]]:
        """The family of a record as it is now, with all its versions and those of them that do not count."""
        while True:
            members = members_of(self.link, record)
            versions, uncounted = decode_rows([row for member in members for row in rows_of(self.link, member.num)])
            fresh = family_uuids(versions) - {member.uuid for member in members}
            if not fresh:
                return members, versions, uncounted
            join_family(self.link, record, fresh)

    def _save_flags(self, member: Member, state: RecordState | None) -> None:
        now = (int(state.flags), len(state.waiting), False) if state else (0, 0, True)
        if now != (member.flags, member.waiting, member.is_vacant):
            self.link.run("UPDATE records SET flags = ?, waiting = ?, is_vacant = ? WHERE num = ?", (*now, member.num))

    def _save_awaited(self, record: int, versions: Mapping[VersionId, Version]) -> None:
        awaited = {FormHash(version.schema) for version in versions.values()} - {b""}
        missing = {form for form in awaited if form not in self.forms}
        known = {row[0] for row in self.link.rows("SELECT form FROM awaited WHERE record = ?", (record,))}
        for form in known - missing:
            self.link.run("DELETE FROM awaited WHERE form = ? AND record = ?", (form, record))
        for form in missing - known:
            self.link.run("INSERT INTO awaited VALUES (?, ?)", (form, record))

    def _save_questions(self, member: Member, versions: Mapping[VersionId, Version], uncounted: Set[VersionId]) -> None:
        self.link.run("DELETE FROM questions WHERE record = ?", (member.num,))
        asked = [versions[one] for one in open_questions(versions, None, uncounted)]
        for destination in {one.observation.destination for one in asked if one.uuid == member.uuid}:
            self.link.run("INSERT INTO questions VALUES (?, ?)", (destination, member.num))

    def _save_twins(self, member: Member, versions: Mapping[VersionId, Version], forks: Forks) -> None:
        own = [version for version in versions.values() if version.uuid == member.uuid]
        self.link.run("DELETE FROM twins WHERE record = ?", (member.num,))
        for author in forks.authors_of(own):
            self.link.run("INSERT INTO twins VALUES (?, ?)", (member.num, author))

    def _delivered(
        self, state: RecordState, versions: Mapping[VersionId, Version], uncounted: Set[VersionId]
    ) -> dict[DestinationId, tuple[bytes, bool]]:
        """Where a record is delivered: the body that is there, and whether that is a receipt."""
        found: dict[DestinationId, tuple[bytes, bool]] = {}
        destinations = _destinations(version for version in versions.values() if version.uuid == state.uuid)
        # Asked of all destinations at once: whoever names many of them makes nobody look at the record as often.
        delivered = delivered_at(state, versions, uncounted) if destinations and state.strand else {}
        for destination in sorted(destinations & delivered.keys()):
            if state.strand:
                is_pinned = destination in self.charter.destinations
                has_witness = is_pinned and any(self.charter.is_gateway(author) for author in delivered[destination])
                found[destination] = state_body(state.strand), has_witness
        return found

    def _save_deliveries(self, record: int, found: Mapping[DestinationId, tuple[bytes, bool]]) -> None:
        """Note where a record is delivered; of another body nothing was read back yet."""
        rows = self.link.rows("SELECT destination, body, is_receipt FROM delivered WHERE record = ?", (record,))
        known = {DestinationId(destination): (body, bool(flag)) for destination, body, flag in rows}
        for destination in known.keys() - found.keys():
            for table in ("delivered", "read_backs"):
                self.link.run(f"DELETE FROM {table} WHERE destination = ? AND record = ?", (destination, record))
        for destination, (body, has_witness) in found.items():
            if known.get(destination) != (body, has_witness):
                self.link.run(
                    "INSERT OR REPLACE INTO delivered VALUES (?, ?, ?, ?)", (destination, record, body, has_witness)
                )
                self.link.run(
                    "DELETE FROM read_backs WHERE destination = ? AND record = ? AND body != ?",
                    (destination, record, body),
                )


def awaiting(link: Link, form: FormHash) -> set[int]:
    """The records that await a form."""
    return {row[0] for row in link.rows("SELECT record FROM awaited WHERE form = ?", (form,))}


def names_of(link: Link, records: Iterable[int]) -> set[Name]:
    """Table and uuid of records."""
    sql = "SELECT name, uuid FROM records JOIN tables ON tables.num = table_num WHERE records.num = ?"
    return {(name, uuid) for record in records for name, uuid in link.rows(sql, (record,))}


def _destinations(versions: Iterable[Version]) -> set[DestinationId]:
    """The destinations that a record was ever observed at."""
    observed = (version for version in versions if version.op == OBSERVE and version.is_understood)
    return {version.observation.destination for version in observed}
