"""The store of one device: one folder, one owner, one writer.

Everything a session hands over, and everything a person writes, goes through `change`; what it committed is durable
when the `with` block ends. Reading sees what is committed and nothing else. Reads may come from any thread; changes
wait for each other.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from edenmesh.core.ids import AuthorId
from edenmesh.core.ports import Entropy
from edenmesh.errors import LocalProtocolError, StoreDamaged, StoreLocked, StoreMissing, UsageError
from edenmesh.store import erasures
from edenmesh.store.database import Database
from edenmesh.store.deleted import Deleted
from edenmesh.store.files import Digests
from edenmesh.store.folder import Folder
from edenmesh.store.forms import Forms
from edenmesh.store.keys import (
    DatabaseKey,
    KeyCost,
    choose_cipher,
    make_key,
    read_cpu_flags,
    unwrap_key,
    wrap_key,
)
from edenmesh.store.listings import Listings
from edenmesh.store.logs import read_logs
from edenmesh.store.migrations import migrate
from edenmesh.store.notes import Notes
from edenmesh.store.records import Records
from edenmesh.store.snapshot import Kept, StoreSnapshot
from edenmesh.store.states import RULES
from edenmesh.store.transaction import Transaction

_RULES: Final = "store.rules"


class OwnLog(NamedTuple):
    """The log of an author of this device: versions in it, how many are sealed, and whether it may be written to.

    It may not once somebody else is known to have written with the key; then a new author key is to be taken.
    """

    size: int
    sealed: int
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Statistics:
    """What `doctor` shows of a store: SQLite's settings, sizes, rows by table, and what its own check finds wrong."""

    settings: dict[str, str]
    database_bytes: int
    wal_bytes: int
    rows: dict[str, int]
    problems: list[str]


