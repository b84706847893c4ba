"""A device and a peer that shares no line with it meet on TCP: they pair, sync both ways, and both say "everything"."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edenmesh.core.ids import FileHash
from edenmesh.core.session import Tallied
from edenmesh.node import Device as EdenmeshDevice
from edenmesh.node import PairingTask, PeerEvent, Settings
from edenmesh.store import KeyCost
from tests.forms import CAPACITY
from tests.interop.peer import charter
from tests.interop.peer.channel import Channel, OpenSsl, Stack, StandardTls
from tests.interop.peer.encoding import Refused, Value, decode, spell
from tests.interop.peer.pairing import Device, pair
from tests.interop.peer.records import Log, check_seal, seal, version_id, write
from tests.interop.peer.session import Session
from tests.net.loop import in_loop, until

PHOTO = bytes(range(256)) * 2500  # three chunks


@asynccontextmanager
async def laptop(home: Path) -> AsyncIterator[EdenmeshDevice]:
    """A real device that listens, with three records, a photo and a form."""
    quick = KeyCost(memory_kib=64, passes=1, lanes=1)
    settings = Settings(host="127.0.0.1", is_announcing=False, key_cost=quick)
    device = EdenmeshDevice.create(home, name="Laptop", passphrase="correct horse", settings=settings)
    try:
        await device.start()
        device.add_form(CAPACITY)
        first = device.add("cr_shelter", {"name": "School 3", "capacity": 120})
        device.edit("cr_shelter", first.uuid, {"name": "School №3 – Straße"})
        device.add("org_facility", {"name": "Well"})
        photo = device.add_file(PHOTO, label="photo.jpg", media="image/jpeg")
        device.add("doc_image", {"file": {"file": spell("h", photo.hash), "label": photo.label, "size": photo.size}})
        yield device
    finally:
        await device.stop()
        device.close()


class Meeting:
    """The laptop, the stranger, and how they meet."""

    def __init__(self, device: EdenmeshDevice, folder: Path) -> None:
        self.device, self.folder = device, folder
        self.stranger = Device("Stranger")
        self.tasks: list[PairingTask] = []
        self.is_everything = False
        device.on_pairing(self.tasks.append)

    def dial(self, stack: Stack, secret: bytes | None = None) -> Channel:
        address = ("127.0.0.1", self.device.status().port)
        chosen = self.stranger.secret if secret is None else secret
        return Channel(address, chosen, self.stranger.key, stack, self.folder)

    async def pair(self) -> None:
        """Both people see the same six digits and say yes."""
        await self.device.show(5)
        shown: asyncio.Queue[str] = asyncio.Queue()
        said = asyncio.Event()
        loop = asyncio.get_running_loop()

        def ask(code: str) -> bool:
            loop.call_soon_threadsafe(shown.put_nowait, code)
            return asyncio.run_coroutine_threadsafe(said.wait(), loop).result(10)

        def join() -> None:
            channel = self.dial(OpenSsl)
            pair(channel, self.stranger, ask)
            channel.tls.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(join))
            ours = await shown.get()
            view = await self.tasks[0].code()
            assert (view.code, view.peer_name, view.joining) == (ours, "Stranger", "they join")
            self.tasks[0].answer(is_same=True)
            said.set()
        result = await self.tasks[0].result()
        assert result.name == "Stranger"
        await self.device.hide()

    async def sync(self, stack: Stack, is_enough: Callable[[], bool] = lambda: True) -> Session:
        def run() -> Session:
            session = Session(self.dial(stack), self.stranger, is_enough)
            session.run()
            return session

        self.is_everything = False
        listening = asyncio.create_task(self._note_tallies())
        try:
            session = await asyncio.to_thread(run)
            assert session.is_everything
            await until(lambda: self.is_everything)
        finally:
            listening.cancel()
        assert self.device.peers()[0].missing == ()
        return session

    async def _note_tallies(self) -> None:
        """Whether the device, too, says "everything", each time it compares."""
        async for told in self.device.subscribe():
            if isinstance(told, PeerEvent) and isinstance(told.event, Tallied):
                self.is_everything = told.event.is_everything


@pytest.mark.parametrize("stack", [OpenSsl, StandardTls])
def test_stranger_pairs_and_syncs_both_ways(tmp_path: Path, stack: Stack) -> None:
    @in_loop
    async def meet() -> None:
        async with laptop(tmp_path / "laptop") as device:
            meeting = Meeting(device, tmp_path)
            await meeting.pair()
            await _see_both_ways(meeting, stack)

    meet()


async def _see_both_ways(meeting: Meeting, stack: Stack) -> None:
    device, stranger = meeting.device, meeting.stranger
    first = await meeting.sync(stack)
    assert first.seen["part"] >= 1
    [(author, log)] = stranger.logs.items()
    assert len(log.versions) == 4
    check_seal(log.seal, author, log.ids)
    said = [decode(data) for data in log.versions]
    assert [one["table"] for one in said] == ["cr_shelter", "cr_shelter", "org_facility", "doc_image"]
    assert said[1]["set"] == {"name": "School №3 – Straße"}
    assert said[1]["parents"] == [version_id(log.versions[0])]
    assert stranger.files == {hashlib.sha256(PHOTO).digest(): PHOTO}
    assert (len(stranger.forms), first.seen["file_chunk"]) == (1, 3)

    mine = stranger.logs[stranger.author.public] = Log()
    made = write(mine, stranger.author, "org_facility", {"name": "Clinic", "beds": 12}, parents=None)
    edited = said[0]["uuid"]
    assert isinstance(edited, str)
    write(mine, stranger.author, "cr_shelter", {"name": "School 4"}, parents=(edited, log.ids[1]))
    drawing = PHOTO[::-1]
    name = hashlib.sha256(drawing).digest()
    stranger.files[name] = drawing
    image: Value = {"$": "file", "hash": name, "label": "drawing.png", "media": "image/png", "size": len(drawing)}
    write(mine, stranger.author, "doc_image", {"file": image}, parents=None)
    second = await meeting.sync(stack)
    assert second.seen["ack"] == second.seen["file_wanted"] == 1
    assert device.file(FileHash(name)) == drawing
    view = device.record("org_facility", made)
    assert {name: one.text for name, one in view.strands[0].fields.items()} == {"name": "Clinic", "beds": "12"}
    assert view.strands[0].id == spell("v", mine.ids[0])
    changed = device.record("cr_shelter", edited)
    assert (changed.strands[0].fields["name"].text, changed.flags) == ("School 4", ())

    sizes: list[int] = []

    def has_seen_the_edit() -> bool:
        """Asked whenever both have stated everything."""
        sizes.append(len(log.versions))
        return sizes[-1] == 5

    living = asyncio.create_task(meeting.sync(stack, has_seen_the_edit))
    await until(lambda: sizes == [4])
    device.edit("org_facility", made, {"beds": 14})
    third = await living
    assert (third.seen["part"], sizes[0], sizes[-1]) == (1, 4, 5)
    assert decode(stranger.logs[author].versions[-1])["parents"] == [mine.ids[0]]
    fourth = await meeting.sync(stack)
    assert "vector" not in fourth.seen
    assert device.status().records == 5
    assert device.status().device == spell("d", first.channel.peer)


@in_loop
async def test_contents_that_one_lacks_come_from_the_other(tmp_path: Path) -> None:
    async with laptop(tmp_path / "laptop") as device:
        meeting = Meeting(device, tmp_path)
        await meeting.pair()
        await meeting.sync(StandardTls)
        [log] = meeting.stranger.logs.values()
        whole = list(log.versions)
        for place in (0, 3):
            log.forget(place)
        session = await meeting.sync(StandardTls)
        assert log.versions == whole
        assert "vector" not in session.seen
        assert session.seen["holes_filled"] == 2
        name = decode(whole[0])["uuid"]
        assert isinstance(name, str)
        with device._parts.store.change() as change:
            assert change.purge("cr_shelter", name) == change.restore("cr_shelter", name) == 2
        session = await meeting.sync(OpenSsl)
        assert (session.seen["holes_wanted"], session.seen["holes_taken"]) == (1, 2)
        assert device._parts.store.snapshot.open_counts().absent == 0
        assert device.record("cr_shelter", name).strands[0].fields["name"].text == "School №3 – Straße"


@in_loop
async def test_stranger_who_lost_entries_of_the_charter_is_sent_them(tmp_path: Path) -> None:
    async with laptop(tmp_path / "laptop") as device:
        meeting = Meeting(device, tmp_path)
        await meeting.pair()
        whole = dict(meeting.stranger.entries)
        meeting.stranger.entries = {meeting.stranger.mesh: whole[meeting.stranger.mesh]}
        session = await meeting.sync(StandardTls)
        assert meeting.stranger.entries == whole
        assert len(whole) == len(charter.members(whole.values())) == 2
        assert session.seen["charter_entries"] == 1


@in_loop
async def test_door_stays_shut_for_whoever_does_not_know_the_secret(tmp_path: Path) -> None:
    async with laptop(tmp_path / "laptop") as device:
        meeting = Meeting(device, tmp_path)
        await meeting.pair()
        for stack in (OpenSsl, StandardTls):
            with pytest.raises((Refused, OSError)):
                await asyncio.to_thread(meeting.dial, stack, b"another secret")
        assert device.peers()[0].missing is None
        await meeting.sync(OpenSsl)


@in_loop
async def test_version_under_a_seal_of_something_else_is_not_taken(tmp_path: Path) -> None:
    async with laptop(tmp_path / "laptop") as device:
        meeting = Meeting(device, tmp_path)
        await meeting.pair()
        mine = meeting.stranger.logs[meeting.stranger.author.public] = Log()
        write(mine, meeting.stranger.author, "org_facility", {"name": "Clinic"}, parents=None)
        sealed = seal(meeting.stranger.author, [version_id(b"another")])
        session = Session(await asyncio.to_thread(meeting.dial, StandardTls), meeting.stranger)
        with pytest.raises(Refused, match="'code': 'protocol'"):
            await asyncio.to_thread(session.run, sealed)
        assert device.status().records == 3
        await meeting.sync(StandardTls)
        assert device.status().records == 4
