"""Drawn worlds: people here, people at the server, faults, deliveries and pulls in any order.

Two laws. No receipt ever lies about a record that nobody touched at the server since it was read. And when people
stop and the server is well, everything gets there, or waits for a decision that can be made.
"""

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edenmesh.errors import DeliveryError
from edenmesh.node import Device
from edenmesh.standin import StandinServer
from tests.node.gateway import Ticking, audit, deliver, device_at, pull

TABLE = "org_organisation"
FIELDS = ("acronym", "comments")
FAULTS: tuple[dict[str, object], ...] = (
    {"stores_nothing": True},
    {"drops_field": "comments"},
    {"unique_constraint_times": 2},
    {"strips_text": True},
    {"cuts_answer": True, "concerns": "pushes", "times": 1},
    {"loses_answer": True, "times": 1, "skip": 3},
    {"status": 500, "concerns": "pushes", "times": 2},
    {"answers_html": True},
)
STEPS = (
    *("add", "edit", "edit", "empty", "retract", "web edit", "web edit", "web delete", "forget", "fault", "well"),
    *("deliver", "deliver", "deliver", "pull", "decide", "restore", "back up"),
)

Step = tuple[str, int, int]
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7), st.integers(0, 7)), min_size=8, max_size=24)
work: Counter[str] = Counter()


@dataclass
class World:
    device: Device
    server: StandinServer
    born: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    backups: list[object] = field(default_factory=list)

    async def act(self, step: Step) -> None:
        kind, which, what = step
        uuid = self.born[which % len(self.born)] if self.born else ""
        work[kind] += 1
        if kind == "add":
            self.born.append(self.device.add(TABLE, {"name": f"Aid {len(self.born)}", "comments": f" {what}"}).uuid)
        elif kind in ("edit", "empty", "retract") and uuid:
            self.change(kind, uuid, FIELDS[what % 2], f"here {what}")
        elif kind.startswith("web") or kind == "forget":
            self.change_there(kind, uuid, FIELDS[what % 2], f"there {what}")
        elif kind == "fault":
            self.server.faults.set({**FAULTS[what]})  # type: ignore[dict-item]
        elif kind == "well":
            self.server.faults.clear()
        elif kind in ("deliver", "pull"):
            await self.meet(kind)
        elif kind == "decide":
            self.decide()
        elif kind == "back up":
            self.backups.append(self.server.snapshot())
        elif kind == "restore" and self.backups:
            self.server.restore(self.backups[-1])  # type: ignore[arg-type]
            self.touched.update(self.born)

    def change(self, kind: str, uuid: str, name: str, text: str) -> None:
        if kind == "retract":
            self.device.retract(TABLE, uuid)
        else:
            self.device.edit(TABLE, uuid, {name: None if kind == "empty" else text})

    def change_there(self, kind: str, uuid: str, name: str, text: str) -> None:
        if self.server.record(TABLE, uuid) is None:
            return
        self.touched.add(uuid)
        if kind == "web edit":
            self.server.edit(TABLE, uuid, {name: text})
        elif kind == "web delete":
            self.server.delete(TABLE, uuid)
        else:
            self.server.forget(TABLE, uuid)

    async def meet(self, kind: str) -> None:
        try:
            await (deliver(self.device) if kind == "deliver" else pull(self.device, "records"))
            if kind == "pull":
                self.touched.clear()
        except DeliveryError:
            work["errors"] += 1
        found = audit(self.device, self.server)
        lies = [lie for lie in found.false if lie.split()[1] not in self.touched]
        work["audited"] += found.receipts
        assert lies == []

    def decide(self) -> None:
        work["answered"] += self.device.exchanges.send_again()
        for record in self.device.conflicts():
            fields = record.strands[0].fields
            chosen = {name: one.choices[0].value for name, one in fields.items() if one.is_undecided}
            work["decided"] += 1
            self.device.resolve(TABLE, record.uuid, chosen, keep=True)


@given(steps)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
def test_no_receipt_lies_and_everything_gets_there_in_the_end(drawn: list[Step]) -> None:
    async def run() -> None:
        with (
            tempfile.TemporaryDirectory() as home,
            StandinServer(clock=Ticking()) as server,
            device_at(Path(home), server) as device,
        ):
            world = World(device, server)
            await world.act(("add", 0, 0))
            for step in drawn:
                await world.act(step)
            server.faults.clear()
            for _ in range(2):
                await world.meet("pull")
                world.decide()
                await deliver(device, is_again=True)
            result = await deliver(device, is_again=True)
            assert (result.owed_total, result.held, result.rejected) == (0, (), ())
            found = audit(device, server)
            assert (found.false, found.owed) == ([], 0)
            count = device._parts.store.statistics().rows["versions"]
            await world.meet("pull")
            assert device._parts.store.statistics().rows["versions"] == count

    asyncio.run(run())


def test_the_drawn_worlds_did_what_they_are_for() -> None:
    assert work["audited"] > 50
    assert work["deliver"] > 10
