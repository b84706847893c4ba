"""A device with a stand-in as its destination, and an audit of its receipts that trusts nothing of the program's own.

The audit asks the stand-in itself what it holds, record by record, and reads its answer by rules of its own.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal

from edenmesh.core.records import ALIAS, MASTER, Content, File, Reference, content_text
from edenmesh.demo.dataset import Dataset, make_dataset
from edenmesh.node import DeliveryResult, Device, PullResult, Settings
from edenmesh.standin import USERS, StandinServer
from edenmesh.standin.s3json import Json
from edenmesh.store import KeyCost

QUICK = KeyCost(memory_kib=64, passes=1, lanes=1)
COMPUTED = {"root_organisation", "path", "pe_id", "doc_id"}
"""Fields the stand-in computes, as the real server does, and keys by which components hang on their masters."""


class Ticking:
    """A server's clock that shows a later second whenever it is read."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


@contextmanager
def device_at(home: Path, server: StandinServer, name: str = "Amina", *, url: str = "") -> Iterator[Device]:
    """A new device that knows the server, closed in the end."""
    settings = Settings(host="127.0.0.1", is_announcing=False, key_cost=QUICK)
    device = Device.create(home, name=name, passphrase="correct horse", settings=settings)
    user = USERS[0]
    try:
        url = url or server.url
        device.set_destination("server", url, user=user.email, password=user.password, is_http_allowed=True)
        yield device
    finally:
        device.close()


async def deliver(device: Device, *, is_again: bool = False) -> DeliveryResult:
    """Deliver and return the result; the steps told on the way must be sound."""
    result: DeliveryResult | None = None
    async for update in device.deliver(is_again=is_again):
        assert 0 <= update.done <= update.total
        result = update.result
    assert result is not None
    return result


async def pull(device: Device, what: Literal["all", "records"] = "all") -> PullResult:
    """Pull and return the result."""
    result: PullResult | None = None
    async for update in device.pull(what=what):
        result = update.result
    assert result is not None
    return result


def import_all(device: Device, dataset: Dataset) -> int:
    """Import a whole data set. Returns how many records that are, components included."""
    for document in dataset.documents.values():
        imported = device.import_document(document, files=dataset.photos)
        assert imported.problem_count == 0
    return dataset.records


def small_dataset(seed: int = 1) -> Dataset:
    """All kinds of records, components and photos, and few of each."""
    return make_dataset(seed, people=10, facilities=6, reports=11)


def version_count(device: Device) -> int:
    """How many versions the device holds."""
    return device._parts.store.statistics().rows["versions"]


# --- the audit --------------------------------------------------------------------------------------------------------


@dataclass
class Audit:
    """What the receipts of a device are worth: how many there are, those that lie, and records still owed."""

    receipts: int = 0
    false: list[str] = field(default_factory=list)
    owed: int = 0


def audit(device: Device, server: StandinServer) -> Audit:
    """Compare every record that counts as delivered with what the stand-in really holds."""
    store = device._parts.store
    destination = store.notes.destinations()[0].id
    owed: set[int] = set()
    after = 0
    while rows := store.records.owed(destination, after=after, limit=1000):
        owed.update(row.num for row in rows)
        after = rows[-1].num
    found = Audit(owed=len(owed))
    for table in store.records.tables():
        after = 0
        while rows := store.records.page(table.name, after=after, limit=1000, with_deleted=True):
            after = rows[-1].num
            for row in rows:
                if row.num not in owed:
                    found.receipts += 1
                    strand = store.records.versions_of(row.num).state().strand
                    assert strand is not None
                    shown = None if strand.is_deleted else strand.values
                    lies = lies_about(row.table, row.uuid, shown, server)
                    found.false.extend(f"{row.table} {row.uuid} {lie}" for lie in lies)
    return found


def lies_about(table: str, uuid: str, shown: dict[str, Content] | None, server: StandinServer) -> list[str]:
    """How what is shown here differs from what the stand-in holds, in words."""
    exported = server.record(table, uuid)
    if exported is None or shown is None:
        return (
            []
            if exported is None and shown is None
            else [f"is there: {exported is not None}, here: {shown is not None}"]
        )
    there = {name: text for name, text in texts_of(table, uuid, exported, server).items() if text}
    lies: list[str] = []
    for name, content in shown.items():
        if name == MASTER:
            assert isinstance(content, Reference)
            if uuid not in uuids_inside(content, table, server):
                lies.append("hangs on another master")
        elif name != ALIAS and not is_equal(content, there.pop(name, "")):
            lies.append(f"differs in {name}")
    lies.extend(f"has {name} there, nothing here" for name in there.keys() - COMPUTED)
    return lies


def uuids_inside(master: Reference, table: str, server: StandinServer) -> set[str]:
    """The components of a table that the stand-in shows inside a master."""
    exported = server.record(master.table, master.uuid) or {}
    listed = exported.get(f"$_{table}")
    return {str(one["@uuid"]) for one in listed if isinstance(one, dict)} if isinstance(listed, list) else set()


def texts_of(table: str, uuid: str, exported: dict[str, Json], server: StandinServer) -> dict[str, str]:
    """Field to text, read from an export by the shortest way."""
    texts: dict[str, str] = {}
    for key, value in exported.items():
        if key.startswith(("@", "$_")):
            continue
        if isinstance(value, dict) and "@filename" in value:
            content = server.file(table, uuid, key)
            texts[key] = sha256(content).hexdigest() if content is not None else ""
        elif key.startswith("$k_"):
            assert isinstance(value, dict)
            texts[key[3:]] = str(value["@uuid"])
        else:
            plain = value.get("@value") if isinstance(value, dict) else value
            texts[key] = "" if plain is None else str(plain).lower() if isinstance(plain, bool) else str(plain)
    return texts


def is_equal(ours: Content, theirs: str) -> bool:
    """Whether a text of the stand-in is a content of ours, in the form a server gives to numbers and addresses."""
    if isinstance(ours, Reference):
        return ours.uuid == theirs
    if isinstance(ours, File):
        return ours.hash.hex() == theirs
    text = content_text(ours)
    return theirs in (text, f"http://{text}", text.strip(), re.sub(r"[^\d+]", "", text))
