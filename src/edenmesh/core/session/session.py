"""One encounter of two devices, without I/O: bytes, events and the time in; bytes and events out.

The session wires small machines (charter, tally, and those of `machines`) and never writes. It reads a snapshot and
asks its driver to store batches; only `handle_committed` can queue an ack. Order on the wire: hello, charter, forms,
vectors, versions, holes, files, tally, then live. A cut at any byte loses at most what was not durable. With a guest,
which the hello shows to be of another mesh, another machine takes over once that is heard (guests.py).

Whatever the peer sends ends at worst this session, with a close message and an `Ended` event. Both sides speak up at
least every 15 seconds, so a side that hears nothing for 45 knows that the other is gone, however busy it is sending.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from edenmesh.core.encoding import normal_text
from edenmesh.core.ids import ID_BYTES, DeviceId, MeshId
from edenmesh.core.limits import (
    CHARTER_SECONDS_MAX,
    CLOSE_TEXT_CHARS_MAX,
    CODE_CHARS_MAX,
    OUTBOX_BYTES_MAX,
    SILENCE_SECONDS_MAX,
    SILENCE_SECONDS_PING,
    STRANGER_SECONDS_MAX,
    UNREAD_BYTES_MAX,
)
from edenmesh.core.ports import Entropy
from edenmesh.core.session.charter import CharterExchange
from edenmesh.core.session.closing import Tallies
from edenmesh.core.session.events import (
    ChunkReceived,
    Ended,
    Event,
    HolesReceived,
    PartReceived,
    PeerHolds,
    PeerWaits,
    Progress,
)
from edenmesh.core.session.guests import GuestExchange
from edenmesh.core.session.machines import Machines
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.session.ports import Snapshot
from edenmesh.core.session.reconciling import SetHashes
from edenmesh.core.session.sharing import Sharing
from edenmesh.core.wire import (
    PROTOCOL,
    Ack,
    CharterDone,
    CharterEntries,
    CharterIds,
    Close,
    FileTaken,
    FrameReader,
    Hello,
    HolesTaken,
    Message,
    Ping,
    Pong,
    Tally,
    blinded,
    decode_message,
)
from edenmesh.errors import EdenmeshError, LimitExceeded, ProtocolError, RemoteProtocolError, StoreError

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

    def __init__(
        self, parties: Parties, snapshot: Snapshot, entropy: Entropy, now: float, *, sharing: Sharing | None = None
    ) -> None:
        """`sharing` is what the peer may have should it be of another mesh; None where it is no guest here."""
        self.progress: Final = Progress()
        self._parties = parties
        self._snapshot = snapshot
        nonce = entropy(_NONCE_BYTES)
        self._hashes = SetHashes(snapshot, parties.ours, parties.theirs, nonce)
        self._outbox = Outbox()
        self._reader = FrameReader()
        self._is_over = False
        self._is_pong_due = False
        self._opened = self._heard = self._said = self._changed = self._charter_moved = now
        self._hello: Hello | None = None
        self._mesh: Final = snapshot.charter().mesh or MeshId(bytes(ID_BYTES))
        self._machines = machines = Machines(self._outbox, snapshot, self.progress, self._hashes, parties.theirs)
        self._charter = CharterExchange(
            self._outbox, snapshot, mesh=self._mesh, peer=parties.theirs, when_settled=self._begin_data
        )
        self._tallies = Tallies(self._outbox, snapshot, self.progress, self._hashes)
        self._charter_moves = 0
        self._sharing = sharing
        self._guest: GuestExchange | None = None
        self._of_both: dict[type, Callable[[Any], None]] = {Ping: self._handle_ping, Pong: lambda _: None}
        self._early: dict[type, Callable[[Any], None]] = {
            CharterIds: self._charter.handle_ids,
            CharterEntries: self._charter.handle_entries,
            CharterDone: self._charter.handle_done,
            **self._of_both,
        }
        self._late: dict[type, Callable[[Any], None]] = {
            **machines.acts(),
            Ack: self._handle_ack,
            HolesTaken: self._handle_holes_taken,
            FileTaken: self._handle_file_taken,
            Tally: self._tallies.handle_tally,
        }
        charter, mesh = blinded(nonce, self._charter.said.hash), blinded(nonce, self._mesh)
        self._outbox.send(Hello(charter, mesh, nonce, parties.port, [PROTOCOL]))

    # --- the six verbs ------------------------------------------------------------------------------------------------

    def receive_bytes(self, data: bytes, now: float) -> None:
        """Take what came over the channel. Never raises for what the peer sent."""
        if self._is_over:
            return
        self._heard = now
        self.progress.bytes_received += len(data)
        self._reader.receive_bytes(data)
        self._read(now)

    def bytes_to_send(self, now: float) -> bytes:
        """What is to be sent next; empty where there is nothing. Call again once it is written."""
        if not self._is_over:
            self._pump()
        data = self._outbox.take()
        if data:
            self._said = now
            self.progress.bytes_sent += len(data)
            if self._charter_moves != self._charter.moves:
                self._charter_moves, self._charter_moved = self._charter.moves, now
        return data

    def next_event(self) -> Event | None:
        """The next thing the driver has to know or to store."""
        return self._outbox.events.popleft() if self._outbox.events else None

    def next_deadline(self) -> float | None:
        """When `handle_timer` wants to be called, in the time of `now`; None once the session is over."""
        if self._is_over:
            return None
        deadline = min(self._said + SILENCE_SECONDS_PING, self._heard + SILENCE_SECONDS_MAX)
        if self._is_unknown():
            return min(deadline, self._opened + STRANGER_SECONDS_MAX)
        if self._guest is not None:
            return deadline
        if not self._charter.is_settled:
            return min(deadline, self._charter_moved + CHARTER_SECONDS_MAX)
        if self._tallies.is_due and self._machines.is_quiet:
            return min(deadline, self._changed + _TALLY_SECONDS)
        return deadline

    def handle_timer(self, now: float) -> None:
        """The time has come: ask whether the peer is there, give it up, or state the tally anew."""
        if self._is_over:
            return
        is_late = self._is_unknown() and now >= self._opened + STRANGER_SECONDS_MAX
        if is_late or now >= self._heard + SILENCE_SECONDS_MAX:
            self._end("silent", "The other device has not answered.")
        elif not self._is_settled and now >= self._charter_moved + CHARTER_SECONDS_MAX:
            self._end("charter", "The other device has not finished telling who belongs to the team.")
        elif now >= self._said + SILENCE_SECONDS_PING:
            self._said = now
            self._outbox.send(Ping())
        self._settle(now)

    def handle_committed(self, batch: int, now: float) -> None:
        """A batch is durable: only from here is anything acknowledged."""
        kind = self._outbox.handle_committed(batch)
        self._tallies.expire(keeps_theirs=kind is ChunkReceived)
        if kind in (PartReceived, HolesReceived):
            self._machines.file_taker.expire()
        self._changed = now
        if not self._is_over and self._is_still_welcome():
            self._read(now)

    # --- what happens here --------------------------------------------------------------------------------------------

    def handle_advanced(self, now: float) -> None:
        """Sealed logs, charter, forms or files here have grown, by a person or another session: pass the news on."""
        if self._is_over or not self._is_settled or not self._is_still_welcome():
            return
        if self._guest is not None:
            self._guest.look()
            self._settle(now)
            return
        has_news = [self._charter.look(), self._machines.look()]
        # Most calls follow what this very session has brought; only news for the peer makes its tally a past one.
        if any(has_news):
            self._tallies.expire()
        else:
            self._tallies.doubt()
        self._changed = now
        self._settle(now)

    def ask_tally(self, now: float) -> None:
        """State the tally anew, and so have the peer state its own: somebody wants to know where things stand."""
        if not self._is_over:
            if self._guest is not None:
                self._guest.tell_again()
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

    def _read(self, now: float) -> None:
        try:
            # What follows a charter entry is read once that is durable, since the entry may say what to make of it.
            while not (self._is_over or self._charter.holds_up) and (body := self._reader.next_body()) is not None:
                self._handle(decode_message(body))
            if self._reader.size_bytes > UNREAD_BYTES_MAX or self._outbox.size_bytes > OUTBOX_BYTES_MAX:
                raise LimitExceeded(what="The peer sends or asks for more than can be dealt with.")
        except StoreError as error:
            self._end("store", error.what, "The other device cannot read its store.")
        except ProtocolError as error:
            self._end(error.close_code, error.what)
        except EdenmeshError as error:
            self._end("protocol", error.what)
        self._settle(now)

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
        if self._guest is not None:
            act = self._guest.acts.get(type(message)) or self._of_both.get(type(message))
        else:
            act = self._early.get(type(message))
        if act is None and self._charter.is_settled:
            act = self._late.get(type(message))
        if act is None:
            raise RemoteProtocolError(what=f"A {type(message).__name__} came out of order.")
        act(message)

    def _handle_hello(self, hello: Hello) -> None:
        if self._hello is not None:
            raise RemoteProtocolError(what="The peer said hello twice.")
        self._hello = hello
        self._hashes.nonces.append(hello.nonce)
        if PROTOCOL not in hello.versions:
            self._end("version", "The two devices need programs of closer versions; update the older one.")
        elif hello.mesh != blinded(hello.nonce, self._mesh) and self._sharing is not None:
            self._reader.widen()
            self._guest = GuestExchange(
                self._outbox, self._snapshot, self.progress, sharing=self._sharing, guest=self._parties.theirs
            )
            if self._is_still_welcome():
                self._guest.look()
        elif hello.mesh != blinded(hello.nonce, self._mesh):
            self._end("other_mesh", "The two devices belong to different teams.")
        else:
            self._reader.widen()
            self._charter.start(is_equal=hello.charter == blinded(hello.nonce, self._charter.said.hash))

    def _handle_ping(self, _: Ping) -> None:
        self._is_pong_due = True

    def _begin_data(self) -> None:
        """Charters are settled: whoever is no member, or was never chosen here, gets no further."""
        charter = self._snapshot.charter()
        if not charter.is_member(self._parties.theirs):
            self._end(
                "not_member",
                "The other device is not a member of the team.",
                "This device is not a member of the other's team.",
            )
        elif not charter.is_member(self._parties.ours):
            self._end(
                "not_member",
                "This device is not a member of the team any more.",
                "The other device is not a member of the team any more.",
            )
        elif not self._parties.is_chosen:
            self._outbox.events.append(PeerWaits())
            self._end(
                "waiting",
                "A person here has to allow the exchange with this device first.",
                "The other person has to allow the exchange on their device first.",
            )
        else:
            self._charter.look()
            self._machines.reconciliation.start()

    def _handle_ack(self, message: Ack) -> None:
        self._machines.giver.handle_ack(message.log)
        self._tallies.expire_theirs()
        self._outbox.events.append(PeerHolds(message.log))

    def _handle_holes_taken(self, message: HolesTaken) -> None:
        self._machines.hole_giver.handle_taken(message)
        self._tallies.expire_theirs()

    def _handle_file_taken(self, message: FileTaken) -> None:
        self._machines.file_giver.handle_taken(message)
        self._tallies.expire_theirs()

    # --- the end ------------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Queue what is due next while there is room: nothing is read ahead of what the link takes."""
        if self._is_pong_due:
            self._is_pong_due = False
            self._outbox.send(Pong())
        if self._guest is not None:
            self._guest.pump()
            return
        self._charter.pump()
        self._machines.pump()

    def _settle(self, now: float) -> None:
        """After every input: when versions have come to rest, ask for what is missing; when all has, state."""
        if self._guest is not None:
            if not self._is_over:
                self._guest.settle()
            return
        if self._charter_moves != self._charter.moves:
            self._charter_moves, self._charter_moved = self._charter.moves, now
        if self._is_over or not self._machines.is_exchanged:
            return
        self._machines.ask()
        if not self._machines.is_quiet or not self._tallies.is_due:
            return
        # The first tally comes at once; later ones only when edits pause, or live typing would cost counting.
        if self._tallies.is_urgent or now >= self._changed + _TALLY_SECONDS:
            self._tallies.state()

    def _is_unknown(self) -> bool:
        """Whether the peer has still to say hello, or to hand in what makes it a member."""
        if self._is_settled:
            return False
        return self._hello is None or not self._snapshot.charter().is_member(self._parties.theirs)

    @property
    def _is_settled(self) -> bool:
        """Whether it is known what the peer is."""
        return self._charter.is_settled or self._guest is not None

    def _is_still_welcome(self) -> bool:
        """Whether the peer may go on, as a member or as a guest; if not, ends the session."""
        charter = self._snapshot.charter()
        if self._guest is not None:
            is_welcome = not charter.is_revoked(self._parties.theirs)
        else:
            is_welcome = not self._charter.is_settled or charter.is_member(self._parties.theirs)
        if is_welcome:
            return True
        self._end(
            "revoked",
            "The other device does not belong to the team any more.",
            "This device does not belong to the other's team any more.",
        )
        return False

    def _end(self, code: str, text: str, text_for_peer: str = "") -> None:
        if self._is_over:
            return
        self._is_over = True
        spoken = normal_text("".join(char if char.isprintable() else " " for char in text_for_peer or text))
        self._outbox.send(Close(code[:CODE_CHARS_MAX], spoken[:CLOSE_TEXT_CHARS_MAX]))
        self._outbox.events.append(Ended(code, text, is_by_peer=False))
