"""Writes frames.json: a frame for every kind of message, a whole session of two devices, and frames to be refused.

Run `python -m tests.vectors.make_frames` after a change that is meant to change bytes; otherwise nothing should. With
`--check` it only compares. Bytes are in hex; keys come from seeds (RFC 8032, section 5.1.5).
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias

from edenmesh.core.encoding import Plain, decode, encode
from edenmesh.core.ids import AuthorId, FileHash
from edenmesh.core.limits import FRAME_BYTES_MAX
from edenmesh.core.reconcile import Gap, Hole, HoleKind, Mark, Stretch
from edenmesh.core.records import Carried
from edenmesh.core.wire import (
    PROTOCOL,
    Ack,
    CharterDone,
    CharterEntries,
    CharterIds,
    Close,
    Differ,
    FileChunk,
    FileHere,
    FileMissing,
    FileTaken,
    FileWanted,
    FormBytes,
    Forms,
    Given,
    Have,
    Hello,
    HolesFilled,
    HolesHere,
    HolesMissing,
    HolesTaken,
    HolesWanted,
    Ids,
    Intent,
    Message,
    Offer,
    Offered,
    Part,
    Ping,
    Pong,
    Refused,
    Tally,
    Vector,
    Want,
    Wish,
    Wished,
    blinded,
    encode_message,
    frame,
)
from tests.duets.duet import Duet, meet, split
from tests.duets.guests import Guests, met
from tests.duets.team import Device, team
from tests.duets.test_first_sync import form

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json]"

PATH: Final = Path(__file__).with_name("frames.json")
NONCE: Final = bytes(range(16))
LOG: Final[list[Plain]] = [bytes(32), 3, bytes(32)]
FILE: Final = FileHash(sha256(b"a photo").digest())


def examples() -> list[Message]:
    """One message of every kind, and of some two."""
    ana, ben = team("Ana", "Ben")
    ana.write(3)
    charter = ana.store.charter()
    mesh = charter.mesh or b""
    (log,) = ana.store.logs.values()
    (held,) = ana.store.log_heads()
    mark, empty = held.mark, log.root(0)
    versions = [one.data for one in log.versions if isinstance(one, Carried)]
    hole = Hole(log.versions[1].id, HoleKind.PURGED)
    return [
        Intent("sync"),
        Hello(blinded(NONCE, charter.hash), blinded(NONCE, mesh), NONCE, 47_000, [PROTOCOL]),
        CharterIds(sorted(charter.entries), is_last=True),
        CharterEntries([entry.encode() for entry in charter.entries.values()]),
        CharterDone(charter.hash),
        Have(sha256(b"forms").digest(), sha256(b"set").digest()),
        Forms([sha256(b"form").digest()]),
        FormBytes(form("org_facility")),
        Vector(is_last=True, logs=[mark]),
        Differ(mark),
        Ids([one.id for one in log.versions], mark, 0),
        Want(mark, 2),
        Part(ana.author, empty, 0, versions[:2]),
        Part(ana.author, empty, 2, versions[2:], ana.last_seal()),
        Given(),
        Ack(mark),
        Refused(Mark(AuthorId(ben.author), 1, sha256(b"root").digest())),
        FileWanted(FILE, 3, 7),
        FileChunk(b"hoto", FILE, 3, 7),
        FileTaken(FILE, 7),
        FileMissing(FILE),
        FileHere(FILE),
        Tally(charter=charter.hash, forms=sha256(b"forms").digest(), set_hash=sha256(b"set").digest()),
        Tally(
            absent=5,
            charter=charter.hash,
            files_missing=1,
            forms=sha256(b"forms").digest(),
            is_answer=True,
            purged=2,
            quarantined=3,
            records={"org_facility": 3, "pr_person": 40},
            set_hash=sha256(b"set").digest(),
            waiting=4,
        ),
        Ping(),
        Pong(),
        Close("other_mesh", "The two devices belong to different teams."),
        Part(ana.author, empty, 0, [versions[0], hole.encode(), versions[2]], ana.last_seal()),
        HolesWanted(mark, [Stretch(0, 1), Stretch(2, 3)]),
        HolesFilled(mark, versions[:1]),
        HolesMissing(mark, [Gap(2, 3, HoleKind.ABSENT)]),
        HolesTaken(mark, 1),
        HolesHere(mark, [Stretch(2, 3)]),
        Offer([sha256(b"form").digest()], is_last=True, logs=[Offered(mark, 2)]),
        Wish([sha256(b"form").digest()], is_last=True, logs=[Wished(mark, 1)]),
    ]


def session() -> Json:
    """A first session of two members who hold versions, a form and a file, and a live edit; every byte of it.

    Two seconds after the edit the clock lets both state their tallies anew.
    """
    ana, ben = team("Ana", "Ben")
    ana.admit(Device("Cem"))
    ana.write(2)
    ana.store.add_form(form("org_facility"))
    ben.attach(b"a photo")
    carried: list[Json] = []
    duet = Duet(ana, ben)
    for turn in range(40):
        carried += take_turns(duet)
        if turn == 20:
            ana.write()
            ana.tell()
        if turn == 30:
            duet.now += 2.0
            for end in duet.ends:
                end.session.handle_timer(duet.now)
                end.collect()
    assert duet.left.missing == duet.right.missing == ()
    return {
        "devices": {device.name: keys(device) for device in (ana, ben)},
        "charter": [entry.encode().hex() for entry in ana.store.charter().entries.values()],
        "frames": carried,
    }


def filling() -> Json:
    """Ben lacks contents of two of Ana's versions, which Ana has, and of one that she has purged."""
    ana, ben = team("Ana", "Ben")
    ana.write(4)
    meet(ana, ben)
    log = ana.store.logs[ana.author, 0]
    contents = [one for one in log.versions[1:] if isinstance(one, Carried)]
    for device, versions in ((ben, contents), (ana, contents[2:])):
        for one in versions:
            device.store.purge(one.version.table, one.version.uuid)
    ben.store.restore(*(one.id for one in contents))
    duet = Duet(ana, ben)
    carried = [one for _ in range(20) for one in take_turns(duet)]
    assert ben.store.open_counts().absent == ana.store.open_counts().purged == 1
    return {
        "devices": {device.name: keys(device) for device in (ana, ben)},
        "charter": [entry.encode().hex() for entry in ana.store.charter().entries.values()],
        "frames": carried,
    }


