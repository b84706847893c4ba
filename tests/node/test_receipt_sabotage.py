"""Devices that cut a corner about receipts or rules of 2.6, each caught by an audit; the honest one comes through."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from edenmesh.core.ids import DestinationId
from edenmesh.core.trust import Charter
from edenmesh.node import Device
from edenmesh.node.delivery import observer
from edenmesh.node.delivery.intentions import Intentions
from edenmesh.node.records import RecordDesk
from edenmesh.standin import StandinServer
from edenmesh.store import READ_AGAIN_MS, Transaction
from tests.net.loop import in_loop
from tests.node.devices import World, pair, running, sync
from tests.node.gateway import Ticking, deliver, device_at, version_count
from tests.node.test_delivery_families import OFFICE, TABLE, UUID, document, name_there, part, strand
from tests.node.test_receipts import at, know

Sabotage = Callable[[pytest.MonkeyPatch], None]


def honest(_patch: pytest.MonkeyPatch) -> None:
    """Changes nothing."""


def believes_every_member(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Charter, "is_gateway", lambda charter, author: charter.standing(author).is_certified)


def counts_reading_twice_at_once(patch: pytest.MonkeyPatch) -> None:
    note = Transaction.note_read

    def twice(
        transaction: Transaction, destination: DestinationId, names: Iterable[tuple[str, str]], now_ms: int
    ) -> None:
        names = list(names)
        note(transaction, destination, names, now_ms)
        note(transaction, destination, names, now_ms + READ_AGAIN_MS)

    patch.setattr(Transaction, "note_read", twice)


def never_reads_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Intentions, "due_again", lambda intentions, now_ms: [])


async def lies_about_receipts(folder: Path) -> list[str]:
    """What a device says of receipts and second readings that is not so."""
    found: list[str] = []
    world = World(folder)
    with StandinServer(clock=Ticking()) as server:
        async with running(world, "Amina", "Bo") as (amina, bo):
            await pair(bo, amina)
            for device in (amina, bo):
                know(device, server)
            amina.exchanges.destinations.pin_for_team("server")
            uuid = bo.add(TABLE, {"name": "Aid"}).uuid
            assert (await sync(bo, amina)).is_everything
            await deliver(bo)
            found += ["a receipt of no gateway"] if at(bo, uuid).is_receipt else []
            found += ["read twice within a day"] if at(bo, uuid).read_again else []
            world.clock.ahead += READ_AGAIN_MS / 1000
            server.forget(TABLE, uuid)
            await deliver(bo)
            found += ["nobody saw that it was lost"] if at(bo, uuid).is_delivered else []
    return found


@pytest.mark.parametrize(
    ("sabotage", "caught"),
    [
        (honest, []),
        (believes_every_member, ["a receipt of no gateway"]),
        (counts_reading_twice_at_once, ["read twice within a day", "nobody saw that it was lost"]),
        (never_reads_again, ["nobody saw that it was lost"]),
    ],
)
@in_loop
async def test_a_device_that_lies_about_receipts_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sabotage: Sabotage, caught: list[str]
) -> None:
    sabotage(monkeypatch)
    assert await lies_about_receipts(tmp_path) == caught


def sends_references_as_they_were_written(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RecordDesk, "resides", lambda desk, reference: reference)


def takes_the_servers_words(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(observer, "as_referred", lambda row, held, resides: row)


async def wrongs_about_families(folder: Path) -> set[str]:
    """What goes wrong at a server with a strand that left and a reference to it."""
    found: set[str] = set()
    with StandinServer(clock=Ticking()) as server, device_at(folder, server) as device:
        device.import_document(document("Clinic"))
        device.import_document(document("Bakery", acronym="B"))
        reference = {"table": TABLE, "uuid": UUID, "strand": strand(device, "Bakery")}
        office = device.add(OFFICE, {"name": "Office", "organisation_id": dict(reference)}).uuid
        left = part(device, "Clinic")
        for _ in range(2):
            result = await deliver(device)
            found |= {"still owed"} if result.owed_total else set()
        names = name_there(server, UUID), name_there(server, left)
        found |= {"the wrong names"} if names != ("Clinic", "Bakery") else set()
        there = server.record(OFFICE, office) or {}
        found |= {"a reference to another"} if left not in str(there.get("$k_organisation_id")) else set()
        found |= {"a conflict nobody has"} if device.conflicts() else set()
        found |= _unrest(device, version_count(device), (await deliver(device)).sent)
    return found


def _unrest(device: Device, before: int, sent: int) -> set[str]:
    return {"no rest"} if sent or version_count(device) != before else set()


@pytest.mark.parametrize(
    ("sabotage", "is_caught"),
    [(honest, False), (sends_references_as_they_were_written, True), (takes_the_servers_words, True)],
)
@in_loop
async def test_a_device_that_forgets_where_strands_reside_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sabotage: Sabotage, is_caught: bool
) -> None:
    sabotage(monkeypatch)
    found = await wrongs_about_families(tmp_path)
    assert bool(found) is is_caught, found
