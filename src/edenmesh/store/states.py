"""What is derived of records: flags, families, deliveries, twins: all by which they are listed and counted.

A record's state is a pure function of its versions, the forms they name and the charter (core.records); nothing here
is truth. What a transaction touched is derived once, before its commit, so readers never see a flag that contradicts
the versions beside it. Deriving all of them again gives the same.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Final, TypeAlias

from edenmesh.core.ids import AuthorId, DestinationId, FormHash, VersionId
from edenmesh.core.records import (
    OBSERVE,
    Flag,
    RecordState,
    Version,
    deliveries_of,
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
Deliveries: TypeAlias = Mapping[DestinationId, tuple[bytes, bool]]
"""By destination the body that is there, and whether that is a receipt."""
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
        # What is asked of all versions is asked once, however many members there are.
        family = _by_uuid(versions.values())
        delivered = self._delivered(states, family, versions, uncounted)
        missing = self._missing(versions) if any(state.flags & Flag.AWAITED for state in states) else set()
        asked = (
            open_questions(versions, None, uncounted) if any(state.flags & Flag.QUESTION for state in states) else ()
        )
        asking = _by_uuid(versions[one] for one in asked)
        for member in members:
            state = by_uuid.get(member.uuid)
            is_awaited = state is not None and bool(state.flags & Flag.AWAITED)
            if is_awaited or member.flags & _AWAITED:
                self._save_awaited(member.num, missing if is_awaited else set())
            if member.flags & _QUESTION or (state is not None and state.flags & Flag.QUESTION):
                self._save_questions(member.num, asking.get(member.uuid, []))
            found = delivered.get(member.uuid, {})
            if found or member.is_delivered:
                self._save_deliveries(member.num, found)
            if forks:
                self._save_twins(member.num, family.get(member.uuid, []), forks)
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

    def _missing(self, versions: Mapping[VersionId, Version]) -> set[FormHash]:
        awaited = {FormHash(version.schema) for version in versions.values()} - {b""}
        return {form for form in awaited if form not in self.forms}

    def _save_awaited(self, record: int, missing: Set[FormHash]) -> None:
        known = {row[0] for row in self.link.rows("SELECT form FROM awaited WHERE record = ?", (record,))}
        for form in known - missing:
            self.link.run("DELETE FROM awaited WHERE form = ? AND record = ?", (form, record))
        for form in missing - known:
            self.link.run("INSERT INTO awaited VALUES (?, ?)", (form, record))

    def _save_questions(self, record: int, asking: Iterable[Version]) -> None:
        self.link.run("DELETE FROM questions WHERE record = ?", (record,))
        for destination in {one.observation.destination for one in asking}:
            self.link.run("INSERT INTO questions VALUES (?, ?)", (destination, record))

    def _save_twins(self, record: int, own: list[Version], forks: Forks) -> None:
        self.link.run("DELETE FROM twins WHERE record = ?", (record,))
        for author in forks.authors_of(own):
            self.link.run("INSERT INTO twins VALUES (?, ?)", (record, author))

    def _delivered(
        self,
        states: Iterable[RecordState],
        family: Mapping[str, list[Version]],
        versions: Mapping[VersionId, Version],
        uncounted: Set[VersionId],
    ) -> dict[str, Deliveries]:
        """Where records are delivered: the body that is there, and whether that is a receipt."""
        observed = {state.uuid: _destinations(family.get(state.uuid, ())) for state in states if state.strand}
        shown = {state.uuid: state for state in states if observed.get(state.uuid)}
        # Asked of all destinations at once: whoever names many of them makes nobody look at the record as often.
        delivered = deliveries_of(shown.values(), versions, uncounted) if shown else {}
        return {uuid: self._receipts(shown[uuid], observed[uuid], found) for uuid, found in delivered.items()}

    def _receipts(
        self, state: RecordState, observed: Set[DestinationId], delivered: Mapping[DestinationId, Set[AuthorId]]
    ) -> Deliveries:
        found: dict[DestinationId, tuple[bytes, bool]] = {}
        for destination in sorted(observed & delivered.keys()):
            if state.strand:
                is_pinned = destination in self.charter.destinations
                has_witness = is_pinned and any(self.charter.is_gateway(author) for author in delivered[destination])
                found[destination] = state_body(state.strand), has_witness
        return found

    def _save_deliveries(self, record: int, found: Deliveries) -> None:
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


def _by_uuid(versions: Iterable[Version]) -> dict[str, list[Version]]:
    found: dict[str, list[Version]] = {}
    for version in versions:
        found.setdefault(version.uuid, []).append(version)
    return found


def _destinations(versions: Iterable[Version]) -> set[DestinationId]:
    """The destinations that a record was ever observed at."""
    observed = (version for version in versions if version.op == OBSERVE and version.is_understood)
    return {version.observation.destination for version in observed}
