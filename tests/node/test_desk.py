"""Several sessions write through one desk: none undoes what another staged, none hears "kept" of what was undone.

Random sequences of stages, commits, edits and full disks are held against the store; desks that were sabotaged in one
line are caught by the same check.
"""

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest

from edenmesh.core.records import Field, Form, Table, form_hash
from edenmesh.core.session import FormReceived
from edenmesh.errors import DiskFull, StoreError
from edenmesh.node import Device
from edenmesh.node.parts.desk import Desk
from tests.node.devices import World, version_count

Sabotage = Callable[[Desk], None]


class Owner:
    """A session as the desk sees it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.staged: list[bytes] = []


class Lie(Exception):
    """The desk said of something that it is kept, and it is not."""


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = World(tmp_path).make("Amina")
    yield device
    device.close()


def form(number: int, size: int = 10) -> bytes:
    fields = [Field(name="name", kind="string", label="x" * size)]
    return Form(format=1, table=Table(name=f"t_{number}", fields=fields)).encode()


def stage(desk: Desk, owner: Owner, data: bytes) -> None:
    desk.stage(owner, FormReceived(0, data))
    owner.staged.append(data)


def kept(device: Device) -> set[bytes]:
    return set(device._parts.store.snapshot.forms())


def fill(device: Device) -> None:
    link = device._parts.store._database.writer
    link.run(f"PRAGMA max_page_count = {link.number('PRAGMA page_count')}")


def free(device: Device) -> None:
    device._parts.store._database.writer.run("PRAGMA max_page_count = 1000000")


def test_what_is_staged_is_kept_only_after_commit(device: Device) -> None:
    desk, owner = device._parts.desk, Owner("one")
    stage(desk, owner, form(1))
    assert kept(device) == set()
    desk.commit(owner)
    assert kept(device) == {form_hash(form(1))}
    desk.commit(owner)


def test_the_next_session_makes_durable_what_the_one_before_staged(device: Device) -> None:
    desk, one, two = device._parts.desk, Owner("one"), Owner("two")
    stage(desk, one, form(1))
    stage(desk, two, form(2))
    assert kept(device) == {form_hash(form(1))}
    desk.commit(one)
    desk.commit(two)
    assert len(kept(device)) == 2


def test_an_edit_makes_durable_what_was_staged_before_it(device: Device) -> None:
    desk, owner = device._parts.desk, Owner("one")
    stage(desk, owner, form(1))
    device.add("org_facility", {"name": "School"})
    assert len(kept(device)) == 1
    desk.commit(owner)


def test_whoever_staged_hears_of_a_full_disk_and_nobody_else(device: Device) -> None:
    desk, one, two = device._parts.desk, Owner("one"), Owner("two")
    stage(desk, one, form(1))
    fill(device)
    with pytest.raises(DiskFull):
        stage(desk, one, form(2, 20_000))
    free(device)
    # The other goes on in a change of its own; the first is told at every turn until it has heard.
    stage(desk, two, form(500))
    with pytest.raises(DiskFull):
        stage(desk, one, form(501))
    with pytest.raises(DiskFull):
        desk.commit(one)
    desk.commit(two)
    assert kept(device) == {form_hash(form(500))}
    stage(desk, one, form(502))
    desk.commit(one)
    assert len(kept(device)) == 2


def test_a_person_writes_though_a_session_before_could_not(device: Device) -> None:
    desk, owner = device._parts.desk, Owner("one")
    stage(desk, owner, form(1, 40_000))
    with suppress(DiskFull):
        fill(device)
        for number in range(2, 20):
            stage(desk, owner, form(number, 40_000))
    free(device)
    device.add("org_facility", {"name": "School"})
    assert version_count(device) == 1
    with pytest.raises(DiskFull):
        desk.commit(owner)


def test_one_who_leaves_without_a_commit_leaves_no_change_open(device: Device) -> None:
    desk, owner = device._parts.desk, Owner("one")
    stage(desk, owner, form(1))
    desk.leave(owner)
    assert len(kept(device)) == 1
    del owner
    assert len(desk._undone) == 0
    with device._parts.store.change() as change:
        change.put_meta("note", b"nothing is open")


def test_a_device_that_closes_keeps_what_was_staged(tmp_path: Path) -> None:
    world = World(tmp_path)
    device = world.make("Amina")
    stage(device._parts.desk, Owner("one"), form(1))
    device.close()
    again = world.reopen("Amina")
    assert kept(again) == {form_hash(form(1))}
    again.close()


class Disk(Protocol):
    """A disk that a test fills and frees."""

    def fill(self) -> None: ...

    def free(self) -> None: ...


class Pages:
    """A limit of SQLite's own: a change fails where it needs another page."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def fill(self) -> None:
        fill(self._device)

    def free(self) -> None:
        free(self._device)


