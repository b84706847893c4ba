"""What a hostile member may say: for each rule it breaks, messages that break just this one.

The victim is Ana; the peer is Ben, a member with a valid channel, who says by hand what no honest session says.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from edenmesh.core.encoding import encode
from edenmesh.core.limits import (
    FRAME_BYTES_MAX,
    VERSION_BYTES_MAX,
)
from edenmesh.core.reconcile import Mark
from edenmesh.core.records import Carried, Change, Pen, compose, version_id
from edenmesh.core.trust import DraftEntry, Frontier, Leave, Seal
from edenmesh.core.wire import (
    Ack,
    CharterDone,
    CharterEntries,
    CharterIds,
    Differ,
    FileChunk,
    FileHere,
    FileMissing,
    FileWanted,
    FormBytes,
    Forms,
    Given,
    Have,
    Hello,
    Ids,
    Intent,
    Message,
    Part,
    Refused,
    Vector,
    Want,
    frame,
)
from tests.duets.duet import Duet, End, meet
from tests.duets.team import MADE, Device, founded, salt, team

EMPTY = Frontier.EMPTY.root()
ZERO = bytes(32)


class Scene(NamedTuple):
    """The victim's end of an open session in which both have everything, and who is at the other end."""

    duet: Duet
    ana: Device
    ben: Device

    @property
    def end(self) -> End:
        return self.duet.left


def scene() -> Scene:
    ana, ben = team("Ana", "Ben")
    ana.write(3)
    ben.write(2)
    return Scene(meet(ana, ben), ana, ben)


def mark_of(device: Device) -> Mark:
    held = next(held for held in device.store.log_heads() if held.author == device.author)
    return held.mark


def stranger_mark(size: int = 4) -> Mark:
    return Mark(founded("Nobody").author, size, ZERO)


def next_part(ben: Device, versions: Iterable[Carried] | None = None) -> Part:
    """What Ben writes next, sealed as it should be, and nowhere stored."""
    log = ben.store.logs[ben.author, 0]
    carried = [ben.compose(name="next")] if versions is None else [*versions]
    frontier = log.frontier(log.sealed).extended([one.id for one in carried])
    seal = Seal.sign(ben.author_key, frontier)
    return Part(ben.author, log.root(log.sealed), log.sealed, [one.data for one in carried], seal)


def raw(ben: Device, data: bytes) -> Part:
    """A part whose one version has these bytes, under a seal over just these bytes."""
    log = ben.store.logs[ben.author, 0]
    seal = Seal.sign(ben.author_key, log.frontier(log.sealed).extended([version_id(data)]))
    return Part(ben.author, log.root(log.sealed), log.sealed, [data], seal)


def elsewhere(ben: Device, *, start: int, base: bytes) -> Part:
    """A part of one version, well sealed, that says it continues what it does not."""
    one = written(ben, start)
    seal = Seal.sign(ben.author_key, Frontier.EMPTY.extended([ZERO] * start).extended([one.id]))
    return Part(ben.author, base, start, [one.data], seal)


def written(device: Device, seq: int) -> Carried:
    return compose(Pen(device.author, seq, MADE, salt("hostile")), "org_facility", None, Change(set={"name": "x"}))


def changed(part: Part, **fields: object) -> Part:
    return msgspec.structs.replace(part, **fields)


def resealed(part: Part, **fields: object) -> Part:
    assert part.seal is not None
    return changed(part, seal=msgspec.structs.replace(part.seal, **fields))


Attack = Callable[[Scene], list[Message | bytes]]

PARTS: dict[str, Attack] = {
    "a forged signature": lambda on: [resealed(next_part(on.ben), signature=bytes(64))],
    "a seal of another key": lambda on: [
        changed(next_part(on.ben), seal=Seal.sign(on.ben.key, Frontier.EMPTY.extended([ZERO])))
    ],
    "a seal that names another author": lambda on: [resealed(next_part(on.ben), author=on.ana.author)],
    "a seal over more versions": lambda on: [resealed(next_part(on.ben), size=4)],
    "a seal over other versions": lambda on: [
        changed(next_part(on.ben), versions=[on.ben.compose(name="another").data])
    ],
    "a negative seal": lambda on: [frame(encode_part(next_part(on.ben), size=-1))],
    "a gap in seq": lambda on: [next_part(on.ben, [written(on.ben, 3)])],
    "a seq that stands twice": lambda on: [next_part(on.ben, [written(on.ben, 2), written(on.ben, 2)])],
    "a version of another author": lambda on: [next_part(on.ben, [written(on.ana, 2)])],
    "another author's log with a seal of our own": lambda on: [changed(next_part(on.ben), author=on.ana.author)],
    "a version that is no version": lambda on: [raw(on.ben, b"\x81\xa1x\x01")],
    "a version with bytes after it": lambda on: [raw(on.ben, on.ben.compose(name="x").data + b"\0")],
    "a version with a longer integer": lambda on: [raw(on.ben, stretched(on.ben.compose(name="x").data))],
    "a version that is too large": lambda on: [raw(on.ben, bytes(VERSION_BYTES_MAX + 1))],
    "a base that is not held": lambda on: [changed(next_part(on.ben), base=ZERO)],
    "a start that is not reached": lambda on: [elsewhere(on.ben, start=7, base=ZERO)],
    "a beginning on a false base": lambda on: [elsewhere(on.ben, start=0, base=ZERO)],
    "a start beyond all numbers": lambda on: [
        frame(encode_part(next_part(on.ben), size=2**63 + 1, start=2**63))
    ],
    "a part broken off by another": lambda on: [changed(next_part(on.ben), seal=None), next_part(on.ben)],
    "a part broken off by another author's": lambda on: [
        changed(next_part(on.ben), seal=None), changed(next_part(on.ben), author=on.ana.author, start=3)
    ],
    "all was given in the midst of a part": lambda on: [changed(next_part(on.ben), seal=None), Given()],
}  # fmt: skip

