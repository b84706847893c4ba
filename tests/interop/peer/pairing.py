"""Pairing as the dialler that joins: docs/protocol/pairing.md."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.interop.peer import charter
from tests.interop.peer.channel import Channel
from tests.interop.peer.encoding import Key, Refused, Value, decode, octets, tagged
from tests.interop.peer.encoding import field as of
from tests.interop.peer.records import Log


@dataclass
class Device:
    """What this peer holds. It begins alone, in a mesh of its own."""

    name: str
    key: Key = field(default_factory=Key)
    author: Key = field(default_factory=Key)
    mesh: bytes = b""
    secret: bytes = b""
    entries: dict[bytes, bytes] = field(default_factory=dict)
    logs: dict[bytes, Log] = field(default_factory=dict)
    forms: dict[bytes, bytes] = field(default_factory=dict)
    files: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = charter.found(self.key, self.author, self.name, os.urandom(16))
        self.mesh = charter.entry_id(first)
        self.entries = {self.mesh: first}


class Codes:
    """The context of one pairing, and all that is made of it."""

    def __init__(self, keys: tuple[bytes, bytes], binding: bytes, introductions: tuple[bytes, bytes]) -> None:
        self.context = tagged("pairing-context", (1).to_bytes(4, "big"), *keys, binding, *introductions)

    def commitment(self, nonce: bytes) -> bytes:
        return tagged("pairing-commitment", self.context, nonce)

    def code(self, ours: bytes, theirs: bytes) -> str:
        number = int.from_bytes(tagged("pairing-code", self.context, ours, theirs), "big") % 10**6
        return f"{number // 1000:03} {number % 1000:03}"

    def confirmation(self, ours: bytes, theirs: bytes, side: str) -> bytes:
        return tagged("pairing-confirmation", self.context, ours, theirs, side.encode())


def introduction(device: Device) -> dict[str, Value]:
    said: dict[str, Value] = {"front_end": "digits", "is_alone": True, "may_admit": True, "members": 1}
    return {"$": "introduction", **said, "mesh": device.mesh, "name": device.name, "records": 0, "versions": [1]}


def pair(channel: Channel, device: Device, ask: Callable[[str], bool]) -> None:
    """Join the other's mesh. `ask` shows the code to the person. Raises Refused."""
    channel.send({"m": "intent", "kind": "pair"})
    ours = channel.send(introduction(device))
    theirs = channel.receive()
    host = _named(theirs, "introduction")
    codes = Codes((device.key.public, channel.peer), channel.binding, (ours, theirs))
    nonce = os.urandom(16)
    channel.send({"$": "commitment", "commitment": codes.commitment(nonce)})
    answer = of(_named(channel.receive(), "nonce"), "nonce", bytes)
    channel.send({"$": "opening", "nonce": nonce})
    if not ask(codes.code(nonce, answer)):
        channel.send({"$": "refusal", "reason": "different"})
        raise Refused("different")
    channel.send({"$": "confirmation", "confirmation": codes.confirmation(nonce, answer, "dialler")})
    said = _named(channel.receive(), "confirmation")
    if of(said, "confirmation", bytes) != codes.confirmation(nonce, answer, "listener"):
        raise Refused("confirmation")
    _join(channel, device, of(host, "mesh", bytes))


def _join(channel: Channel, device: Device, mesh: bytes) -> None:
    channel.send({"$": "authors", "authors": [device.author.public]})
    draft = of(_named(channel.receive(), "draft"), "entry", bytes)
    said = decode(draft)
    body, signers = of(said, "body", dict), octets(said["signers"])
    expected = {"authors": [device.author.public], "device": device.key.public, "name": device.name}
    if {**body, **expected} != body or (said["kind"], said["mesh"]) != ("admit", mesh):
        raise Refused("a draft of something else")
    if signers != [channel.peer, device.key.public, device.author.public]:
        raise Refused("a draft that others sign")
    channel.send({"$": "signed", "entry": charter.sign(draft, device.key, device.author)})
    part: dict[str, Value] = {"is_last": False}
    entries: list[bytes] = []
    while not of(part, "is_last", bool):
        part = _named(channel.receive(), "charter")
        entries += octets(part["entries"])
    for entry in entries:
        charter.check(entry)
    if device.author.public not in charter.members(entries).get(device.key.public, set()):
        raise Refused("a charter without us")
    secrets = part["secrets"]
    if not isinstance(secrets, list) or not secrets:
        raise Refused("no secrets")
    device.mesh, device.secret = mesh, of(secrets[-1], "secret", bytes)
    device.entries = {charter.entry_id(entry): entry for entry in entries}
    channel.send({"$": "done"})


def _named(data: bytes, name: str) -> dict[str, Value]:
    message = decode(data)
    if message.get("$") != name:
        raise Refused(f"{message} instead of {name}")
    return message