class Mount:
    """A small file system: a change fails where it is made durable."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Device, Mount]]:
    """A device on a disk of 16 MB. Needs root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], check=True)
    try:
        device = World(folder).make("Amina")
        yield device, Mount(folder)
        device.close()
    finally:
        subprocess.run(["umount", folder], check=True)


def run(device: Device, disk: Disk, seed: int) -> tuple[int, int]:
    """A random life of a desk with three sessions. Returns how many batches were kept and how many were refused."""
    rng = random.Random(seed)
    desk = device._parts.desk
    owners = [Owner(name) for name in "abc"]
    count = refused = 0

    def commit(owner: Owner) -> int:
        staged, owner.staged = owner.staged, []
        desk.commit(owner)
        if not {form_hash(data) for data in staged} <= kept(device):
            raise Lie
        return len(staged)

    for number in range(80):
        owner = rng.choice(owners)
        if rng.random() < 0.15:
            (disk.fill if rng.random() < 0.5 else disk.free)()
        act = rng.random()
        try:
            if act < 0.6:
                stage(desk, owner, form(seed * 1000 + number, rng.choice((10, 5000))))
            elif act < 0.9:
                count += commit(owner)
            else:
                device.add("org_facility", {"name": "x" * rng.choice((5, 5000))})
        except StoreError:
            refused += 1
            if act < 0.6:
                # As a session does: it gives up, and another takes its place.
                owners[owners.index(owner)] = Owner("next")
    disk.free()
    for owner in owners:
        with suppress(StoreError):
            count += commit(owner)
    return count, refused


def _forget_the_undone(desk: Desk) -> None:
    desk._note = lambda owner, error: None  # type: ignore[method-assign]


def _say_kept_to_whoever_commits(desk: Desk) -> None:
    desk.commit = lambda owner: None  # type: ignore[method-assign]


def _undo_for_everybody(desk: Desk) -> None:
    """One open change for all sessions, as if it were one session's."""
    begin, everybody = desk._begin, Owner("everybody")
    desk._begin = lambda owner: begin(everybody)  # type: ignore[method-assign]


def test_no_desk_ever_says_kept_of_what_is_not(device: Device) -> None:
    outcomes = [run(device, Pages(device), seed) for seed in range(12)]
    assert sum(count for count, _ in outcomes) > 200
    assert sum(refused for _, refused in outcomes) > 30
    assert device._parts.store._database.reader.check() == []


@pytest.mark.parametrize("sabotage", [_say_kept_to_whoever_commits, _undo_for_everybody])
def test_a_sabotaged_desk_is_caught(device: Device, sabotage: Sabotage) -> None:
    sabotage(device._parts.desk)
    with pytest.raises(Lie):
        _ = [run(device, Pages(device), seed) for seed in range(12)]


@pytest.mark.root
def test_nothing_is_said_kept_where_the_disk_itself_is_full(small: tuple[Device, Mount]) -> None:
    device, mount = small
    outcomes = [run(device, mount, seed) for seed in range(8)]
    assert sum(count for count, _ in outcomes) > 100
    assert sum(refused for _, refused in outcomes) > 20
    assert device._parts.store._database.reader.check() == []


@pytest.mark.root
def test_a_desk_that_forgets_whose_change_failed_is_caught(small: tuple[Device, Mount]) -> None:
    device, mount = small
    _forget_the_undone(device._parts.desk)
    with pytest.raises(Lie):
        _ = [run(device, mount, seed) for seed in range(8)]
