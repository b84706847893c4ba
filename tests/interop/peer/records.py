"""Versions, the tree over an author's log, and its seals: docs/protocol/versions.md and seals.md."""

import hashlib
import os
import uuid
from dataclasses import dataclass, field

from tests.interop.peer.encoding import Key, Refused, Value, decode, encode, tagged, verify
from tests.interop.peer.encoding import field as of

HOLE_BYTES = 33
ABSENT = b"\x03"
_DEFAULTS: tuple[Value, ...] = ({}, [], "")


def version_id(data: bytes) -> bytes:
    return hashlib.sha256(b"edenmesh/version/1\0" + data).digest()


def known_id(item: bytes) -> bytes:
    """The id of what stands in a place of a log: a version, or a hole."""
    return item[:-1] if len(item) == HOLE_BYTES else version_id(item)


def owned_uuid(author: bytes, seq: int, salt: bytes, table: str) -> str:
    raw = bytearray(tagged("uuid", author, seq.to_bytes(8, "big"), salt, table.encode())[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80  # RFC 9562, section 5.8
    return f"urn:uuid:{uuid.UUID(bytes=bytes(raw))}"


def write(log: "Log", author: Key, table: str, values: dict[str, Value], *, parents: tuple[str, bytes] | None) -> str:
    """Append one put to the author's log: a new record, or an edit of (uuid, head). Answers the record's uuid."""
    salt, seq = os.urandom(16), len(log.versions)
    name = parents[0] if parents else owned_uuid(author.public, seq, salt, table)
    version: dict[str, Value] = {
        "author": author.public,
        "format": 1,
        "made": 1_790_000_000_000,
        "op": "put",
        "parents": [parents[1]] if parents else [],
        "salt": salt,
        "seq": seq,
        "set": values,
        "table": table,
        "uuid": name,
    }
    log.versions.append(encode({key: item for key, item in version.items() if item not in _DEFAULTS}))
    return name


def files_of(data: bytes) -> dict[bytes, int]:
    """The files a version names, with their sizes."""
    values = decode(data).get("set", {})
    items = [item for item in values.values() if isinstance(item, dict)] if isinstance(values, dict) else []
    return {of(item, "hash", bytes): of(item, "size", int) for item in items if item["$"] == "file"}


def root(ids: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1."""
    if len(ids) <= 1:
        return hashlib.sha256(b"\0" + ids[0] if ids else b"").digest()
    half = 1 << (len(ids) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(ids[:half]) + root(ids[half:])).digest()


def seal(author: Key, ids: list[bytes]) -> dict[str, Value]:
    head, size = root(ids), len(ids)
    signature = author.sign("seal", author.public + size.to_bytes(8, "big") + head)
    return {"author": author.public, "root": head, "signature": signature, "size": size}


def check_seal(given: Value, author: bytes, ids: list[bytes]) -> None:
    head, size = of(given, "root", bytes), of(given, "size", int)
    verify(author, "seal", author + size.to_bytes(8, "big") + head, of(given, "signature", bytes))
    if (of(given, "author", bytes), size, head) != (author, len(ids), root(ids)):
        raise Refused("a seal over something else")


@dataclass
class Log:
    """One author's versions in order, holes among them, and the newest seal. Forks are not kept: this peer is small."""

    versions: list[bytes] = field(default_factory=list)
    seal: Value = False

    @property
    def ids(self) -> list[bytes]:
        return [known_id(data) for data in self.versions]

    def holes(self) -> list[int]:
        """Places where the content is not here."""
        return [place for place, data in enumerate(self.versions) if len(data) == HOLE_BYTES]

    def forget(self, place: int) -> None:
        """Lose a content."""
        self.versions[place] = self.ids[place] + ABSENT

    def fill(self, place: int, data: bytes) -> None:
        """Take a content. Raises Refused where it is another version's."""
        if place not in self.holes() or version_id(data) != self.ids[place]:
            raise Refused("another version than the one known here")
        self.versions[place] = data

    def append(self, author: bytes, versions: list[bytes], given: Value) -> None:
        """Take a part. Raises Refused where a version has another place than its own, or the seal does not hold."""
        for seq, data in enumerate(versions, start=len(self.versions)):
            if len(data) == HOLE_BYTES:
                if data[-1] not in (1, 2, 3):
                    raise Refused("a hole of an unknown kind")
                continue
            version = decode(data)
            if (of(version, "author", bytes), of(version, "seq", int)) != (author, seq):
                raise Refused("a version in a wrong place")
        check_seal(given, author, self.ids + [known_id(data) for data in versions])
        kept = [known_id(data) + ABSENT if len(data) == HOLE_BYTES else data for data in versions]
        self.versions, self.seal = self.versions + kept, given
