"""All screens of an open device. Each subject is a class with routes; a new one is one more line here."""

from collections.abc import Callable
from typing import Final, Protocol

from starlette.routing import Route

from edenmesh.node import Device
from edenmesh.web.jobs import Jobs
from edenmesh.web.pages.bin_pages import BinPages
from edenmesh.web.pages.conflict_pages import ConflictPages
from edenmesh.web.pages.counts import Counts
from edenmesh.web.pages.data_pages import DataPages
from edenmesh.web.pages.delivery_pages import DeliveryPages
from edenmesh.web.pages.file_pages import FilePages
from edenmesh.web.pages.form_pages import FormPages
from edenmesh.web.pages.frame_pages import FramePages
from edenmesh.web.pages.hotspot_pages import HotspotPages
from edenmesh.web.pages.nearby_pages import NearbyPages
from edenmesh.web.pages.pairing_pages import PairingPages
from edenmesh.web.pages.peer_pages import PeerPages
from edenmesh.web.pages.phone_pages import PhonePages
from edenmesh.web.pages.quarantine_pages import QuarantinePages
from edenmesh.web.pages.record_pages import RecordPages
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.scan_pages import ScanPages
from edenmesh.web.pages.server_pages import ServerPages
from edenmesh.web.pages.settings_pages import SettingsPages
from edenmesh.web.pages.sync_pages import SyncPages
from edenmesh.web.pages.team_pages import TeamPages


class Screens(Protocol):
    """The screens of one subject."""

    @property
    def routes(self) -> list[Route]:
        """Their addresses."""


SUBJECTS: Final[list[Callable[[Device, Renderer], Screens]]] = [
    FramePages,
    DataPages,
    FormPages,
    RecordPages,
    FilePages,
    SettingsPages,
    ConflictPages,
    NearbyPages,
    PairingPages,
    ScanPages,
    HotspotPages,
    PeerPages,
    TeamPages,
    ServerPages,
    BinPages,
    QuarantinePages,
    PhonePages,
]
WORKING: Final[list[Callable[[Device, Renderer, Jobs], Screens]]] = [
    SyncPages,
    DeliveryPages,
]
"""Those that begin long work, or show how far it is."""


def screen_routes(device: Device, jobs: Jobs | None = None) -> tuple[list[Route], Renderer]:
    """The routes of all screens, and what draws them. `jobs` are those that the API begins, too."""
    jobs = jobs if jobs is not None else Jobs()
    counts = Counts(device)
    renderer = Renderer(lambda: device.name, counts.of)
    found = [renderer.assets.route]
    for subject in SUBJECTS:
        found += subject(device, renderer).routes
    for working in WORKING:
        found += working(device, renderer, jobs).routes
    return found, renderer
