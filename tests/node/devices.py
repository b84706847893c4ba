"""Devices for tests: quick to make, on loopback, stopped and closed in the end; and two people who pair them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from edenmesh.core.records import RecordState
from edenmesh.core.session import Ended
from edenmesh.net import TcpTransport, Transport
from edenmesh.node import Device, PairedView, PairingTask, PeerEvent, Settings, SyncUpdate
from edenmesh.store import KeyCost
from tests.net.loop import until

QUICK = KeyCost(memory_kib=32, passes=1, lanes=1)
PASSPHRASE = "river bank"


@dataclass
class Clock:
    """A clock that goes on as time does, and may be put forward."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead

    def wall(self) -> float:
        return time.time() + self.ahead


@dataclass(frozen=True)
class World:
    """What the devices of one test share."""

    folder: Path
    transport: Transport = field(default_factory=TcpTransport)
    clock: Clock = field(default_factory=Clock)

    def settings(self, **changes: object) -> Settings:
        """Loopback alone, quick keys, and nobody dials who was not told to."""
        settings = Settings(
            host="127.0.0.1",
            interfaces=("127.0.0.1",),
            is_announcing=False,
            redial_seconds=3600,
            key_cost=QUICK,
            transport=self.transport,
            clock=self.clock,
            wall_clock=self.clock.wall,
        )
        return replace(settings, **changes)  # type: ignore[arg-type]

    def make(self, name: str, **changes: object) -> Device:
        """A new device."""
        return Device.create(
            self.folder / name.lower(), name=name, passphrase=PASSPHRASE, settings=self.settings(**changes)
        )

    def reopen(self, name: str, **changes: object) -> Device:
        """A device made before."""
        return Device.open(self.folder / name.lower(), passphrase=PASSPHRASE, settings=self.settings(**changes))


@asynccontextmanager
async def running(world: World, *names: str, **changes: object) -> AsyncIterator[list[Device]]:
    """New devices that listen. When they have stopped nothing of them may be under way."""
    before = asyncio.all_tasks()
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(world.make(name, **changes)) for name in names]
    left = asyncio.all_tasks() - before
    assert not left, f"still under way: {left}"


@asynccontextmanager
async def team(world: World, *names: str, **changes: object) -> AsyncIterator[list[Device]]:
    """New devices that listen, all paired with the first."""
    async with running(world, *names, **changes) as devices:
        for other in devices[1:]:
            await pair(other, devices[0])
        yield devices


def address(device: Device) -> str:
    return f"127.0.0.1:{device.status().port}"


async def begin(dialler: Device, shower: Device, target: str = "") -> tuple[PairingTask, PairingTask]:
    """Two devices meet to pair, as far as the code on both screens."""
    if not shower.status().visible_until:
        await shower.show(5)
    came: list[PairingTask] = []
    stop = shower.on_pairing(came.append)
    ours = await dialler.pair(target or address(shower))
    codes = [await ours.code()]
    await until(lambda: bool(came))
    codes.append(await came[0].code())
    assert codes[0].code == codes[1].code
    stop()
    return ours, came[0]


async def pair(dialler: Device, shower: Device, *, introducer: bool = False) -> tuple[PairedView, PairedView]:
    """Two people compare and agree."""
    ours, theirs = await begin(dialler, shower)
    ours.answer(True, introducer=introducer)
    theirs.answer(True, introducer=introducer)
    views = await ours.result(), await theirs.result()
    await shower.hide()
    return views


async def sync(ours: Device, theirs: Device, *, at: str = "") -> SyncUpdate:
    """Sync to the end and return how that was."""
    updates = [update async for update in ours.sync(theirs.name, address=at or address(theirs))]
    assert updates[-1].is_done
    assert not any(update.is_done for update in updates[:-1])
    return updates[-1]


async def part(ours: Device, theirs: Device) -> None:
    """End the session of two devices, however it was."""
    for device, other in ((ours, theirs), (theirs, ours)):
        device._meetings.drop(other.device_id, "parted", "The test parts them.", text_here="The test parts them.")
    await until(lambda: not (is_connected(ours, theirs) or is_connected(theirs, ours)))


def is_connected(ours: Device, theirs: Device) -> bool:
    return theirs.device_id in ours._meetings.connected


def ends(device: Device) -> list[Ended]:
    """What is told of ended sessions from now on."""
    told: list[Ended] = []

    def hear(event: PeerEvent) -> None:
        if isinstance(event.event, Ended):
            told.append(event.event)

    device._meetings.listen(hear)
    return told


def states(device: Device) -> dict[tuple[str, str], RecordState]:
    """What the device shows of all its records."""
    records = device._parts.store.records
    return {
        (row.table, row.uuid): records.versions_of(row.num).state()
        for table in records.tables()
        for row in records.page(table.name, limit=100_000, with_deleted=True)
    }


def version_count(device: Device) -> int:
    return device._parts.store.statistics().rows["versions"]


def value(device: Device, table: str, uuid: str, name: str) -> object:
    """What a field of a record shows; None where neither is there."""
    record = states(device).get((table, uuid))
    if record is None or name not in (strand := record.strands[0]).values:
        return None
    return strand.values[name]
