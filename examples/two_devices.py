"""Two devices in one program: they pair, sync, and one sees what the other wrote."""

import asyncio
import tempfile
from pathlib import Path

from edenmesh import Device, PairingTask, Settings

HERE = Settings(host="127.0.0.1", is_announcing=False)


async def main(folder: Path) -> str:
    """Meet, and return what the second device shows of the first one's record."""
    amina = Device.create(folder / "amina", name="Amina", passphrase="first passphrase", settings=HERE)
    bo = Device.create(folder / "bo", name="Bo", passphrase="second passphrase", settings=HERE)
    async with amina, bo:
        school = amina.add("org_facility", {"name": "School 3", "comments": "120 places"})

        await amina.show(minutes=5)
        asked: asyncio.Queue[PairingTask] = asyncio.Queue()
        amina.on_pairing(asked.put_nowait)
        ours = await bo.pair(f"127.0.0.1:{amina.status().port}")
        theirs = await asked.get()
        same = (await ours.code()).code == (await theirs.code()).code  # in life two people compare them
        ours.answer(same)
        theirs.answer(same)
        await ours.result()
        await theirs.result()

        async for update in bo.sync("Amina", address=f"127.0.0.1:{amina.status().port}"):
            print(f"{update.taken} of {update.to_take} changes taken", "everything" if update.is_everything else "")
        return bo.record("org_facility", school.uuid).label


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(asyncio.run(main(Path(name))))
