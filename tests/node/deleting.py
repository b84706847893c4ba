"""What tests of deletions share: a team with a receipt, what stands in a database, and hours that pass."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from edenmesh.core.ids import DestinationId
from edenmesh.core.trust import Charter, destination_id, pin_destination
from edenmesh.node import Device, SyncUpdate
from edenmesh.standin import USERS, StandinServer
from edenmesh.store import Stage
from tests.net.loop import until
from tests.node.devices import World, part, states, sync, team

SHELTER = "cr_shelter"
HOURS = 3600.0
DAYS = 24 * HOURS


def charter(device: Device) -> Charter:
    return device._parts.team.charter


def pin(device: Device, server: StandinServer) -> DestinationId:
    """A steward pins the server that the device knows; plain http has no key."""
    user = USERS[0]
    view = device.set_destination("server", server.url, user=user.email, password=user.password, is_http_allowed=True)
    key = device._parts.identity.device_key
    entry = pin_destination(charter(device), key, address=view.url, name="server", pin=b"")
    with device._parts.desk.writing() as writing:
        writing.add_charter([entry])
    return DestinationId(destination_id(view.url))


def copies(device: Device, text: str) -> int:
    """How often a text stands anywhere in the database's pages, decrypted."""
    pages: bytes = device._parts.store._database.reader._connection.serialize("main")
    return pages.count(text.encode())


def is_settled(device: Device) -> bool:
    """Whether no erasure has left a copy in the write-ahead log, which holds a few new pages at most."""
    store = device._parts.store
    stages = [one.stage for one in store.deleted.erasures().values()]
    return all(stage is Stage.WRITTEN_HOME for stage in stages) and store.statistics().wal_bytes < 10 * 8192


def run_for(world: World, seconds: float, *devices: Device) -> None:
    """Devices run for so long."""
    for device in devices:
        device.deletions.tick()
    world.clock.ahead += seconds
    for device in devices:
        device.deletions.tick()


async def settle(ours: Device, theirs: Device) -> None:
    """Sync two devices to the end and let what came be told."""
    await sync(ours, theirs)
    await until(lambda: charter(ours).hash == charter(theirs).hash)


async def meet(ours: Device, theirs: Device) -> SyncUpdate:
    """Two members that chose each other sync once, and part."""
    for device, other in ((ours, theirs), (theirs, ours)):
        device.allow(other.name)
    ended = await sync(ours, theirs)
    await part(ours, theirs)
    return ended


@asynccontextmanager
async def acquainted(world: World, *names: str) -> AsyncIterator[list[Device]]:
    """A team in which everybody has heard of everybody, and nobody is connected."""
    async with team(world, *names) as devices:
        for _ in range(2):
            for device in devices[1:]:
                await meet(device, devices[0])
        yield devices


def shown(device: Device, uuid: str, name: str = "name", table: str = SHELTER) -> object:
    """What a field shows; None where nothing is shown."""
    state = states(device).get((table, uuid))
    return state.strands[0].values.get(name) if state is not None and state.strands else None