class Store:
    """An open store. Make one with `create` or `open`, close it with `close` or as a context."""

    def __init__(self, folder: Folder, key: DatabaseKey) -> None:
        """Use `create` or `open`."""
        self.folder: Final = folder.path
        self._folder = folder
        self._database = Database(folder.database, key)
        try:
            # Checked before anything is written to it, so that a damaged file stays as it is.
            self._database.require_sound()
            migrate(self._database.writer)
            self._snapshot = StoreSnapshot(self._database.reader)
            self._snapshot.charter()
        except BaseException:
            self._database.close()
            raise
        reader = self._database.reader
        self._forms = Forms(self._database.writer)
        self._records_forms = Kept(lambda: Forms(reader))
        self.records: Final = Records(reader, self._records_forms.get, self._snapshot.charter)
        self.listings: Final = Listings(reader)
        self.notes: Final = Notes(self._database.reader)
        self.deleted: Final = Deleted(reader, self._snapshot.charter)
        self._digests = Digests()
        self._writing = threading.Lock()
        self._writer: int | None = None
        try:
            if self.notes.meta(_RULES) != str(RULES).encode():
                self._derive_anew()
            self.settle_destroyed()
        except BaseException:
            self._database.close()
            raise

    @classmethod
    def create(
        cls,
        directory: Path,
        passphrase: str,
        *,
        entropy: Entropy,
        cost: KeyCost | None = None,
        cpu_flags: Callable[[], str] = read_cpu_flags,
    ) -> Self:
        """Make a new and empty store. The key file is written last: before that there is no store in the folder.

        Raises UsageError where there is one already.
        """
        folder = Folder.take(directory)
        try:
            if folder.key.exists():
                raise UsageError(
                    what=f"There is a store in {directory} already.",
                    do="Use it as it is, or name another folder with `--home`.",
                )
            key = make_key(choose_cipher(cpu_flags), entropy)
            folder.prepare_database()
            store = cls(folder, key)
        except BaseException:
            folder.release()
            raise
        try:
            folder.write_key(wrap_key(key, passphrase, entropy, cost or KeyCost()))
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def open(cls, directory: Path, passphrase: str) -> Self:
        """Open a store, bring it up to date and check it.

        Raises StoreMissing, StoreLocked, WrongPassphrase, StoreDamaged, StoreTooNew, SQLiteTooOld.
        """
        if not Folder.key_in(directory).exists():
            raise StoreMissing(what=f"There is no store in {directory}.")
        folder = Folder.take(directory)
        try:
            key = unwrap_key(folder.key.read_bytes(), passphrase)
            if not folder.database.exists():
                raise StoreDamaged(what=f"The database {folder.database} is gone.", kept="The key file is still there.")
            return cls(folder, key)
        except BaseException:
            folder.release()
            raise

    def close(self) -> None:
        """Close the store and let others open it."""
        self._database.close()
        self._folder.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def place(self) -> bytes:
        """What tells this store from a copy of it, or from one restored in its place.

        That is the inode of the database, and when the key file was last made or copied: a file system gives the inode
        of a file that is gone to the next one.
        """
        inode, changed_ns = self._folder.database.stat().st_ino, self._folder.key.stat().st_ctime_ns
        return inode.to_bytes(8, "big") + changed_ns.to_bytes(8, "big")

    @property
    def snapshot(self) -> StoreSnapshot:
        """What is held, as a session reads it."""
        return self._snapshot

    @contextmanager
    def change(self) -> Generator[Transaction]:
        """Change the store in one piece: durable when the block ends, undone when it raises.

        Waits while another thread changes it. Raises DiskFull, StoreDamaged.
        """
        if self._writer == threading.get_ident():
            raise LocalProtocolError(what="A change of the store was begun inside another.")
        link = self._database.writer
        with self._writing:
            self._writer = threading.get_ident()
            try:
                link.begin()
                transaction = Transaction(link, self._snapshot.charter(), self._digests, self._forms)
                yield transaction
                transaction.finish()
            except BaseException:
                link.roll_back()
                raise
            finally:
                self._writer = None
            if (committed := transaction.committed) is not None:
                if committed.forms:
                    self._forms = Forms(link)
                    self._records_forms.expire()
                charter = transaction.charter if committed.has_charter else None
                self._snapshot.expire(charter=charter, has_holes=committed.has_holes)
            if transaction.has_destroyed:
                self._settle_destroyed(is_due=True)

    def own_log(self, author: AuthorId) -> OwnLog:
        """How far the log of one of this device's authors is; empty where nothing was written yet."""
        logs = read_logs(self._database.reader, author)
        if not logs:
            return OwnLog(0, 0, is_ours=True)
        return OwnLog(logs[0].size, logs[0].sealed, is_ours=len(logs) == 1 and logs[0].is_ours)

    def branches(self) -> dict[AuthorId, int]:
        """Authors whose log has forked, with the number of branches: each was written with on two devices."""
        counts: dict[AuthorId, int] = {}
        for held in self._snapshot.log_heads():
            counts[held.author] = counts.get(held.author, 0) + 1
        return {author: count for author, count in counts.items() if count > 1}

    def derive_states(self) -> int:
        """Derive the state of every record anew. Returns how many there are."""
        with self.change() as change:
            return change.derive_all_states()

    def _derive_anew(self) -> None:
        """States were derived by rules of another program version."""
        with self.change() as change:
            change.derive_all_states()
            change.put_meta(_RULES, str(RULES).encode())

    def settle_destroyed(self) -> bool:
        """Empty the write-ahead log where it may have copies of what was destroyed. Returns whether it has none now."""
        with self._writing:
            return self._settle_destroyed()

    def _settle_destroyed(self, *, is_due: bool = False) -> bool:
        link = self._database.writer
        if not (is_due or erasures.has_unsettled(link)):
            return True
        try:
            link.write_home()
        except StoreLocked:
            return False  # somebody reads in this very moment: again later
        link.begin()
        erasures.note_settled(link)
        link.commit()
        return True

    def settle(self) -> None:
        """Write what was loaded in bulk into its place; for a quiet moment."""
        self._database.writer.write_home()

    def statistics(self) -> Statistics:
        """What `doctor` shows. Reads every page of the database."""
        reader = self._database.reader
        tables = ("records", "versions", "authors", "logs", "spans", "seals", "charter", "forms", "files", "peers")
        wal = self._folder.database.with_name(f"{self._folder.database.name}-wal")
        return Statistics(
            settings=reader.settings(),
            database_bytes=self._folder.database.stat().st_size,
            wal_bytes=wal.stat().st_size if wal.exists() else 0,
            rows={table: reader.number(f"SELECT count(*) FROM {table}") for table in tables},
            problems=reader.check(),
        )
