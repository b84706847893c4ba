"""Starting and stopping a stand-in server on loopback, for tests and for the demo."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Thread
from types import TracebackType
from typing import Self

from edenmesh.standin.accounts import USERS, User
from edenmesh.standin.answers import Eden
from edenmesh.standin.connection import Desk, Listener, Seen
from edenmesh.standin.exporting import Exporter
from edenmesh.standin.faults import Faults
from edenmesh.standin.forms import FORMS, Form
from edenmesh.standin.people import People, furnish
from edenmesh.standin.queries import Query
from edenmesh.standin.s3json import Json
from edenmesh.standin.schema import Value
from edenmesh.standin.state import Snapshot, State
from edenmesh.standin.tables import TABLES


def wall_clock() -> datetime:
    """The present time; the stand-in is a server of its own, and this is its edge."""
    return datetime.now(UTC)  # noqa: TID251


class StandinServer:
    """A stand-in for a Sahana Eden server on 127.0.0.1, in a thread of its own.

    Use it with `with` or `async with`. `faults` may be changed at any time. All records are gone when it stops.
    """

    def __init__(
        self,
        *,
        faults: Faults | None = None,
        users: Sequence[User] = USERS,
        forms: Sequence[Form] = FORMS,
        domain: str = "standin",
        clock: Callable[[], datetime] = wall_clock,
        entropy: Callable[[int], bytes] = os.urandom,  # noqa: TID251
        port: int = 0,
    ) -> None:
        state, accounts = State(TABLES), tuple(users)
        self.faults = faults or Faults()
        self.eden = Eden(state, accounts, tuple(forms), self.faults, clock, entropy, domain)
        keeper = next((user.email for user in accounts if user.is_admin), "admin@example.com")
        self._desk = Desk(self.eden, People(state, clock, entropy, keeper))
        self._port = port
        self._listener: Listener | None = None
        self._thread: Thread | None = None
        furnish(state, accounts, clock().replace(microsecond=0), entropy)

    @property
    def url(self) -> str:
        """The address a person would enter for the server, with `/eden` and without a slash at its end."""
        return self.eden.base_url

    @property
    def origin(self) -> str:
        """The address without a path; the controls are at `{origin}/standin/`."""
        return self.eden.base_url.removesuffix("/eden")

    @property
    def requests(self) -> list[Seen]:
        """What was asked so far, in order of arrival; controls are left out."""
        with self._desk.lock:
            return list(self._desk.requests)

    @property
    def fetched(self) -> list[str]:
        """The addresses that pushed records made the server fetch."""
        with self._desk.lock:
            return list(self.eden.fetched)

    def count(self, method: str, path: str = "") -> int:
        """How many requests of a method came in whose path ends so."""
        return sum(seen.method == method and seen.path.endswith(path) for seen in self.requests)

    def start(self) -> Self:
        """Begin to listen. Raises `OSError` when the port is taken."""
        self._listener = Listener(self._port, self._desk)
        self._port = self._listener.server_address[1]
        self.eden.base_url = f"http://127.0.0.1:{self._port}/eden"
        self._desk.stopping.clear()
        self._thread = Thread(target=self._listener.serve_forever, args=(0.02,), name="standin")
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection, and come back when all threads have ended. The state stays."""
        if self._listener and self._thread:
            self._listener.stop()
            self._thread.join()
        self._listener = self._thread = None

    def create(self, table: str, fields: Mapping[str, Value | None], uuid: str | None = None) -> str:
        """Enter a record as a web user; returns its uuid. A reference is given by uuid."""
        with self._desk.lock:
            return self._desk.people.create(table, fields, uuid)

    def edit(self, table: str, uuid: str, fields: Mapping[str, Value | None]) -> None:
        """Change a record as a web user; None empties a field, a reference is given by uuid."""
        with self._desk.lock:
            self._desk.people.edit(table, uuid, fields)

    def delete(self, table: str, uuid: str) -> None:
        """Delete a record as a web user."""
        with self._desk.lock:
            self._desk.people.delete(table, uuid)

    def forget(self, table: str, uuid: str) -> None:
        """Lose a record without a trace."""
        with self._desk.lock:
            self._desk.people.forget(table, uuid)

    def snapshot(self) -> Snapshot:
        """The state as it is now."""
        with self._desk.lock:
            return self.eden.state.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Set the server back to an older state."""
        with self._desk.lock:
            self.eden.state.restore(snapshot)

    def uuids(self, table: str) -> list[str]:
        """The uuids of the records of a table that are not deleted, by row id."""
        with self._desk.lock:
            return [row.uuid for row in self.eden.state.live(table)]

    def record(self, table: str, uuid: str) -> dict[str, Json] | None:
        """One record as a full export of its table shows it; None when it is not there."""
        with self._desk.lock:
            state = self.eden.state
            exporter = Exporter(state, self.eden.domain, self.eden.base_url)
            exported = exporter.export(state.tables[table], Query(), lambda row: row.uuid == uuid)
        records = exported.get(f"$_{table}")
        found = records[0] if isinstance(records, list) and records else None
        return found if isinstance(found, dict) else None

    def file(self, table: str, uuid: str, field: str) -> bytes | None:
        """The content of a record's file; None when it has none."""
        with self._desk.lock:
            row = self.eden.state.find(table, uuid)
            return self.eden.state.files.get(str(row.values.get(field))) if row else None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
