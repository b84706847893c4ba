"""After many revocations a member that has heard of none of them is still found and told."""

from pathlib import Path

import pytest

from edenmesh.core.ids import DeviceId
from edenmesh.node import Device, PairingTask, Settings
from edenmesh.store import KeyCost

pytestmark = pytest.mark.anyio


def device(folder: Path, name: str) -> Device:
    settings = Settings(host="127.0.0.1", is_announcing=False, redial_seconds=3600, key_cost=KeyCost(memory_kib=32))
    return Device.create(folder / name, name=name, passphrase="river", settings=settings)


async def pair(shown: Device, scanning: Device) -> None:
    await shown.show()
    begun: list[PairingTask] = []
    shown.on_pairing(begun.append)
    task = await scanning.pair(shown.qr())
    seen = (await task.code()).code
    assert (await begun[0].code()).code == seen
    begun[0].answer(True)
    task.answer(True)
    await task.result()
    await begun[0].result()
    await shown.hide()


async def test_a_member_that_has_heard_of_no_revocation_is_dialled_by_the_secret_it_knows(tmp_path: Path) -> None:
    ana, ben = device(tmp_path, "Ana"), device(tmp_path, "Ben")
    async with ana, ben:
        await pair(ana, ben)
        for number in range(6):
            ana._parts.team.revoke(DeviceId(bytes([number]) * 32))
        assert len(ana._parts.team.secrets) == 7
        port = ben.status().port
        updates = [update async for update in ana.sync("Ben", address=f"127.0.0.1:{port}")]
        assert updates[-1].missing == ()
        assert ben._parts.team.charter.hash == ana._parts.team.charter.hash