def guests() -> Json:
    """Ana of one team shares one of two tables with Cleo of another, who shares nothing; then Ana writes once more."""
    ana, _ = team("Ana", "Ben")
    cleo, _ = team("Cleo", "Dan")
    ana.write(2)
    ana.write(1, table="pr_person", name="not shared")
    ana.write(1)
    ana.store.add_form(form("org_facility"))
    duet = Guests(ana, cleo, shares=frozenset({"org_facility"}))
    carried: list[Json] = []
    for turn in range(24):
        carried += take_turns(duet)
        if turn == 12:
            ana.write()
            ana.tell()
    assert (met(duet.left).shared, met(duet.right).penned) == (4, 4)
    return {
        "devices": {device.name: keys(device) for device in (ana, cleo)},
        "meshes": {device.name: (device.store.charter().mesh or b"").hex() for device in (ana, cleo)},
        "frames": carried,
    }


def take_turns(duet: Duet) -> list[Json]:
    """Both speak, hear and store, once; what was said."""
    carried: list[Json] = []
    for end, other in (duet.ends, duet.ends[::-1]):
        data = end.speak(duet.now)
        carried += [{"from": end.device.name, **describe(one)} for one in split(data)]
        other.hear(data, duet.now)
        end.store(duet.now)
        other.store(duet.now)
    return carried


def keys(device: Device) -> Json:
    return {
        "device_seed": sha256(f"device {device.name}".encode()).hexdigest(),
        "device_key": device.id.hex(),
        "author_seed": sha256(f"author {device.name} 0".encode()).hexdigest(),
        "author_key": device.author.hex(),
    }


def refused() -> dict[str, bytes]:
    """Frames that end a session, each by one fault."""
    body = encode_message(Close("stopped", "Good bye."))
    log = {"log": [bytes(32), 0, bytes(32)], "m": "ack"}
    return {
        "a frame without even its flags": bytes(5),
        "a frame of more than its greatest length": (FRAME_BYTES_MAX + 1).to_bytes(4, "big") + b"\0",
        "a flag that has no meaning yet": (len(body) + 1).to_bytes(4, "big") + b"\1" + body,
        "an empty body": frame(b""),
        "a body that is no map": frame(encode(["m", "ping"])),
        "a map without a kind": frame(encode({"n": 1})),
        "a kind of message that is unknown": frame(encode({"m": "shout"})),
        "bytes after the message": frame(encode_message(Ping()) + b"\0"),
        "keys out of order": frame(bytes.fromhex("83a16da5636c6f7365a474657874a0a4636f6465a178")),
        "a key that stands twice": frame(bytes.fromhex("82a16da470696e67a16da470696e67")),
        "an integer longer than it has to be": frame(
            encode_message(Want(Mark(AuthorId(bytes(32)), 1, bytes(32)), 0))[:-1] + b"\xcc\x00"
        ),
        "an unknown field with a nil": frame(bytes.fromhex("82a16da470696e67a16ec0")),
        "text that is not in normal form C": frame(encode({"code": "x", "m": "close", "text": "e\u0301"})),
        "closing words that steer a terminal": frame(encode({"code": "x", "m": "close", "text": "\x1b[2J"})),
        "a log of no versions": frame(encode(log)),
        "places that run backwards": frame(encode({"log": LOG, "m": "holes_wanted", "places": [[2, 3], [0, 1]]})),
        "places behind the end of the log": frame(encode({"log": LOG, "m": "holes_here", "places": [[2, 4]]})),
        "a hole of a kind that is unknown": frame(encode({"log": LOG, "m": "holes_missing", "places": [[2, 3, 4]]})),
        "a hash that is too short": frame(encode({"charter": bytes(31), "m": "charter_done"})),
        "a negative count": frame(
            encode(
                {"charter": bytes(32), "forms": bytes(32), "m": "tally", "purged": -1, "set_hash": bytes(32)},
            )
        ),
    }


def describe(data: bytes) -> dict[str, Json]:
    body = data[5:]
    fields = decode(body, FRAME_BYTES_MAX)
    assert isinstance(fields, dict)
    return {"kind": str(fields["m"]), "fields": plain(fields), "bytes": data.hex()}


def plain(value: Plain) -> Json:
    """Bytes as hex; everything else stands for itself."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return value


def make() -> Json:
    """The content of the file."""
    return {
        "messages": [describe(frame(encode_message(message))) for message in examples()],
        "session": session(),
        "filling": filling(),
        "guests": guests(),
        "refused": {fault: data.hex() for fault, data in refused().items()},
    }


def text() -> str:
    return json.dumps(make(), indent=1) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if PATH.read_text() == text() else "frames.json is not what make_frames makes")
    PATH.write_text(text())
