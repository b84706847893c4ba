"""Whoever reads after all readers have left waits for news as the first did: a page that is reloaded stops nothing."""

import asyncio
from contextlib import aclosing
from pathlib import Path

from edenmesh.web.api.live import Live
from edenmesh.web.jobs import Jobs
from edenmesh.web.visiting import OWNER
from tests.net.loop import in_loop
from tests.node.devices import World, running


@in_loop
async def test_a_reader_after_the_last_one_left_lets_others_have_their_turns(tmp_path: Path) -> None:
    async with running(World(tmp_path), "Amina") as (amina,):
        live = Live(amina, Jobs())
        turns = 0
        for _ in range(3):
            async with aclosing(live.follow(OWNER)) as news:
                told = asyncio.ensure_future(anext(news))
                while not told.done():
                    turns += 1
                    await asyncio.sleep(0.001)
                assert told.result() is not None
        assert turns > 3
