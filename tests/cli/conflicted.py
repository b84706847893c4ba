"""A device with records to decide about, as two people make them who edit the same ones apart and then meet."""

from collections.abc import Callable
from pathlib import Path

from edenmesh.node import Device, Json
from tests.cli.processes import Home
from tests.net.loop import in_loop
from tests.node.devices import PASSPHRASE, World, part, sync, team

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
    home = Home(folder, "Amina")
    home.passphrase.write_text(f"{PASSPHRASE}\n")
    return home


def setting(name: str, value: Callable[[int], Json]) -> Edit:
    """An edit that gives a field a value by the record's number."""

    def edit(device: Device, uuid: str, number: int) -> None:
        device.edit(TABLE, uuid, {name: value(number)})

    return edit


def deleting(device: Device, uuid: str, _number: int) -> None:
    device.retract(TABLE, uuid)
