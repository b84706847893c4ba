"""One atomic change of the store: everything in it is durable together, or none of it happened.

The rows a change brings go in as they come; what follows from them (which versions count, flags of records) is derived
once at the end, inside the same transaction. So readers see versions, seals, standing and flags that fit each other,
and a crash leaves the state before the change or after it.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple, cast

from edenmesh.core.ids import AuthorId, DestinationId, DeviceId, EntryId, FileHash, FormHash
from edenmesh.core.limits import LOG_VERSIONS_MAX, PART_BYTES_MAX, PART_BYTES_SEALED, PART_VERSIONS_MAX
from edenmesh.core.ports import Signer
from edenmesh.core.reconcile import Held, Hole, HoleKind
from edenmesh.core.records import Carried, form_hash
from edenmesh.core.session import Filling, LogPart
from edenmesh.core.trust import AuthorStanding, Charter, CharterEntry, Seal
from edenmesh.errors import LocalProtocolError, NotPermitted, RemoteProtocolError
from edenmesh.store import erasures, files, holes, listings, logs, notes, pen, receipts, standing, states, twins
from edenmesh.store.database import Link
from edenmesh.store.deletions import Deletions
from edenmesh.store.forms import Forms
from edenmesh.store.versions import Name, Versions

_BULK_VERSIONS: Final = 5000
"""Versions in one change from which on it counts as bulk."""


class Committed(NamedTuple):
    """What a change did, once it is durable.

    `records` are those that gained versions or whose state may have changed, by table and uuid; `logs` are sealed
    logs as they are now; `files` became whole. `has_holes` says that holes were made, filled, or are wanted again.
    """

    records: frozenset[Name] = frozenset()
    logs: tuple[Held, ...] = ()
    has_charter: bool = False
    forms: frozenset[FormHash] = frozenset()
    files: frozenset[FileHash] = frozenset()
    has_holes: bool = False


class Transaction(Deletions):
    """What may be done in one change. Every method may raise DiskFull or StoreDamaged; then nothing is kept."""

    def __init__(self, link: Link, charter: Charter, digests: files.Digests, forms: Forms) -> None:
        self.committed: Committed | None = None
        self._link = link
        self._charter = charter
        self._digests = digests
        self._logs = logs.Logs(link)
        self._versions = Versions(link, forms)
        self._forms = forms
        self._fresh_forms: set[FormHash] = set()
        self._reads: list[notes.Read] = []
        self._files: set[FileHash] = set()
        self._has_charter = False
        self._erasures = charter.erasures

    @property
    def charter(self) -> Charter:
        """The charter as this change leaves it."""
        return self._charter

    # --- versions -----------------------------------------------------------------------------------------------------

    def append(self, carried: Carried) -> None:
        """Write a version of this device's own at the end of its log, to be sealed before it leaves.

        Raises NotPermitted where the charter does not certify the author, or where somebody else has written with its
        key (a restored backup, a cloned store): then a new author key is needed; or where the record was erased.
        """
        author = AuthorId(carried.version.author)
        if not self._charter.standing(author).is_certified:
            raise NotPermitted(what="This device may not write: the team does not know its author key.")
        log = self._own_log(author)
        if carried.version.seq != log.size:
            raise LocalProtocolError(what=f"Version {carried.version.seq} does not follow a log of {log.size}.")
        self._require_not_erased(carried)
        self._add(log, [carried])
        self._recheck(author)

    def seal_own(self, signer: Signer) -> Seal | None:
        """Seal this device's log as far as it is written. Returns the last seal, or None where all was sealed."""
        return self._seal(self._own_log(AuthorId(signer.public_key)), signer)

    def seal_rest(self, signer: Signer) -> None:
        """Seal what was written here with a key that others write with, too: the last act of that key here."""
        for log in self._logs.of(AuthorId(signer.public_key)):
            self._seal(log, signer)

    def _seal(self, log: logs.Log, signer: Signer) -> Seal | None:
        frontier = logs.frontier_at(self._link, log.num, log.sealed)
        seal: Seal | None = None
        for stop, size_bytes in _cuts(log.sealed, logs.sizes_between(self._link, log.num, log.sealed, log.size)):
            frontier = frontier.extended(logs.ids_between(self._link, log.num, log.sealed, stop))
            seal = Seal.sign(signer, frontier)
            self._logs.seal(log, seal, frontier, size_bytes)
        return seal

    @property
    def is_unsealed(self) -> bool:
        """Whether this change has written versions of this device's own that no seal covers yet."""
        return any(log.is_ours and log.sealed < log.size for log in self._logs.touched.values())

    def add_part(self, part: LogPart) -> None:
        """Store a part of an author's log, as a session checked it; what is here already is passed over.

        A part that leaves the log that is here makes a branch of its own. Raises NotPermitted where no charter entry
        names the author, RemoteProtocolError where the part does not fit, LimitExceeded for too many forks.
        """
        if not self._charter.standing(part.author).is_named:
            raise NotPermitted(what=f"The team does not know the author {part.author.hex()[:12]}.")
        if part.seal.size != part.start + len(part.versions) or part.seal.root != part.frontier.root():
            raise RemoteProtocolError(what="A seal does not fit the versions before it.")
        branches = len(self._logs.of(part.author))
        log, held = self._logs.place(part)
        fresh = part.versions[held:]
        has_holes = part.has_holes
        if held:
            self._fill(log.num, part.start, part.versions[:held])
        if fresh:
            self._logs.disown(part.author)
            self._add(log, fresh)
        if part.seal.size > log.sealed:
            if has_holes:
                # Nobody knows how long it is: its seal stays, so that it can be passed on when the contents come.
                size_bytes = PART_BYTES_MAX
            elif held == 0 and log.sealed == part.start:
                size_bytes = sum(len(one.data) for one in part.versions if isinstance(one, Carried))
            else:
                size_bytes = sum(logs.sizes_between(self._link, log.num, log.sealed, part.seal.size))
            self._logs.seal(log, part.seal, part.frontier, size_bytes)
        if part.giver is not None and has_holes:
            kinds = enumerate(part.versions, part.start)
            erased = {seq for seq, one in kinds if isinstance(one, Hole) and one.kind == HoleKind.ERASED}
            self._deny(log.num, (min(erased, default=0), max(erased, default=-1) + 1), erased, part.giver)
        if fresh or held:
            self._recheck(part.author)
        if self._charter.standing(part.author).device is None:
            pen.drop_behind(self._link, part.author, log.sealed)
        if len(self._logs.of(part.author)) > max(branches, 1):
            self._versions.touched |= twins.Forks(self._link).records_beyond(part.author)

    def _own_log(self, author: AuthorId) -> logs.Log:
        held = self._logs.of(author)
        if not held:
            return self._logs.make(author, is_ours=True)
        if len(held) > 1 or not held[0].is_ours:
            raise NotPermitted(
                what="Another device has written with the author key of this one: one of the two is a copy.",
                do="Take a new author key; what was written so far is kept.",
            )
        return held[0]

    def _add(self, log: logs.Log, versions: Sequence[Carried | Hole]) -> None:
        for kind, stretch in groupby(versions, type):
            items = list(stretch)
            if kind is Hole:
                num = self._versions.add_holes(cast("list[Hole]", items))
            else:
                num = self._versions.add(cast("list[Carried]", items))
            self._logs.extend(log, num, len(items))
            if len(self._logs.of(log.author)) > 1:
                self._versions.touched |= twins.records_between(self._link, num, num + len(items))

    def _recheck(self, author: AuthorId) -> None:
        """Of an author that is cut off, or not certified, see which of the new versions count."""
        word = self._charter.standing(author)
        if word.cuts is not None or not word.is_certified:
            self._versions.touched |= standing.set_standing(self._link, self._charter, author)

    # --- holes --------------------------------------------------------------------------------------------------------

    def fill(self, filling: Filling) -> None:
        """Store what a session checked of holes it had asked for. What is no absent hole here any more is passed over.

        What the giver says to be erased is not wanted from it again.
        """
        log = logs.find_log(self._link, filling.author, filling.branch)
        for _, stretch in groupby(enumerate(filling.versions), lambda one: one[1].version.seq - one[0]):
            versions = [carried for _, carried in stretch]
            self._fill(log, versions[0].version.seq, versions)
        for start, stop in filling.erased:
            self._deny(log, (start, stop), range(start, stop), filling.giver)
        self._recheck(filling.author)

    def _fill(self, log: int, start: int, versions: Sequence[Carried | Hole]) -> None:
        absent = holes.absent_rows(self._link, log, start, start + len(versions))
        rows: dict[int, Carried] = {}
        for seq, one in enumerate(versions, start):
            num, expected = absent.get(seq, (0, None))
            if isinstance(one, Carried) and one.id == expected:
                rows[num] = one
        self._versions.fill(rows)

    def _deny(self, log: int, stretch: tuple[int, int], erased: Container[int], giver: DeviceId) -> None:
        absent = holes.absent_rows(self._link, log, *stretch)
        holes.deny(self._link, [num for seq, (num, _) in absent.items() if seq in erased], giver)

    # --- the guest pen ------------------------------------------------------------------------------------------------

    def pen_part(self, part: LogPart, device: DeviceId) -> bool:
        """Keep a part, checked as a session checks it, of an author that is no member's; `device` brought it.

        Returns whether it is here: not where the part before it is not, or where there is no room. What a steward has
        accepted, or is in the log already, goes there; the rest into the pen, until it is accepted or thrown away.
        """
        word = self._charter.standing(part.author)
        if word.device is not None:
            raise LocalProtocolError(what="A part of an author that is a member's is not for the pen.")
        if word.is_named and (part.start < _accepted_size(word) or self._holds(part)):
            self.add_part(part)
            return True
        return pen.pen_part(self._link, part, device)

    def pen_form(self, data: bytes, device: DeviceId) -> bool:
        """Keep a form that a guest gave until a version that names it is accepted. Returns whether there is room."""
        return pen.pen_form(self._link, form_hash(data), data, device)

    def _holds(self, part: LogPart) -> bool:
        return any(log.sealed >= part.seal.size for log in self._logs.of(part.author))

    def _leave_pen(self, author: AuthorId) -> None:
        """What is a member's, or a steward has accepted, becomes part of the author's log."""
        word = self._charter.standing(author)
        if not word.is_named:
            return
        forms: set[bytes] = set()
        size = LOG_VERSIONS_MAX if word.device is not None else _accepted_size(word)
        for part in pen.take_parts(self._link, author, size):
            self.add_part(part)
            forms.update(one.version.schema for one in part.versions if isinstance(one, Carried))
        for form in sorted(forms):
            data = pen.take_form(self._link, form)
            if data is not None:
                self.add_form(data)

    def discard(self, author: AuthorId) -> int:
        """Throw away what lies in the pen of an author. Returns how many versions it was."""
        return pen.discard(self._link, author)

    # --- charter, forms, files ----------------------------------------------------------------------------------------

    def add_charter(self, entries: Iterable[CharterEntry]) -> None:
        """Store charter entries, and see anew which versions count. Entries the charter refuses are left out."""
        known = {**self._charter.entries, **self._charter.waiting}
        self._set_charter(self._charter.extended(entries), known)

    def replace_charter(self, entries: Iterable[CharterEntry]) -> None:
        """Join another mesh: its charter takes the place of the one here."""
        charter = Charter.of(entries)
        self._destroy_hidden()
        self._link.run("DELETE FROM charter")
        self._set_charter(charter, {})

    def _set_charter(self, charter: Charter, stored: Mapping[EntryId, CharterEntry]) -> None:
        kept = [*charter.entries.values(), *charter.waiting.values()]
        # Of two sets of signatures under one id the charter keeps one, not always the one that is stored.
        self._link.run_many(
            "INSERT OR REPLACE INTO charter VALUES (?, ?)",
            [(entry.id, entry.encode()) for entry in kept if stored.get(entry.id) is not entry],
        )
        # What gave up its place to what ranks higher, in a charter that is full.
        self._link.run_many("DELETE FROM charter WHERE id = ?", [(one,) for one in stored.keys() - charter.held])
        before, self._charter = self._charter, charter
        self._has_charter = True
        self._versions.touched |= receipts.changed_records(self._link, before, charter)
        for author in standing.changed_authors(self._link, before, charter):
            self._versions.touched |= standing.set_standing(self._link, charter, author)
        for author in pen.penned_authors(self._link):
            self._leave_pen(author)

    def add_form(self, data: bytes) -> FormHash:
        """Store an encoded form. Returns its hash."""
        form = form_hash(data)
        if self._link.run("INSERT INTO forms VALUES (?, ?) ON CONFLICT DO NOTHING", (form, data)):
            self._fresh_forms.add(form)
            self._forms = self._versions.forms = Forms(self._link)
            self._versions.touched |= states.awaiting(self._link, form)
        return form

    def add_file(self, content: Iterable[bytes]) -> tuple[FileHash, int]:
        """Store a file of this device's own. Returns its hash and size. Raises InvalidInput where it is too large."""
        file, size = files.add_file(self._link, content)
        self._files.add(file)
        return file, size

    def drop_unnamed_files(self, hashes: Iterable[FileHash]) -> None:
        """Drop those of these files that no record names."""
        files.drop_unnamed(self._link, hashes)

    def add_chunk(self, file: FileHash, size: int, offset: int, data: bytes) -> bool:
        """Store a piece of a file some version names. Returns whether the file is whole now.

        Pieces that do not go on where the file stops here are passed over. A file that is complete and has another
        hash than its name begins anew.
        """
        is_whole = files.add_chunk(self._link, self._digests, files.Piece(file, size, offset, data))
        if is_whole:
            self._files.add(file)
        return is_whole

    # --- notes --------------------------------------------------------------------------------------------------------

    def put_meta(self, name: str, value: bytes) -> None:
        """Note a named value: a key of this device, a secret of its mesh, a setting."""
        notes.put_meta(self._link, name, value)

    def drop_meta(self, name: str) -> None:
        """Forget a named value."""
        notes.drop_meta(self._link, name)

    def put_peer(self, peer: notes.Peer) -> None:
        """Note a peer in place of what was noted of it."""
        notes.put_peer(self._link, peer)

    def drop_peer(self, device: DeviceId) -> None:
        """Forget a peer and its last tally."""
        notes.drop_peer(self._link, device)

    def put_destination(self, destination: notes.Destination) -> None:
        """Note a destination in place of what was noted of it."""
        notes.put_destination(self._link, destination)

    def drop_destination(self, destination: DestinationId) -> None:
        """Forget a destination. Observations of it stay: they are versions."""
        notes.drop_destination(self._link, destination)

    def put_tally(self, tally: notes.KeptTally) -> None:
        """Keep the tally of a session in place of the one before."""
        notes.put_tally(self._link, tally)
        if tally.ours.charter == tally.theirs.charter == self._charter.hash:
            erasures.note_heard(self._link, tally.device)

    def note_read(self, destination: DestinationId, names: Iterable[Name], now_ms: int) -> None:
        """Note that this device itself has just read these records at a destination, at that wall time in milliseconds.

        It counts for those that are delivered there as this change leaves them: the first time, and a second one where
        that is a day later. When a record comes to show something else, or is no longer delivered, both begin anew.
        """
        self._reads += [notes.Read(destination, name, now_ms) for name in names]

    # --- lists --------------------------------------------------------------------------------------------------------

    def put_listed(self, records: Iterable[int], listed: Iterable[listings.Listed]) -> None:
        """Put `records` into the lists again: those that are `listed`; the others are not shown."""
        listings.put_listed(self._link, records, listed)

    def unlist_table(self, table: str) -> None:
        """Have all records of a table listed anew, because what is shown of them has changed."""
        listings.unlist_table(self._link, table)

    def keep_order(self, table: str, field: str) -> bool:
        """Keep the records of a table in order of a field from now on. Returns whether that can be done."""
        return listings.keep_order(self._link, table, field)

    # --- the end ------------------------------------------------------------------------------------------------------

    def derive_all_states(self) -> int:
        """Derive the states of all records anew. Returns how many there are."""
        return self._states.derive_all()

    @property
    def _states(self) -> states.States:
        return states.States(self._link, self._forms, self._charter)

    def finish(self) -> None:
        """Derive what follows, make it all durable, and say what was done."""
        self._carry_out_erasures(self._erasures)
        derived = self._states.derive(sorted(self._versions.touched))
        names = self._versions.names | states.names_of(self._link, derived)
        for read in self._reads:
            notes.put_read(self._link, read)
        self._link.commit(is_bulk=self._versions.count >= _BULK_VERSIONS)
        self.committed = Committed(
            records=frozenset(names),
            logs=tuple(log.held for log in self._logs.touched.values() if log.sealed),
            has_charter=self._has_charter,
            forms=frozenset(self._fresh_forms),
            files=frozenset(self._files),
            has_holes=self._versions.has_changed_holes,
        )


def _accepted_size(word: AuthorStanding) -> int:
    """How far stewards have accepted some log of an author."""
    return max((head.size for head in word.accepts), default=0)


def _cuts(sealed: int, sizes: list[int]) -> Iterable[tuple[int, int]]:
    """Where to seal: at every 1,024th version, after so many bytes, and at the end; with the bytes of each span."""
    size_bytes = 0
    for at, length in enumerate(sizes, sealed + 1):
        size_bytes += length
        if at % PART_VERSIONS_MAX == 0 or size_bytes >= PART_BYTES_SEALED or at == sealed + len(sizes):
            yield at, size_bytes
            size_bytes = 0
