"""Small worlds of one record: devices that seldom meet, gateways among them, a careless server, and people who decide.

A world is drawn from a number, so it is the same in every run. It runs the program's own `observe`, `record_state` and
`compose`, and keeps beside them what no device can know: when each version was written, and what the server really held
at each read. What a gateway sends is the rule of node.delivery in few lines: what is clean and differs, and of a record
with an open question nothing.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.records import (
    OBSERVE,
    OPEN,
    PUT,
    RESOLVE,
    RETRACT,
    Change,
    Content,
    Flag,
    Pen,
    Reading,
    RecordState,
    StrandState,
    Version,
    compose,
    content_text,
    difference,
    is_delivered,
    observe,
    open_questions,
    record_state,
)
from tests.oracle.careless_server import SERVER, Body, Server

TABLE = "org_facility"
FIELDS = ("name", "status")
VALUES = ("a", "b", "c")
SENT_IN_VAIN_MAX = 2
ROUNDS_MAX = 12

Said = tuple[str, tuple[VersionId, ...], Change, dict[str, Plain]]
"""What a gateway writes: op, parents, values, about."""
Observing = Callable[[Mapping[VersionId, Version], Reading], Said | None]


class Care(NamedTuple):
    """What may happen at the server: each is a weight among the things that happen."""

    edit: int = 2
    drop: int = 1
    forget: int = 1
    delete: int = 1
    set_back: int = 1


NO_CARE_NEEDED = Care(0, 0, 0, 0, 0)


class WebEdit(NamedTuple):
    """Somebody at the server replaced the value of a field. `old` is what it had been since it was read last."""

    at: int
    name: str
    old: frozenset[str]


def as_observation(versions: Mapping[VersionId, Version], reading: Reading) -> Said | None:
    """What the program writes after a read."""
    draft = observe(versions, reading)
    return None if draft is None else (OBSERVE, draft.parents, draft.change, draft.about)


class World:
    """One record with all who know of it. `observing` is how gateways write down what they read."""

    def __init__(self, number: int, *, gateways: int, care: Care, observing: Observing = as_observation) -> None:
        self.random = Random(number)
        self.gateways = range(gateways)
        self.devices = range(3)
        self.care = care
        self.server = Server()
        self.observing = observing
        self.versions: dict[VersionId, Version] = {}
        self.held: list[set[VersionId]] = [set() for _ in self.devices]
        self.written: dict[VersionId, int] = {}
        self.bodies: dict[VersionId, Body] = {}
        self.web_edits: list[WebEdit] = []
        self.sent: dict[tuple[int, tuple[tuple[str, str], ...]], int] = {}
        self._states: dict[frozenset[VersionId], RecordState] = {}
        self.serials: dict[VersionId, int] = {}
        self.rounds = 0
        self.now = 0
        self.uuid: str | None = None
        self.work: dict[str, int] = {}

    # --- what there is ------------------------------------------------------------------------------------------------

    def known(self, device: int) -> dict[VersionId, Version]:
        return {one: version for one, version in self.versions.items() if one in self.held[device]}

    def state(self, device: int) -> RecordState | None:
        held = frozenset(self.held[device])
        if held and held not in self._states:
            self._states[held] = record_state(self.known(device))
        return self._states.get(held)

    # --- what happens -------------------------------------------------------------------------------------------------

    def run(self, steps: int, after_each: Callable[["World", int], None] | None = None) -> "World":
        """Let things happen; `after_each` is told which device they happened to."""
        self._edit(self.random.choice(self.devices))
        things = self._things()
        for _ in range(steps):
            device = self.random.choice(self.devices)
            self.random.choice(things)(device)
            if after_each is not None:
                after_each(self, device)
        return self

    def pull_apart(self) -> int:
        """All pull what is edited at the server, each for itself, then one of them edits, and they meet; some times.

        Returns how many edits there were.
        """
        if self.random.randrange(2):
            self._edit(0)
            self._meet_all()
            self._deliver(0)
            self._meet_all()
        else:
            self.server.push({self.random.choice(FIELDS): self.random.choice(VALUES)}, now=1)
        count = len(self.versions)
        for _ in range(self.random.randrange(1, 4)):
            for _ in range(self.random.randrange(1, 4)):
                # A value that people gave before would stand against theirs.
                self._change_there(self.random.choice(FIELDS), f"there {self.now}")
                for device in self.random.sample(self.devices, len(self.devices)):
                    self._read(device)
            self._edit(self.random.choice(self.devices))
            self._meet_all()
            self._deliver(0)
            self._meet_all()
        return sum(version.op == PUT for version in list(self.versions.values())[count:])

    def settle(self) -> int:
        """The server is well, and people decide what is open until nothing is. Returns how often they had to."""
        self.server.dropping.clear()
        self.sent.clear()
        for count in range(ROUNDS_MAX):
            self.come_to_rest()
            state = self.state(0)
            if state is None or not state.flags & OPEN:
                return count
            self._decide(0)
        return ROUNDS_MAX

    def come_to_rest(self) -> int:
        """Gateways go on by themselves, and all devices meet. Returns after how many rounds nothing was written."""
        for rounds in range(ROUNDS_MAX):
            count = len(self.versions)
            for device in self.gateways:
                self._deliver(device)
                self._meet_all()
            if len(self.versions) == count and rounds:
                return rounds
        return ROUNDS_MAX

    def _things(self) -> list[Callable[[int], None]]:
        server = [
            *[self._edit_there] * self.care.edit,
            *[self._empty_there] * (self.care.edit > 0),
            *[self._drop] * self.care.drop,
            *[self._forget] * self.care.forget,
            *[self._delete_there] * self.care.delete,
            *[self._copy, self._set_back] * self.care.set_back,
        ]
        people = [*[self._edit] * 4, self._empty, self._retract, self._decide, self._decide]
        return [*people, *server, *[self._deliver] * 5, self._pull, self._pull, *[self._meet] * 3]

    def _meet(self, device: int) -> None:
        other = self.random.choice(self.devices)
        self.held[device] = self.held[other] = self.held[device] | self.held[other]

    def _meet_all(self) -> None:
        everything = set().union(*self.held)
        self.held = [set(everything) for _ in self.devices]

    # --- people -------------------------------------------------------------------------------------------------------

    def _edit(self, device: int) -> None:
        name, text = self.random.choice(FIELDS), self.random.choice(VALUES)
        state = self.state(device)
        strand = _first_strand(state)
        if state is None and self.versions:
            return
        if strand is None or strand.values.get(name) != text:
            self._write(device, PUT, _heads(strand), difference(strand, {name: text}))

    def _empty(self, device: int) -> None:
        strand, name = _first_strand(self.state(device)), self.random.choice(FIELDS)
        if strand is not None and name in strand.fields:
            self._write(device, PUT, _heads(strand), difference(strand, {name: None}))

    def _retract(self, device: int) -> None:
        strand = _first_strand(self.state(device))
        if strand is not None and not strand.is_deleted and not self.random.randrange(3):
            self._write(device, RETRACT, _heads(strand), Change())

    def _decide(self, device: int) -> None:
        state = self.state(device)
        strand = _first_strand(state)
        if state is None or strand is None or not state.flags & OPEN:
            return
        if (strand.is_contested or Flag.QUESTION in state.flags) and not self.random.randrange(3):
            self._write(device, RETRACT, _heads(strand), Change())
            return
        wanted: dict[str, Content | None] = {
            name: self.random.choice(strand.fields[name].choices).content for name in strand.conflicts
        }
        if Flag.QUESTION in state.flags and self.random.randrange(2):
            wanted.update(self._values_there(device))
        self._write(device, RESOLVE, _heads(strand), difference(strand, wanted))

    def _values_there(self, device: int) -> dict[str, Content | None]:
        """What the server was seen to hold when the question arose: a person may take it over."""
        known = self.known(device)
        body = self.bodies[open_questions(known, SERVER)[0]] or {}
        return {name: body.get(name) for name in FIELDS}

    # --- the server ---------------------------------------------------------------------------------------------------

    def _edit_there(self, _: int) -> None:
        self._change_there(self.random.choice(FIELDS), self.random.choice(VALUES))

    def _empty_there(self, _: int) -> None:
        self._change_there(self.random.choice(FIELDS), "")

    def _change_there(self, name: str, text: str) -> None:
        row = self.server.row
        if row is not None and row.get(name, "") != text:
            self._tick()
            self.web_edits.append(WebEdit(self.now, name, frozenset(one.get(name, "") for one in self.server.unread)))
            self.server.row = {**row, name: text}
            self.server.modified = self.now

    def _drop(self, _: int) -> None:
        self.server.dropping ^= {self.random.choice(FIELDS)}

    def _forget(self, _: int) -> None:
        """A value that people here once gave comes back by itself, and looks as if somebody had edited it."""
        name = self.random.choice(FIELDS)
        ours = [one for one in self.versions.values() if one.op != OBSERVE and name in one.set]
        row = self.server.row
        if row is not None and name in row and ours:
            text = content_text(self.random.choice(ours).set[name])
            if text != row[name]:
                self._tick()
                self._count("forgotten")
                self.server.row = {**row, name: text}
                self.server.modified = self.now

    def _delete_there(self, _: int) -> None:
        self.server.row = None

    def _copy(self, _: int) -> None:
        self.server.copies.append((self.server.row, self.server.modified, self.server.created))

    def _set_back(self, _: int) -> None:
        if self.server.copies and not self.random.randrange(2):
            self._count("set back")
            self.server.row, self.server.modified, self.server.created = self.random.choice(self.server.copies)

    # --- gateways -----------------------------------------------------------------------------------------------------

    def _pull(self, device: int) -> None:
        if device in self.gateways:
            self._read(device)

    def _read(self, device: int, *, was_created: bool = False) -> None:
        said = self.observing(self.known(device), self.server.read(was_created=was_created))
        del self.server.unread[:-1]
        if said is not None:
            op, parents, change, about = said
            one = self._write(device, op, parents, change, about)
            self.bodies[one] = self.server.row
            self.serials[one] = self.server.serial

    def _deliver(self, device: int) -> None:
        if device not in self.gateways:
            return
        self._read(device)
        known, state = self.known(device), self.state(device)
        strand = state.strand if state is not None else None
        if state is None or strand is None or strand.is_contested or is_delivered(state, known, SERVER):
            return
        if open_questions(known, SERVER):
            return
        there = self.server.row
        if strand.is_deleted:
            self._send(device, None)
            return
        values = {name: content_text(content) for name, content in strand.values.items() if name in FIELDS}
        emptied = [name for name in there or () if name not in values]
        wanted = {name: text for name, text in values.items() if (there or {}).get(name) != text}
        wanted.update(dict.fromkeys(emptied, ""))
        self._send(device, {name: text for name, text in wanted.items() if name not in strand.conflicts})

    def _send(self, device: int, wanted: dict[str, str] | None) -> None:
        key = device, tuple(sorted(wanted.items())) if wanted is not None else (("", ""),)
        if self.sent.get(key, 0) >= SENT_IN_VAIN_MAX or wanted == {}:
            return
        self.sent[key] = self.sent.get(key, 0) + 1
        self._tick()
        self._count("sent")
        was_there = self.server.row is not None
        if was_there and self.care.delete and not self.random.randrange(12):
            self.server.row = None
        was_created = False
        if wanted is None:
            self.server.row = None
        else:
            was_created = self.server.push(wanted, self.now) and was_there
        self._read(device, was_created=was_created)
        row = self.server.row
        if (row is None) if wanted is None else all((row or {}).get(name, "") == text for name, text in wanted.items()):
            del self.sent[key]

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write(
        self,
        device: int,
        op: str,
        parents: tuple[VersionId, ...],
        change: Change,
        about: dict[str, Plain] | None = None,
    ) -> VersionId:
        self._tick()
        count = len(self.versions)
        pen = Pen(AuthorId(bytes([0xA0 + device]) * 32), count, self.now, count.to_bytes(16, "big"))
        carried = compose(pen, TABLE, self.uuid, change, parents=parents, op=op, about=about)
        self.uuid = carried.version.uuid
        self.versions[carried.id] = carried.version
        self.held[device].add(carried.id)
        self.written[carried.id] = self.now
        self._count(op)
        return carried.id

    def _tick(self) -> None:
        self.now += 1

    def _count(self, what: str) -> None:
        self.work[what] = self.work.get(what, 0) + 1


def _first_strand(state: RecordState | None) -> StrandState | None:
    return state.strands[0] if state is not None and state.strands else None


def _heads(strand: StrandState | None) -> tuple[VersionId, ...]:
    return strand.heads if strand is not None else ()
