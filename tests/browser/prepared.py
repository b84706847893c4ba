"""What two devices hold before a test begins: made in this process, by the devices' own means, before they are started.

The browser's driver has the loop of the test's thread, so what needs a loop runs in a thread of its own.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from edenmesh.node import Device
from tests.browser.devices import Started
from tests.node.devices import pair, part, sync
from tests.web.test_pages_records import FORM as REPORTS

TABLE: Final = "cr_shelter"
NAMES: Final = ("School", "Old mill", "Sports hall", "Church of St Anne", "Market")
SHELTERS: Final = b"""format = 1
table = "cr_shelter"
title = "Shelters"
label = "Shelter"

[[field]]
name = "name"
type = "string"
label = "Name"
required = true

[[field]]
name = "capacity"
type = "integer"
label = "Beds"

[[field]]
name = "status"
type = "string"
label = "Status"
options = [["open", "Open"], ["full", "Full"], ["closed", "Closed"]]

[[field]]
name = "comments"
type = "text"
label = "Comments"
"""

Work = Callable[[Device, Device], Awaitable[None]]


def in_thread(work: Coroutine[object, object, None]) -> None:
    """Run what needs a loop to its end."""
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, work).result()


def make_alone(started: Started, *forms: bytes, **records: str) -> None:
    """A device with forms, and a record of each table by its name."""

    async def live() -> None:
        device = started.opened()
        for form in forms:
            device.add_form(form)
        for table, name in records.items():
            device.add(table, {"name": name})
        device.close()

    started.make()
    in_thread(live())


def make_team(ours: Started, theirs: Started, *work: Work) -> None:
    """Two devices that were paired; then `work` on both."""

    async def live() -> None:
        async with ours.opened() as one, theirs.opened() as two:
            await pair(two, one)
            for step in work:
                await step(one, two)

    ours.make()
    theirs.make()
    in_thread(live())


async def meet(one: Device, two: Device) -> None:
    """They sync to the end and part."""
    assert (await sync(two, one)).is_everything
    await part(two, one)


async def shelters(one: Device, two: Device) -> None:
    """Forms and a few records, on both."""
    one.add_form(SHELTERS)
    one.add_form(REPORTS.encode())
    for number, name in enumerate(NAMES):
        one.add(TABLE, {"name": name, "capacity": 40 + number, "status": "open"})
    await meet(one, two)


async def disagreement(one: Device, two: Device) -> None:
    """Both change the beds and the status of the school, knowing nothing of each other."""
    [school] = [row.uuid for row in one.records.page(TABLE)[0] if row.fields.get("name") == "School"]
    one.edit(TABLE, school, {"capacity": 80, "status": "full"})
    two.edit(TABLE, school, {"capacity": 95, "status": "closed"})
    await meet(one, two)


async def one_name(one: Device, two: Device) -> None:
    """Both bring a different record under one uuid."""
    for device, name in ((one, "Clinic at the ford"), (two, "Bakery")):
        row = {"@uuid": "urn:uuid:7b0e9ac4-51a3-4b52-9a5e-2f6f1c9b7d10", "name": name}
        device.import_document(json.dumps({f"$_{TABLE}": [row]}).encode())
    await meet(one, two)


def many(count: int) -> Work:
    """Records that one has and two has not."""

    async def step(one: Device, _two: Device) -> None:
        rows = [
            {"@uuid": f"urn:uuid:00000000-0000-4000-a000-{number:012x}", "name": f"Shelter {number}", "capacity": 5}
            for number in range(count)
        ]
        one.add_form(SHELTERS)
        one.import_document(json.dumps({f"$_{TABLE}": rows}).encode())

    return step


def count_of(device: Started, table: str = TABLE) -> int:
    """How many records of a table a running device has."""
    tables = device.ask("/api/tables")
    assert isinstance(tables, list)
    return next((one["records"] for one in tables if one["table"] == table), 0)
