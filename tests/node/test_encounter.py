"""One session over one line: a peer that does not read, a reader that fails, and a store that fails in the middle."""

import asyncio
import os
from pathlib import Path

import pytest

from edenmesh.core.limits import SILENCE_SECONDS_MAX
from edenmesh.core.session import Ended, Event, Parties, Session
from edenmesh.net import MemoryTransport
from edenmesh.node import Device
from edenmesh.node.meeting.encounter import Encounter
from tests.net.loop import in_loop, until
from tests.node.devices import Clock, World, pair, running


class Deaf:
    """A line whose other end neither reads nor hangs up."""

    def __init__(self) -> None:
        self.is_closed = False
        self.written = 0
        self.fault: Exception | None = None
        self._never = asyncio.Event()

    async def read(self) -> bytes:
        await self._never.wait()
        if self.fault is not None:
            raise self.fault
        return b""

    async def write(self, data: bytes | memoryview) -> None:
        self.written += len(data)
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.is_closed = True

    def fail(self, fault: Exception) -> None:
        self.fault = fault
        self._never.set()


def encounter_of(device: Device, line: Deaf, clock: Clock, events: list[Event]) -> Encounter:
    parties = Parties(device.device_id, device.device_id, is_chosen=True)
    session = Session(parties, device._parts.store.snapshot, os.urandom, clock())
    return Encounter(line, session, device._parts.desk, clock=clock, on_event=events.append)


@in_loop
async def test_a_peer_that_does_not_read_is_given_up_when_it_was_silent_too_long(tmp_path: Path) -> None:
    world = World(tmp_path)
    device, line, events = world.make("Amina"), Deaf(), list[Event]()
    encounter = encounter_of(device, line, world.clock, events)
    running = asyncio.create_task(encounter.run())
    await until(lambda: line.written > 0)
    world.clock.ahead += SILENCE_SECONDS_MAX + 1
    encounter.advanced()
    ended = await running
    assert (ended.code, ended.is_by_peer) == ("silent", False)
    assert events == [ended]
    assert line.is_closed
    device.close()


@in_loop
async def test_a_session_closed_here_ends_though_the_peer_does_not_read(tmp_path: Path) -> None:
    world = World(tmp_path)
    device, line, events = world.make("Amina"), Deaf(), list[Event]()
    encounter = encounter_of(device, line, world.clock, events)
    running = asyncio.create_task(encounter.run())
    await until(lambda: line.written > 0)
    encounter.close("revoked", "You are out.", text_here="It is out.")
    encounter.close("again", "Said twice.", text_here="Said twice.")
    assert await running == Ended("revoked", "It is out.", is_by_peer=False)
    assert line.is_closed
    device.close()


@in_loop
async def test_a_reader_that_fails_ends_the_session_at_once_and_closes_the_line(tmp_path: Path) -> None:
    world = World(tmp_path)
    device, line = world.make("Amina"), Deaf()
    encounter = encounter_of(device, line, world.clock, [])
    running = asyncio.create_task(encounter.run())
    await until(lambda: line.written > 0)
    line.fail(ZeroDivisionError("a defect"))
    with pytest.raises(ZeroDivisionError):
        await running
    assert line.is_closed
    assert {task for task in asyncio.all_tasks() if task is not asyncio.current_task()} == set()
    device.close()


@in_loop
async def test_a_line_that_breaks_is_a_cut_and_no_error(tmp_path: Path) -> None:
    world = World(tmp_path)
    device, line = world.make("Amina"), Deaf()
    encounter = encounter_of(device, line, world.clock, [])
    running = asyncio.create_task(encounter.run())
    await until(lambda: line.written > 0)
    line.fail(ConnectionResetError())
    ended = await running
    assert (ended.code, ended.is_by_peer) == ("cut", True)
    assert "what had arrived is kept" in ended.text
    device.close()


@in_loop
async def test_two_devices_meet_over_a_transport_of_the_programs_own(tmp_path: Path) -> None:
    async with running(World(tmp_path, MemoryTransport()), "Amina", "Bo") as (amina, bo):
        uuid = amina.add("org_facility", {"name": "School"}).uuid
        await pair(bo, amina)
        updates = [update async for update in bo.sync("Amina")]
        assert updates[-1].is_everything
        assert bo.record("org_facility", uuid) == amina.record("org_facility", uuid)
