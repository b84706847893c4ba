"""Gateways that cut a corner, each of which the audit must catch; the honest one comes through the same fault clean."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edenmesh.core.ids import FileHash
from edenmesh.core.records import File
from edenmesh.eden import Key, PendingFile, Refused, Row
from edenmesh.node import Device
from edenmesh.node.delivery.delivery import Delivery
from edenmesh.node.delivery.intentions import Intentions
from edenmesh.node.delivery.observer import Observer, Seen
from edenmesh.node.records.record_desk import RecordDesk
from edenmesh.standin import StandinServer
from edenmesh.store import RecordVersions
from tests.net.loop import in_loop
from tests.node.gateway import Audit, audit, deliver, device_at, import_all, small_dataset


class BelievesAnswers(Observer):
    """Reads before it sends, and takes it for granted afterwards that what was sent is there."""

    has_read = False

    async def read(self, keys: Iterable[Key]) -> AsyncIterator[list[Seen]]:
        if not self.has_read:
            async for seen in super().read(keys):
                yield seen
            self.has_read = True
            return
        yield [self.as_sent(key) for key in keys]

    def as_sent(self, key: Key) -> Seen:
        held = self.held(key)
        strand = held.state().strand
        assert strand is not None
        return Seen(key, held, Row(table=key[0], uuid=key[1], fields=strand.values))


class LooksOnlyWhetherItIsThere(Observer):
    """Reads back by uuid, and does not compare the content."""

    async def see(self, row: Row, held: RecordVersions) -> Seen:
        seen = await super().see(row, held)
        strand = held.state().strand if held.versions else None
        if strand is not None and seen.row is not None:
            seen.row = replace(seen.row, fields={**seen.row.fields, **strand.values})
        return seen


class KnowsFilesByName(Observer):
    """Takes a file with the name it sent for the file it sent."""

    async def _fetch(self, pending: PendingFile, contents: dict[FileHash, bytes]) -> File | Refused:
        for row in self._store.records.page("doc_image"):
            for value in self._store.records.versions_of(row.num).state().strands[0].values.values():
                if isinstance(value, File) and value.label == pending.label:
                    return value
        return Refused(404, "no such name")


@dataclass
class Trial:
    """One fault, and the gateway that it deceives."""

    gateway: type[Observer]
    spoil: Callable[[StandinServer], None]


def store_nothing(server: StandinServer) -> None:
    server.faults.stores_nothing = True


def drop_a_field(server: StandinServer) -> None:
    server.faults.drops_field = "org_organisation.acronym"


def mix_up_photos(server: StandinServer) -> None:
    """Every photo there has the right name and another content; the rest was delivered well, by somebody else."""
    files = server.eden.state.files
    assert len(files) == 2
    files.update({name: content[::-1] for name, content in files.items()})


TRIALS = {
    "an answer is no proof": Trial(BelievesAnswers, store_nothing),
    "presence is no proof": Trial(LooksOnlyWhetherItIsThere, drop_a_field),
    "a name is no proof": Trial(KnowsFilesByName, mix_up_photos),
}


async def deliver_as(gateway: type[Observer], device: Device) -> None:
    parts, deliveries = device._parts, device._exchanges
    destination = deliveries.destinations.find()
    catalogue = RecordDesk(parts.store, parts.desk).catalogue()
    async with deliveries.destinations.open(destination) as client:
        observer = gateway(parts, destination.id, client, catalogue)
        async for _ in Delivery(parts, client, observer, Intentions(parts.store, observer)).run():
            pass


async def receipts_of(gateway: type[Observer], trial: Trial, home: Path) -> Audit:
    with StandinServer() as server, device_at(home / "first", server) as first, device_at(home / "b", server) as device:
        if trial.spoil is mix_up_photos:
            import_all(first, small_dataset())
            await deliver(first)
        async for _ in device.pull(what="forms"):
            pass
        import_all(device, small_dataset())
        trial.spoil(server)
        await deliver_as(gateway, device)
        return audit(device, server)


@pytest.mark.parametrize("name", TRIALS)
def test_a_gateway_that_cuts_this_corner_is_caught(name: str, tmp_path: Path) -> None:
    @in_loop
    async def run() -> None:
        trial = TRIALS[name]
        caught = await receipts_of(trial.gateway, trial, tmp_path / "saboteur")
        assert caught.false != []
        honest = await receipts_of(Observer, trial, tmp_path / "honest")
        assert honest.false == []
        assert honest.owed > 0
        assert caught.owed < honest.owed

    run()
