"""The folder of a store: who may read it, which one process has it open, and files written whole or not at all.

Permissions are set before the first byte is written, whatever the umask is: 0700 for the folder, 0600 for files
(SQLite gives its WAL and shared memory the mode of the database). One process owns the folder by a lock that the
system drops when the process dies, so no stale lock is ever to be removed by hand.
"""

import fcntl
import os
from pathlib import Path
from typing import Final, Self

from edenmesh.errors import StoreError, StoreLocked, UsageError

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


class Folder:
    """A store's folder, owned by this process until `release`."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path: Final = path
        self._lock: int | None = lock

    @staticmethod
    def database_in(path: Path) -> Path:
        """Where a store keeps its database."""
        return path / "store.db"

    @staticmethod
    def key_in(path: Path) -> Path:
        """Where a store keeps its wrapped key. A folder with this file holds a store."""
        return path / "key"

    @classmethod
    def take(cls, path: Path) -> Self:
        """Make the folder if need be, close it to others and own it.

        Raises StoreLocked where another process owns it, StoreError where the folder cannot be used, UsageError for a
        folder with other things in it: closing that to others would close those, too.
        """
        if not _is_ours_to_close(path):
            raise UsageError(
                what=f"There are other things in the folder {path}.", do="Name an empty folder, or a new one."
            )
        try:
            path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            path.chmod(_FOLDER_MODE)
            lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _FILE_MODE)
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
            os.close(lock)
            raise StoreLocked(what=f"Process {owner or 'unknown'} has the store in {path} open.") from None
        os.fchmod(lock, _FILE_MODE)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return cls(path, lock)

    @property
    def database(self) -> Path:
        """The database file."""
        return self.database_in(self.path)

    @property
    def key(self) -> Path:
        """The file of the wrapped key."""
        return self.key_in(self.path)

    def prepare_database(self) -> None:
        """Make an empty database file that only its owner can read, in place of any that was begun and not finished."""
        for name in (f"{self.database.name}-wal", f"{self.database.name}-shm", self.database.name):
            (self.path / name).unlink(missing_ok=True)
        _make(self.database)

    def write_key(self, data: bytes) -> None:
        """Write the key file whole and durably, or not at all. It is the last step of making a store."""
        draft = self.path / "key.new"
        draft.unlink(missing_ok=True)
        _make(draft, data)
        draft.replace(self.key)
        _sync_folder(self.path)

    def release(self) -> None:
        """Let others open the store."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _make(path: Path, data: bytes = b"") -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE)
    try:
        os.fchmod(file, _FILE_MODE)
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    finally:
        os.close(file)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_ours_to_close(path: Path) -> bool:
    """Whether nothing stands in the folder but what a store, or one that was begun and not finished, has there."""
    try:
        names = {one.name for one in path.iterdir()}
    except OSError:
        return True  # not there, or not readable: what is done next says so
    return not names or "key" in names or "lock" in names


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        what=f"The folder {path} cannot be used: {error.strerror}.",
        kept="Nothing was made.",
        do="Name a folder on this machine that you may write to with `--home`.",
    )
