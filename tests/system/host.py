"""A whole device as a program for tests: it tells in lines of JSON what happens, and ends with its input.

usage: python -m tests.system.host show|find FOLDER NAME [ADDRESS]
"""

import asyncio
import json
import sys
from pathlib import Path

from edenmesh import Device, PairingTask, Settings
from edenmesh.core.ids import format_id
from edenmesh.node import Json
from edenmesh.store import KeyCost

PHOTO = bytes(range(256)) * 2000
SETTINGS = Settings(key_cost=KeyCost(memory_kib=64, passes=1, lanes=1))


def tell(event: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def tell_records(device: Device) -> None:
    status = device.status()
    labels = sorted(row.label for row in device.page("org_facility")[0])
    tell("holds", records=status.records, files_missing=status.files_missing, labels=labels)


async def agree(task: PairingTask) -> None:
    """The test compares what both screens show; each device's person says yes."""
    code = await task.code()
    tell("code", code=code.code, joining=code.joining, peer=code.peer_name)
    task.answer(True)
    tell("paired", peer=(await task.result()).name)


async def show(device: Device) -> None:
    image = device.add_file(PHOTO, label="roof.jpg")
    device.add("org_facility", {"name": "School 3", "comments": "120 places"})
    photo: dict[str, Json] = {"file": format_id("h", image.hash), "label": image.label, "size": image.size}
    device.add("doc_image", {"name": "Roof", "file": photo})
    shown = await device.show(5)
    pairings: asyncio.Queue[PairingTask] = asyncio.Queue()
    device.on_pairing(pairings.put_nowait)
    tell("shown", call_sign=shown.call_sign, port=shown.port)
    await agree(await pairings.get())
    device.on_commit(lambda _: tell_records(device))


async def find(device: Device, target: str) -> None:
    device.add("org_facility", {"name": "Clinic"})
    while not target:
        seen = await device.nearby(3)
        tell("nearby", call_signs=[one.call_sign for one in seen])
        target = seen[0].call_sign if seen else ""
    await agree(await device.pair(target))
    [peer] = device.sync_peers()
    async for update in device.sync(peer):
        if update.is_done:
            tell("synced", missing=update.missing, ended=update.ended)
    tell_records(device)
    [school] = [row for row in device.page("org_facility")[0] if row.label == "School 3"]
    device.edit("org_facility", school.uuid, {"name": "School 3 (open)"})
    tell("edited")


async def main(role: str, folder: Path, name: str, target: str) -> None:
    async with Device.create(folder, name=name, passphrase="a passphrase", settings=SETTINGS) as device:
        await (show(device) if role == "show" else find(device, target))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else ""))