ORDER: dict[str, Attack] = {
    "hello twice": lambda _: [Hello(ZERO, ZERO, bytes(16), 0, [1])],
    "an intent inside": lambda _: [Intent("sync")],
    "charter ids late": lambda _: [CharterIds([ZERO], is_last=True)],
    "charter done twice": lambda _: [CharterDone(ZERO)],
    "have twice": lambda _: [Have(ZERO, ZERO)],
    "forms nobody asked for": lambda _: [Forms([ZERO])],
    "a vector that is not due": lambda on: [Vector(is_last=True, logs=[mark_of(on.ben)])],
    "given twice": lambda _: [Given()],
    "the list of a log that was not named": lambda _: [Differ(stranger_mark())],
    "a log that was not listed": lambda on: [Want(mark_of(on.ana), 0)],
    "an ack for what was not sent": lambda on: [Ack(Mark(on.ana.author, 3, ZERO))],
    "an ack twice": lambda on: [Ack(mark_of(on.ana))],
    "a refusal of what was not sent": lambda on: [Refused(mark_of(on.ana))],
    "a piece of a file nobody asked for": lambda _: [FileChunk(b"x", ZERO, 0, 1)],
    "a missing file nobody asked for": lambda _: [FileMissing(ZERO)],
    "a file that came and was not asked for": lambda _: [FileHere(ZERO)],
    "too many files at once": lambda _: [FileWanted(bytes([n]) * 32, 0, 9) for n in range(5)],
    "one file twice": lambda _: [FileWanted(ZERO, 0, 9), FileWanted(ZERO, 0, 9)],
    "a list with a gap": lambda _: [Ids([ZERO], stranger_mark(), 0), Ids([ZERO], stranger_mark(), 2)],
    "a list longer than its log": lambda _: [Ids([ZERO] * 5, stranger_mark(4), 0)],
    "two lists at once": lambda _: [Ids([ZERO], stranger_mark(4), 0), Ids([ZERO], stranger_mark(5), 0)],
    "a list with another root": lambda _: [Ids([ZERO] * 4, stranger_mark(4), 0)],
}

CONTENT: dict[str, Attack] = {
    "a charter entry with a broken signature": lambda on: [CharterEntries([broken_entry(on.ben)])],
    "a charter entry without those it rests on": lambda on: [CharterEntries([rootless_entry(on.ben)])],
    "a charter entry that is none": lambda _: [CharterEntries([b"\x80"])],
    "a charter entry of another team": lambda _: [
        CharterEntries([entry.encode() for entry in founded("Mole").store.charter().entries.values()])
    ],
    "a form that is none": lambda _: [FormBytes(encode(7))],
    "a form that is not canonical": lambda _: [FormBytes(b"\x81\xa1x\xcc\x01")],
    "a form that is not valid": lambda _: [FormBytes(encode({"format": 1, "table": {"name": ""}}))],
    "a frame that is too long": lambda _: [(FRAME_BYTES_MAX + 1).to_bytes(4, "big") + b"\0"],
    "a frame of nothing": lambda _: [bytes(5)],
    "a flag without meaning": lambda _: [b"\0\0\0\2\1\0"],
    "bytes that are no message": lambda _: [frame(b"\xc1")],
    "a kind nobody knows": lambda _: [frame(encode({"m": "shout"}))],
    "a list of more ids than there may be": lambda _: [frame(encode(endless_list()))],
}


def encode_part(part: Part, *, size: int, start: int | None = None) -> bytes:
    """A part as no honest program could encode it."""
    assert part.seal is not None
    seal = {"author": part.seal.author, "root": part.seal.root, "signature": part.seal.signature, "size": size}
    body: dict[str, object] = {"author": part.author, "base": part.base, "m": "part", "seal": seal}
    return encode({**body, "start": part.start if start is None else start, "versions": part.versions})


def stretched(data: bytes) -> bytes:
    """The same version with its seq in one byte more than it needs."""
    before, name, after = data.partition(b"\xa3seq")
    assert name
    return before + name + b"\xcc" + after


def rootless_entry(device: Device) -> bytes:
    act = Leave(device=device.id)
    mesh = device.store.charter().mesh or ZERO
    return DraftEntry.of(act, device.id, mesh=mesh, parents=(ZERO,)).signed_by(device.key).completed().encode()


def broken_entry(device: Device) -> bytes:
    *_, entry = device.store.charter().entries.values()
    data = bytearray(entry.encode())
    data[data.rindex(b"\xc4\x40") + 10] ^= 1
    return bytes(data)


def endless_list() -> dict[str, object]:
    return {"ids": [ZERO], "log": [ZERO, 2**40, ZERO], "m": "ids", "start": 0}
