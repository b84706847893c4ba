"""A session, from hello to both tallies: docs/protocol/session.md. One thread reads, and answers what it read."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.interop.peer import charter
from tests.interop.peer.channel import Channel
from tests.interop.peer.encoding import Refused, Value, decode, octets, tagged
from tests.interop.peer.encoding import field as of
from tests.interop.peer.pairing import Device
from tests.interop.peer.records import HOLE_BYTES, Log, files_of, root, seal

PART_VERSIONS_MAX = 1024


def blinded(nonce: bytes, value: bytes) -> bytes:
    return tagged("hello", nonce, value)


def forms_hash(forms: dict[bytes, bytes]) -> bytes:
    return tagged("forms", *sorted(forms))


def set_hash(sender: bytes, nonces: tuple[bytes, bytes], logs: Value) -> bytes:
    named = [_log(log) for log in logs] if isinstance(logs, list) else []
    return tagged(
        "set", sender, *sorted(nonces), *sorted(key + size.to_bytes(8, "big") + head for key, size, head in named)
    )


@dataclass
class Session:
    """Both ways until both have stated everything, and `is_enough` says so; `seen` counts messages by kind."""

    channel: Channel
    device: Device
    is_enough: Callable[[], bool] = lambda: True
    seen: dict[str, int] = field(default_factory=dict)
    is_given: bool = False
    is_taken: bool = False
    has_stated: bool = False
    unacked: set[bytes] = field(default_factory=set)
    owed_files: dict[bytes, int] = field(default_factory=dict)
    _pending: list[bytes] = field(default_factory=list)
    _told: set[tuple[bytes, int]] = field(default_factory=set)
    _wanted: list[tuple[bytes, int]] = field(default_factory=list)
    _stated: dict[str, Value] = field(default_factory=dict)
    _is_asked: bool = False

    def run(self, own_seal: Value = False) -> None:
        """Raises Refused where the other breaks a rule, or closes. `own_seal` stands for one made now."""
        self.channel.send({"m": "intent", "kind": "sync"})
        self._meet()
        if not self._same_charter:
            self._bring_charters_together()
        if self.device.author.public in self.device.logs:
            own = self.device.logs[self.device.author.public]
            own.seal = own_seal or seal(self.device.author, own.ids)
        self._say_have()
        while not (self.is_everything and self.has_stated and self.is_enough()):
            self._take(*self._next())
            self._come_to_rest()
        self.channel.send({"m": "close", "code": "stopped", "text": "Thank you."})
        self.channel.tls.close()

    def _next(self, *kinds: str) -> tuple[str, dict[str, Value]]:
        while True:
            message = decode(self.channel.receive())
            kind = of(message, "m", str)
            self.seen[kind] = self.seen.get(kind, 0) + 1
            if kind == "ping":
                self.channel.send({"m": "pong"})
            elif kind == "close" or (kinds and kind not in kinds):
                self.channel.tls.close()
                raise Refused(str(message))
            else:
                return kind, message

    def _meet(self) -> None:
        mine, mesh, held = os.urandom(16), self.device.mesh, charter.charter_hash(self.device.entries.values())
        hello: dict[str, Value] = {"charter": blinded(mine, held), "mesh": blinded(mine, mesh), "nonce": mine}
        self.channel.send({"m": "hello", **hello, "port": 0, "versions": [1]})
        _, said = self._next("hello")
        theirs = of(said, "nonce", bytes)
        if said["mesh"] != blinded(theirs, mesh):
            raise Refused("other_mesh")
        self.nonces = (mine, theirs)
        self._same_charter = said["charter"] == blinded(theirs, held)

    def _bring_charters_together(self) -> None:
        held = self.device.entries
        self.channel.send({"m": "charter_ids", "ids": [*sorted(held)], "is_last": True})
        theirs: list[bytes] = []
        is_last = False
        while not is_last:
            _, said = self._next("charter_ids")
            theirs, is_last = theirs + octets(said["ids"]), of(said, "is_last", bool)
        lacked: list[Value] = [held[name] for name in held if name not in theirs]
        if lacked:
            self.channel.send({"m": "charter_entries", "entries": lacked})
        while not set(theirs) <= set(held):
            self._take_entries(self._next("charter_entries")[1])
        self.channel.send({"m": "charter_done", "charter": charter.charter_hash(held.values())})
        self._next("charter_done")

    def _take_entries(self, message: dict[str, Value]) -> None:
        for entry in octets(message["entries"]):
            charter.check(entry)
            self.device.entries[charter.entry_id(entry)] = entry

    def _own_set(self, sender: bytes) -> bytes:
        return set_hash(sender, self.nonces, self._logs())

    def _logs(self) -> list[Value]:
        return [[key, len(log.ids), root(log.ids)] for key, log in sorted(self.device.logs.items())]

    def _say_have(self) -> None:
        forms = self.device.forms
        self.channel.send({"m": "have", "forms": forms_hash(forms), "set_hash": self._own_set(self.device.key.public)})
        _, said = self._next("have")
        differ = said["set_hash"] != self._own_set(self.channel.peer)
        if said["forms"] != forms_hash(forms):
            self.channel.send({"m": "forms", "forms": [*sorted(forms)]})
            theirs = octets(self._next("forms")[1]["forms"])
            for name in sorted(set(forms) - set(theirs)):
                self.channel.send({"m": "form", "form": forms[name]})
        if differ:
            self.channel.send({"m": "vector", "logs": self._logs(), "is_last": True})
        else:
            self._say_given()

    def _take(self, kind: str, said: dict[str, Value]) -> None:
        if kind == "form":
            form = of(said, "form", bytes)
            self.device.forms[tagged("form", form)] = form
        elif kind == "vector":
            self._give(said)
        elif kind == "part":
            self._take_part(said)
        elif kind == "given":
            self.is_taken = True
        elif kind == "ack":
            self.unacked.discard(_log(said["log"])[0])
        elif kind.startswith("holes_"):
            self._holes(kind, said)
        elif kind in ("file_wanted", "file_chunk"):
            (self._give_file if kind == "file_wanted" else self._take_file)(said)
        elif kind == "tally":
            self._stated, self._is_asked = said, "is_answer" not in said
        elif kind == "charter_entries":
            self._take_entries(said)
        elif kind != "file_taken":
            raise Refused(f"{kind} is beyond this peer")

    def _give(self, said: dict[str, Value]) -> None:
        """Every log they hold is a beginning of ours or longer: this peer meets no forks."""
        logs = said["logs"]
        held = {author: size for author, size, _ in map(_log, logs)} if isinstance(logs, list) else {}
        for author, log in self.device.logs.items():
            start = held.get(author, 0)
            if start >= len(log.versions):
                continue
            if len(log.versions) - start > PART_VERSIONS_MAX:
                raise Refused("this peer keeps the newest seal only")
            part: dict[str, Value] = {"author": author, "base": root(log.ids[:start]), "seal": log.seal, "start": start}
            self.channel.send({"m": "part", **part, "versions": [*log.versions[start:]]})
            self.unacked.add(author)
        self._say_given()

    def _say_given(self) -> None:
        self.channel.send({"m": "given"})
        self.is_given = True

    def _take_part(self, said: dict[str, Value]) -> None:
        author = of(said, "author", bytes)
        log = self.device.logs.setdefault(author, Log())
        expected = len(log.versions) + len(self._pending)
        if of(said, "start", int) != expected or said["base"] != root(log.ids):
            raise Refused("a part of another log")
        self._pending += octets(said["versions"])
        if "seal" not in said:
            return
        if author not in set().union(*charter.members(self.device.entries.values()).values()):
            raise Refused("an author no entry names")
        taken, self._pending = self._pending, []
        start = len(log.versions)
        self._told |= {(author, place) for place, item in enumerate(taken, start) if len(item) == HOLE_BYTES}
        log.append(author, taken, said["seal"])
        self.channel.send({"m": "ack", "log": [author, len(log.ids), root(log.ids)]})
        self._want_files(taken)

    def _want_files(self, taken: list[bytes]) -> None:
        for data in taken:
            for name, size in files_of(data).items() if len(data) != HOLE_BYTES else ():
                if name not in self.device.files and name not in self.owed_files:
                    self.owed_files[name] = size
                    self.channel.send({"m": "file_wanted", "file": name, "offset": 0, "size": size})

    def _want_holes(self) -> None:
        """Ask for what is not here, one log at a time, but for what the other does not have, either."""
        for author, log in self.device.logs.items():
            places = [place for place in log.holes() if (author, place) not in self._told]
            if places and not self._wanted:
                self._wanted = [(author, place) for place in places]
                self._told |= set(self._wanted)
                stretches: list[Value] = [[place, place + 1] for place in places]
                self.channel.send({"m": "holes_wanted", "log": self._named(author), "places": stretches})

    def _named(self, author: bytes) -> list[Value]:
        ids = self.device.logs[author].ids
        return [author, len(ids), root(ids)]

    def _holes(self, kind: str, said: dict[str, Value]) -> None:
        author, size, head = _log(said["log"])
        log = self.device.logs[author]
        if kind == "holes_taken":
            self.unacked.discard(author)
        elif kind == "holes_wanted":
            for place in [place for start, stop, *_ in _places(said) for place in range(start, stop)]:
                item = log.versions[place] if root(log.ids[:size]) == head else b"x" * HOLE_BYTES
                if len(item) == HOLE_BYTES:
                    gap: list[Value] = [[place, place + 1, 3]]
                    self.channel.send({"m": "holes_missing", "log": said["log"], "places": gap})
                else:
                    self.channel.send({"m": "holes_filled", "log": said["log"], "versions": [item]})
                    self.unacked.add(author)
        elif kind == "holes_here":
            self._told -= {(author, place) for start, stop, *_ in _places(said) for place in range(start, stop)}
        elif kind == "holes_missing":
            missing = [(author, place) for start, stop, *_ in _places(said) for place in range(start, stop)]
            self._answered(missing)
        else:
            taken = octets(said["versions"])
            filled, place = self._wanted[: len(taken)], 0
            self._answered(filled)
            for (_, place), data in zip(filled, taken, strict=True):
                log.fill(place, data)
            self.channel.send({"m": "holes_taken", "log": said["log"], "stop": place + 1})
            self._want_files(taken)

    def _answered(self, places: list[tuple[bytes, int]]) -> None:
        if not places or self._wanted[: len(places)] != places:
            raise Refused("an answer for other places than the next")
        del self._wanted[: len(places)]

    def _take_file(self, said: dict[str, Value]) -> None:
        name, size = of(said, "file", bytes), of(said, "size", int)
        have = self.device.files.get(name, b"")
        if of(said, "offset", int) != len(have) or self.owed_files.get(name) != size:
            raise Refused("a piece of another file")
        have += of(said, "data", bytes)
        self.device.files[name] = have
        if len(have) == size:
            if hashlib.sha256(have).digest() != name:
                raise Refused("another file")
            del self.owed_files[name]
        self.channel.send({"m": "file_taken", "file": name, "have": len(have)})

    def _give_file(self, said: dict[str, Value]) -> None:
        name, offset = of(said, "file", bytes), of(said, "offset", int)
        data = self.device.files[name]
        while offset < len(data):
            piece: dict[str, Value] = {"data": data[offset : offset + (1 << 18)], "offset": offset}
            self.channel.send({"m": "file_chunk", "file": name, **piece, "size": len(data)})
            offset += 1 << 18

    def _tally(self) -> dict[str, Value]:
        held, forms = charter.charter_hash(self.device.entries.values()), forms_hash(self.device.forms)
        tally: dict[str, Value] = {"charter": held, "forms": forms, "set_hash": self._own_set(self.device.key.public)}
        absent = sum(len(log.holes()) for log in self.device.logs.values())
        return {**tally, "absent": absent} if absent else tally

    @property
    def is_everything(self) -> bool:
        """Whether the other's latest tally says of itself what is so here, and nothing is missing on either side."""
        said, mine = self._stated, {**self._tally(), "set_hash": self._own_set(self.channel.peer)}
        is_same = all(said.get(name) == mine[name] for name in ("charter", "forms", "set_hash"))
        lacks = [said.get(name) for name in ("absent", "files_missing", "purged")]
        return is_same and not (self.owed_files or mine.get("absent") or any(lacks))

    def _come_to_rest(self) -> None:
        is_at_rest = self.is_given and self.is_taken and not (self.unacked or self.owed_files or self._pending)
        if is_at_rest and not self._wanted:
            self._want_holes()
        is_at_rest &= not self._wanted
        if is_at_rest and (self._is_asked or not self.has_stated):
            answer: dict[str, Value] = {"is_answer": True} if self._is_asked else {}
            self.channel.send({"m": "tally", **self._tally(), **answer})
            self.has_stated, self._is_asked = True, False


def _places(said: dict[str, Value]) -> list[list[int]]:
    """The stretches of a message: start, stop, and the kind of hole where it is told."""
    places = said["places"]
    if not isinstance(places, list):
        raise Refused("no places")
    return [[number for number in place if isinstance(number, int)] for place in places if isinstance(place, list)]


def _log(log: Value) -> tuple[bytes, int, bytes]:
    """Author, size and root."""
    if not isinstance(log, list) or len(log) != 3:
        raise Refused("no log")
    author, size, head = log
    if not isinstance(author, bytes) or not isinstance(size, int) or not isinstance(head, bytes):
        raise Refused("no log")
    return author, size, head
