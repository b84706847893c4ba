"""When what is written here is sealed: at once while somebody is connected, else when somebody comes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edenmesh import Device, Settings
from edenmesh.node.parts.desk import Desk
from edenmesh.store import Committed, KeyCost, OwnLog


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    device = Device.create(
        tmp_path,
        name="Amina",
        passphrase="words",
        settings=Settings(key_cost=KeyCost(memory_kib=64, passes=1, lanes=1)),
    )
    yield device
    device.close()


def _log(device: Device) -> OwnLog:
    return device._parts.store.own_log(device._parts.identity.author)


def _desk(device: Device) -> Desk:
    return device._parts.desk


def test_an_edit_made_in_company_is_sealed_by_the_commit_that_stores_it(device: Device) -> None:
    commits: list[Committed] = []
    device.on_commit(commits.append)
    _desk(device).has_company = lambda: True
    for count in range(1, 6):
        device.add("water_point", {"title": f"well {count}"})
        assert len(commits) == count
        assert commits[-1].records
        assert [log.size for log in commits[-1].logs] == [count]
        assert _log(device)[:2] == (count, count)


def test_what_is_written_alone_is_sealed_whole_when_somebody_comes(device: Device) -> None:
    for number in range(3):
        device.add("water_point", {"title": f"well {number}"})
    assert _log(device)[:2] == (3, 0)
    _desk(device).seal()
    assert _log(device)[:2] == (3, 3)


def test_what_was_written_alone_leaves_with_the_first_edit_in_company(device: Device) -> None:
    device.add("water_point", {"title": "alone"})
    _desk(device).has_company = lambda: True
    device.add("water_point", {"title": "in company"})
    assert _log(device)[:2] == (2, 2)


def test_a_note_in_company_seals_nothing(device: Device) -> None:
    device.add("water_point", {"title": "alone"})
    _desk(device).has_company = lambda: True
    with _desk(device).writing() as writing:
        writing.put_meta("a note", b"of this device alone")
    assert _log(device)[:2] == (1, 0)
