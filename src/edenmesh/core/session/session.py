"""One encounter of two members of one mesh, without I/O: bytes, events and the time in; bytes and events out.

The session wires small machines (charter, giving, taking, files, tally) and never writes. It reads a snapshot and
asks its driver to store batches; only `handle_committed` can queue an ack. Order on the wire: hello, charter, forms,
vectors, versions, files, tally, then live. A cut at any byte loses at most what was not durable.

Whatever the peer sends ends at worst this session, with a close message and an `Ended` event.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from edenmesh.core.ids import ID_BYTES, DeviceId, MeshId
from edenmesh.core.limits import CLOSE_TEXT_CHARS_MAX, SILENCE_SECONDS_MAX, SILENCE_SECONDS_PING
from edenmesh.core.ports import Entropy
from edenmesh.core.reconcile import Mark, set_hash
from edenmesh.core.session.charter import CharterExchange
from edenmesh.core.session.closing import Tallies
from edenmesh.core.session.events import ChunkReceived, Ended, Event, FormReceived, PeerHolds, PeerWaits, Progress
from edenmesh.core.session.files import FileGiver, FileTaker
from edenmesh.core.session.giving import Giver
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.session.taking import Taker
from edenmesh.core.wire import (
    PROTOCOL,
    Ack,
    CharterDone,
    CharterEntries,
    CharterIds,
    Close,
    Differ,
    FileChunk,
    FileMissing,
    FileWanted,
    FormBytes,
    FrameReader,
    Given,
    Have,
    Hello,
    Ids,
    Message,
    Part,
    Ping,
    Pong,
    Tally,
    Vector,
    Want,
    decode_message,
)
from edenmesh.errors import EdenmeshError, RemoteProtocolError

_TALLY_SECONDS: Final = 1.0
_NONCE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Parties:
    """Who meets: both device keys as the channel proved them, and whether a person here chose to sync with the peer.

    `port` is where this device listens, 0 where it does not.
    """

    ours: DeviceId
    theirs: DeviceId
    is_chosen: bool
    port: int = 0


class Session:
    """The six verbs: receive_bytes, bytes_to_send, next_event, next_deadline, handle_timer, handle_committed."""

    def __init__(self, parties: Parties, snapshot: Snapshot, entropy: Entropy, now: float) -> None:
        self.progress: Final = Progress()
        self._parties = parties
        self._snapshot = snapshot
        self._nonces = [entropy(_NONCE_BYTES)]
        self._outbox = Outbox()
        self._reader = FrameReader()
        self._is_over = False
        self._heard = self._said = self._changed = now
        self._hello: Hello | None = None
        self._marks_said: list[Mark] | None = None
        is_stranger = not snapshot.charter().is_member(parties.theirs)
        self._charter = CharterExchange(self._outbox, snapshot, is_stranger=is_stranger, when_settled=self._begin_data)
        self._giver = Giver(self._outbox, snapshot, self.progress)
        self._taker = Taker(self._outbox, snapshot, self.progress, self._giver)
        self._file_taker = FileTaker(self._outbox, snapshot, self.progress)
        self._file_giver = FileGiver(self._outbox, snapshot, self.progress)
        self._tallies = Tallies(self._outbox, snapshot, self._our_set_hash, self._their_set_hash)
        charter = snapshot.charter()
        self._mesh: Final = charter.mesh or MeshId(bytes(ID_BYTES))
        self._outbox.send(Hello(charter.hash, self._mesh, self._nonces[0], parties.port, [PROTOCOL]))

    # --- the six verbs ------------------------------------------------------------------------------------------------

    def receive_bytes(self, data: bytes, now: float) -> None:
        """Take what came over the channel. Never raises for what the peer sent."""
        self._heard = now
        self.progress.bytes_received += len(data)
        try:
            self._reader.receive_bytes(data)
            while not self._is_over and (body := self._reader.next_body()) is not None:
                self._handle(decode_message(body))
        except EdenmeshError as error:
            self._end("protocol", error.what)
        self._settle(now)

    def bytes_to_send(self, now: float) -> bytes:
        """What is to be sent next; empty where there is nothing. Call again once it is written."""
        if not self._is_over:
            self._giver.pump()
            self._file_giver.pump()
        data = self._outbox.take()
        if data:
            self._said = now
            self.progress.bytes_sent += len(data)
        return data

    def next_event(self) -> Event | None:
        """The next thing the driver has to know or to store."""
        return self._outbox.events.popleft() if self._outbox.events else None

    def next_deadline(self) -> float | None:
        """When `handle_timer` wants to be called, in the time of `now`; None once the session is over."""
        if self._is_over:
            return None
        ping = max(self._heard, self._said) + SILENCE_SECONDS_PING
        due = self._changed + _TALLY_SECONDS if self._tallies.is_due and self._is_quiet() else ping
        return min(ping, self._heard + SILENCE_SECONDS_MAX, due)

    def handle_timer(self, now: float) -> None:
        """The time has come: ask whether the peer is there, give it up, or state the tally anew."""
        if self._is_over:
            return
        if now >= self._heard + SILENCE_SECONDS_MAX:
            self._end("silent", "The other device has not answered.")
        elif now >= max(self._heard, self._said) + SILENCE_SECONDS_PING:
            self._outbox.send(Ping())
        self._settle(now)

    def handle_committed(self, batch: int, now: float) -> None:
        """A batch is durable: only from here is anything acknowledged."""
        kind = self._outbox.handle_committed(batch)
        self._tallies.expire(keeps_theirs=kind is ChunkReceived)
        self._changed = now
        if not self._is_over:
            self._settle(now)

    # --- what happens here --------------------------------------------------------------------------------------------

    def handle_advanced(self, now: float) -> None:
        """Logs, charter or files here have grown, by a person or by another session: pass the news on."""
        if self._is_over or not self._charter.is_settled:
            return
        if not self._snapshot.charter().is_member(self._parties.theirs):
            self._end("revoked", "This device does not belong to the team any more.")
            return
        queued = self._outbox.size_bytes
        self._charter.send_news()
        self._giver.handle_advanced()
        # Most calls follow what this very session has brought; only news for the peer makes its tally a past one.
        if self._outbox.size_bytes > queued or not self._giver.is_idle:
            self._tallies.expire()
            self._changed = now
        self._settle(now)

    def ask_tally(self, now: float) -> None:
        """State the tally anew, and so have the peer state its own: somebody wants to know where things stand."""
        if not self._is_over:
            self._tallies.expire()
            self._changed = now - _TALLY_SECONDS
            self._settle(now)

    def close(self, code: str, text: str) -> None:
        """End the session from here."""
        self._end(code, text)

    @property
    def peer_port(self) -> int:
        """The port the peer listens on, as its hello says; 0 where it does not, or has not said hello."""
        return self._hello.port if self._hello is not None else 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be taken; what is still to be sent may be."""
        return self._is_over

    # --- messages -----------------------------------------------------------------------------------------------------

    def _handle(self, message: Message) -> None:
        if isinstance(message, Close):
            self._is_over = True
            self._outbox.events.append(Ended(message.code, message.text, is_by_peer=True))
            return
        if isinstance(message, Hello):
            self._handle_hello(message)
            return
        if self._hello is None:
            raise RemoteProtocolError(what="The peer did not begin with a hello.")
        early = self._early()
        late = self._late() if self._charter.is_settled else {}
        act = early.get(type(message)) or late.get(type(message))
        if act is None:
            raise RemoteProtocolError(what=f"A {type(message).__name__} came out of order.")
        act(message)

    def _early(self) -> dict[type, Callable[[Any], None]]:
        return {
            CharterIds: self._charter.handle_ids,
            CharterEntries: self._charter.handle_entries,
            CharterDone: self._charter.handle_done,
            Ping: lambda _: self._outbox.send(Pong()),
            Pong: lambda _: None,
        }

    def _late(self) -> dict[type, Callable[[Any], None]]:
        return {
            Have: self._handle_have,
            FormBytes: self._handle_form,
            Vector: self._handle_vector,
            Differ: lambda message: self._giver.handle_differ(message.log),
            Ids: self._taker.handle_ids,
            Want: self._giver.handle_want,
            Part: self._taker.handle_part,
            Given: lambda _: self._handle_given(),
            Ack: self._handle_ack,
            FileWanted: self._file_giver.handle_wanted,
            FileChunk: self._file_taker.handle_chunk,
            FileMissing: self._file_taker.handle_missing,
            Tally: self._tallies.handle_tally,
        }

    def _handle_hello(self, hello: Hello) -> None:
        if self._hello is not None:
            raise RemoteProtocolError(what="The peer said hello twice.")
        self._hello = hello
        self._nonces.append(hello.nonce)
        if PROTOCOL not in hello.versions:
            self._end("version", "The two devices need programs of closer versions; update the older one.")
        elif hello.mesh != self._mesh:
            self._end("other_mesh", "The two devices belong to different teams.")
        else:
            self._reader.widen()
            self._charter.start(hello.charter)

    def _begin_data(self) -> None:
        """Charters are settled: whoever is no member, or was never chosen here, gets no further."""
        if not self._snapshot.charter().is_member(self._parties.theirs):
            self._end("not_member", "This device is not a member of the team.")
        elif not self._parties.is_chosen:
            self._outbox.events.append(PeerWaits())
            self._end("waiting", "The other person has to allow the exchange on their device first.")
        else:
            self._marks_said = self._marks()
            hash_said = set_hash(self._parties.ours, self._nonces, self._marks_said)
            self._outbox.send(Have(list(self._snapshot.forms()), hash_said))

    def _handle_have(self, message: Have) -> None:
        theirs = set(message.forms)
        for form in self._snapshot.forms():
            data = self._snapshot.form(form) if form not in theirs else None
            if data is not None:
                self._outbox.send(FormBytes(data))
        marks = self._marks_said or []
        if message.set_hash == set_hash(self._parties.theirs, self._nonces, marks):
            self._giver.handle_vector(marks)
        else:
            self._outbox.send(Vector(marks))

    def _handle_form(self, message: FormBytes) -> None:
        self._outbox.store(lambda batch: FormReceived(batch, message.form), lambda: None)

    def _handle_vector(self, message: Vector) -> None:
        self._taker.expect(message.logs)
        for mark in self._giver.handle_vector(message.logs):
            self._taker.expect_list(mark)

    def _handle_given(self) -> None:
        self._taker.handle_given()

    def _handle_ack(self, message: Ack) -> None:
        self._giver.handle_ack(message.log)
        self._outbox.events.append(PeerHolds(message.log))

    # --- the end ------------------------------------------------------------------------------------------------------

    def _settle(self, now: float) -> None:
        """After every input: when versions have come to rest, look for files; when all has, state the tally."""
        if self._is_over or not self._is_exchanged():
            return
        self._file_taker.look()
        if not self._is_quiet() or not self._tallies.is_due:
            return
        # The first tally comes at once; later ones only when edits pause, or live typing would cost counting.
        if self._tallies.is_urgent or now >= self._changed + _TALLY_SECONDS:
            self._tallies.state()

    def _is_exchanged(self) -> bool:
        return self._giver.is_idle and self._taker.is_idle and self._outbox.is_durable

    def _is_quiet(self) -> bool:
        return self._is_exchanged() and self._file_taker.is_idle

    def _marks(self) -> list[Mark]:
        return [held.mark for held in self._snapshot.log_heads()]

    def _our_set_hash(self) -> bytes:
        return set_hash(self._parties.ours, self._nonces, self._marks())

    def _their_set_hash(self) -> bytes:
        return set_hash(self._parties.theirs, self._nonces, self._marks())

    def _end(self, code: str, text: str) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._outbox.send(Close(code, text[:CLOSE_TEXT_CHARS_MAX]))
        self._outbox.events.append(Ended(code, text, is_by_peer=False))
