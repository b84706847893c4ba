"""All screens of a device that has met people, for whoever looks at each of them: axe, a narrow phone, the pictures.

What the screens show is made up, and the same each time but for ids and times.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from edenmesh.core.ids import format_id
from edenmesh.demo.dataset import make_dataset
from edenmesh.node import Device
from edenmesh.standin import StandinServer
from tests.browser.devices import Started
from tests.browser.prepared import NAMES, TABLE, disagreement, make_team, meet, one_name, shelters
from tests.node.test_quarantine import handed_in
from tests.web.test_pages_records import TABLE as REPORT

SERVER: Final = "office"


@dataclass(frozen=True)
class Survey:
    """A device that runs, its peer, a server, and the addresses of its screens by what they are about."""

    device: Started
    peer: Started
    screens: dict[str, str]


@contextmanager
def surveying(folder: Path) -> Iterator[Survey]:
    """A device with something on every screen, and its peer, both started."""
    one, two = (Started(folder, name, is_announcing=False) for name in ("Amina", "Bo"))
    screens: dict[str, str] = {}
    with ExitStack() as stack:
        server = stack.enter_context(StandinServer())

        async def live(device: Device, peer: Device) -> None:
            await deliver(device, server)
            await report(device, peer)
            await lose(device, peer)
            screens.update(addresses(device))

        make_team(one, two, shelters, disagreement, one_name, live)
        stack.enter_context(one)
        stack.enter_context(two)
        yield Survey(one, two, screens)


async def report(one: Device, two: Device) -> None:
    """A record with a photo and people met, on both."""
    photo = next(iter(make_dataset(7, people=1, facilities=1, reports=1).photos.values()))
    file = one.add_file(photo, label="bridge.png", media="image/png")
    organisation = one.add("org_organisation", {"name": "Relief Arda"})
    one.add(
        REPORT,
        {
            "name": "Bridge down near Halm",
            "comments": "Passable on foot.\nNeeds an engineer.",
            "people": 40,
            "day": "2026-11-22",
            "moment": "2026-11-22T14:30:00Z",
            "status": 1,
            "needs": ["water", "food"],
            "organisation_id": {"table": "org_organisation", "uuid": organisation.uuid},
            "photo": {"file": format_id("h", file.hash), "label": file.label, "media": file.media, "size": file.size},
        },
    )
    await meet(one, two)


async def deliver(one: Device, server: StandinServer) -> None:
    """One delivery to a server; then there is something new and something changed."""
    clinic = one.add("org_facility", {"name": "Clinic at Belo", "comments": "Open in the mornings"})
    login = {"user": "admin@example.com", "password": "admin-password"}
    one.set_destination(SERVER, server.url, is_http_allowed=True, **login)
    async for _ in one.deliver(SERVER):
        pass
    one.edit("org_facility", clinic.uuid, {"comments": "Open day and night"})
    one.add("org_facility", {"name": "Depot at Halm"})


async def lose(one: Device, _two: Device) -> None:
    """Something deleted, purged, asked to be erased, held in the pen, and a phone's account."""
    by_name = {str(row.fields.get("name")): row.uuid for row in one.records.page(TABLE)[0]}
    one.retract(TABLE, by_name[NAMES[1]])
    one.deletions.purging.purge([(TABLE, by_name[NAMES[2]])], is_unreceived_accepted=True)
    one.deletions.erasing.ask(TABLE, by_name[NAMES[3]], "She asked us to.")
    handed_in(one, 4)
    one.accounts.add("Cy")


def addresses(device: Device) -> dict[str, str]:
    """Where each screen is, in the order of somebody's day."""
    by_name = {str(row.fields.get("name")): row.uuid for row in device.records.page(TABLE)[0]}
    [bridge] = [row.uuid for row in device.records.page(REPORT)[0]]
    [twins] = [view.uuid for view in device.conflicts() if len(view.strands) > 1]
    [school] = [view.uuid for view in device.conflicts() if len(view.strands) == 1]
    [peer] = [one.device for one in device.peers()]
    here = f"/data/{REPORT}/{quote(bridge, safe='')}"
    return {
        "data": "/data",
        "table": f"/data/{TABLE}",
        "nothing-found": f"/data/{TABLE}?q=zzz&sort=name",
        "record": here,
        "record-undecided": f"/data/{TABLE}/{quote(school, safe='')}",
        "history": f"/data/{TABLE}/{quote(school, safe='')}/history",
        "form": f"{here}/edit",
        "form-new": f"/data/{REPORT}/new",
        "delete": f"/data/{TABLE}/{quote(by_name[NAMES[4]], safe='')}/delete",
        "drafts": "/drafts",
        "forms": "/forms",
        "conflicts": "/conflicts",
        "conflict": f"/conflicts/{TABLE}/{quote(school, safe='')}",
        "identity": f"/conflicts/{TABLE}/{quote(twins, safe='')}",
        "nearby": "/nearby",
        "scan": "/nearby/scan",
        "hotspot": "/nearby/hotspot",
        "peers": "/peers",
        "peer": f"/peers/{peer}",
        "revoke": f"/peers/{peer}/revoke",
        "sync": "/sync",
        "deliveries": "/deliveries",
        "plan": f"/deliveries/plan?server={SERVER}",
        "server": f"/servers/one?name={SERVER}",
        "server-new": "/servers/new",
        "bin": "/bin",
        "quarantine": "/quarantine",
        "phones": "/phones",
        "team": "/team",
        "settings": "/settings?check=1",
        "help": "/help?of=/nearby",
        "more": "/more",
    }
