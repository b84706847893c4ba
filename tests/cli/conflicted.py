"""A device with records to decide about, as two people make them who edit the same ones apart and then meet."""

import json
from collections.abc import Callable
from pathlib import Path

from edenmesh.node import Device, Json
from edenmesh.standin import StandinServer
from tests.cli.processes import Home
from tests.net.loop import in_loop
from tests.node.devices import PASSPHRASE, World, part, sync, team
from tests.node.gateway import deliver, device_at, pull

TABLE = "cr_shelter"
Values = dict[str, Json]
Edit = Callable[[Device, str, int], None]


def conflicted(
    folder: Path, count: int, *, mine: Edit, yours: Edit, form: bytes = b"", first: Values | None = None
) -> Home:
    """Amina's device, stopped, after she and Bo edited `count` records apart and met; records are named by number."""

    @in_loop
    async def live() -> None:
        async with team(World(folder), "Amina", "Bo") as (amina, bo):
            if form:
                amina.add_form(form)
            uuids = [amina.add(TABLE, {"name": f"School {number:02}", **(first or {})}).uuid for number in range(count)]
            assert (await sync(bo, amina)).is_everything
            await part(amina, bo)
            for number, uuid in enumerate(uuids):
                mine(amina, uuid, number)
                yours(bo, uuid, number)
            assert (await sync(bo, amina)).is_everything
            assert len(amina.conflicts()) == count

    live()
    return _home(folder, PASSPHRASE)


def contested(folder: Path, *, owned: str, other: str) -> Home:
    """A device with two strands under a uuid that the one named `owned` owns."""
    device = World(folder).make("Amina")
    uuid = device.add(TABLE, {"name": owned}).uuid
    device.import_document(json.dumps({f"$_{TABLE}": [{"@uuid": uuid, "name": other}]}).encode())
    device.close()
    return _home(folder, PASSPHRASE)


def set_back(folder: Path, server: StandinServer, count: int) -> Home:
    """A device whose server was set back: its records were 'First' there, and 'Second' later."""

    @in_loop
    async def live() -> None:
        with device_at(folder / "amina", server) as device:
            uuids = [device.add("org_organisation", {"name": f"First {number}"}).uuid for number in range(count)]
            await deliver(device)
            backup = server.snapshot()
            for number, uuid in enumerate(uuids):
                device.edit("org_organisation", uuid, {"name": f"Second {number}"})
            await deliver(device)
            server.restore(backup)
            await pull(device)
            assert len(device.conflicts()) == count

    live()
    return _home(folder, "correct horse")


def _home(folder: Path, passphrase: str) -> Home:
    home = Home(folder, "Amina")
    home.passphrase.write_text(f"{passphrase}\n")
    return home


def setting(name: str, value: Callable[[int], Json]) -> Edit:
    """An edit that gives a field a value by the record's number."""

    def edit(device: Device, uuid: str, number: int) -> None:
        device.edit(TABLE, uuid, {name: value(number)})

    return edit


def deleting(device: Device, uuid: str, _number: int) -> None:
    device.retract(TABLE, uuid)
