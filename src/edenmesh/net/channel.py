"""One secure channel: TLS 1.3 between two Ed25519 keys, without I/O.

Bytes from the stream go in by `receive_bytes`, bytes for the stream come out of `bytes_to_send`; what carries them
(TCP, Bluetooth, a pipe in memory) is somebody else's business. The TLS is OpenSSL's over memory BIOs, with its default
key exchange, which is the post-quantum hybrid X25519MLKEM768 where both ends have it.

What holds:

- TLS 1.3 only (RFC 8446), both sides show a certificate, and `allow` decides on the peer's raw key inside the
  handshake: a key it refuses never completes one. The dialler's certificate is sent only after it has accepted the
  listener's; neither is readable on the wire.
- ALPN (RFC 7301) names the protocol and its version; without agreement there is no channel.
- In TLS 1.3 the dialler finishes first: it may believe in a channel the listener is about to refuse. So each side
  sends one byte, `ready`, once it has accepted the other, and a channel is open only when the other's has come.
- No session is ever resumed: no cache at either end, so no ticket can be redeemed, and no 0-RTT.
- `binding()` is the exporter of RFC 8446, section 7.5: equal at both ends, new for each channel. It does not cover the
  dialler's certificate; whoever binds something to a channel adds both keys.
- Before it is open a channel takes a bounded number of bytes, and application data never counts among them.
- A farewell (`close_notify`) is told apart from a stream that broke: `ending`.

Cost, one core: 0.4 ms to make one, under 1 ms a handshake and end; sealing 3.0 GB/s, opening 2.4 GB/s, if `send` is
given SEND_BYTES at a time. One AES-GCM key is good for 2^24.5 records, 388 GB when they are full (RFC 8446, section
5.5); OpenSSL does not change it by itself, so a channel that would carry more has to be closed and opened anew.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from OpenSSL import SSL, crypto

from edenmesh.core.ids import DeviceId
from edenmesh.core.limits import CHANNEL_BYTES_BEFORE_OPEN_MAX
from edenmesh.errors import LimitExceeded, LocalProtocolError, NotPaired, RemoteProtocolError
from edenmesh.net.certificate import anyone_certificate, device_key, leaf_certificate

ALPN: Final = b"edenmesh/1"
BINDING_BYTES: Final = 32
SEND_BYTES: Final = 128 * 1024
"""The size of a piece that seals fastest; larger ones fall out of the processor's cache."""
_BINDING_LABEL: Final = b"EXPORTER-edenmesh"
_READY: Final = b"\x01"
_RECORD_BYTES: Final = 16 * 1024
"""Plaintext of one TLS record at most (RFC 8446, section 5.1)."""
_OUT_BYTES: Final = SEND_BYTES + 4096


class Role(Enum):
    """Who called whom."""

    DIALLER = "dialler"
    LISTENER = "listener"


class Ending(Enum):
    """How the other side's half of a channel ended."""

    CLOSED = "closed"
    """The peer said farewell: nothing it sent is missing."""
    CUT = "cut"
    """The stream broke; what was on its way is unknown."""


class Channel:
    """One end of a secure channel.

    `allow` is asked for the peer's raw Ed25519 key; it may be asked before the peer has proven to hold it.
    """

    def __init__(
        self, private_key: Ed25519PrivateKey, role: Role, allow: Callable[[bytes], bool], alpn: bytes = ALPN
    ) -> None:
        self._allow = allow
        self._alpn = alpn
        self._peer_key: DeviceId | None = None
        self._refused = False
        self._shaken = False
        self._is_ready = False
        self._is_closed = False
        self._has_failed = False
        self._ending: Ending | None = None
        self._bytes_before_open = 0
        self._plaintext = memoryview(bytearray(_RECORD_BYTES))
        self._plaintext_bytes = 0
        self._tls = SSL.Connection(self._context(private_key, role), None)
        if role is Role.DIALLER:
            self._tls.set_connect_state()
            self._shake()
        else:
            self._tls.set_accept_state()

    @property
    def is_open(self) -> bool:
        """Whether both sides have accepted each other and neither has ended the channel."""
        return self._is_ready and not self._is_closed and not self._has_failed and self._ending is None

    @property
    def has_opened(self) -> bool:
        """Whether the channel was ever open; then `peer_key` and `binding` are known, and `received` may hold more."""
        return self._is_ready

    @property
    def ending(self) -> Ending | None:
        """How the peer's half ended; None while it has not. What came before it is still in `received`."""
        return self._ending

    @property
    def peer_key(self) -> DeviceId:
        """The raw Ed25519 key the peer has proven to hold. Raises LocalProtocolError before the channel was open."""
        if self._peer_key is None or not self._is_ready:
            raise LocalProtocolError("The peer's key was asked for before the channel was open.")
        return self._peer_key

    def binding(self) -> bytes:
        """Return 32 bytes equal at both ends of this channel and nowhere else.

        Raises LocalProtocolError before the channel was open.
        """
        if not self._is_ready:
            raise LocalProtocolError("The channel's binding was asked for before the channel was open.")
        return self._tls.export_keying_material(_BINDING_LABEL, BINDING_BYTES)

    def receive_bytes(self, data: bytes) -> None:
        """Take what came from the stream, in pieces of any size. What comes after the end is dropped.

        Raises NotPaired where `allow` refuses the peer, LimitExceeded where it sends too much before it has proven a
        key, RemoteProtocolError for everything else it does wrong. Then `bytes_to_send` holds the alert that tells it.
        """
        if self._has_failed or self._ending is not None:
            return
        try:
            self._take(memoryview(data))
        except BaseException:
            self._has_failed = True
            raise

    def receive_end(self) -> None:
        """Take that the stream has ended: a cut, unless a farewell came before."""
        if self._ending is None:
            self._ending = Ending.CUT

    def received(self) -> bytes:
        """Return the plaintext that has come since the last call."""
        data = bytes(self._plaintext[: self._plaintext_bytes])
        self._plaintext_bytes = 0
        return data

    def send(self, plaintext: bytes | memoryview) -> None:
        """Seal plaintext for the peer; the sealed bytes wait in `bytes_to_send`.

        Pieces of SEND_BYTES, each fetched before the next is sent, go fastest. Raises LocalProtocolError unless open.
        """
        if not self.is_open:
            raise LocalProtocolError("Something was sent on a channel that is not open.")
        if plaintext:
            self._seal(plaintext)

    def bytes_to_send(self) -> bytes:
        """Return what has to go to the stream next, empty if nothing."""
        pieces = []
        while True:
            try:
                piece = self._tls.bio_read(_OUT_BYTES)
            except SSL.WantReadError:
                break
            pieces.append(piece)
            if len(piece) < _OUT_BYTES:
                break
        return b"".join(pieces)

    def close(self) -> None:
        """Say farewell (`close_notify`); nothing can be sent after it."""
        if self._is_closed or self._has_failed:
            return
        self._is_closed = True
        if self._shaken:
            try:
                self._tls.shutdown()
            except SSL.Error:
                self._has_failed = True

    def _context(self, private_key: Ed25519PrivateKey, role: Role) -> SSL.Context:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_COMPRESSION)
        context.use_privatekey(private_key)
        context.use_certificate(leaf_certificate(private_key.public_key().public_bytes_raw()))
        store = context.get_cert_store()
        if store is None:
            raise LocalProtocolError("The TLS library offers no certificate store.")
        store.add_cert(crypto.X509.from_cryptography(anyone_certificate()))
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, self._verify)
        if role is Role.DIALLER:
            context.set_alpn_protos([self._alpn])
        else:
            context.set_alpn_select_callback(self._select_alpn)
        return context

    def _verify(self, _tls: SSL.Connection, certificate: crypto.X509, _error: int, depth: int, accepted: int) -> bool:
        if not accepted or depth > 0:
            return bool(accepted)
        key = device_key(certificate)
        self._refused = not self._allow(key)
        self._peer_key = key
        return not self._refused

    def _select_alpn(self, _tls: SSL.Connection, offered: list[bytes]) -> bytes:
        if self._alpn not in offered:
            raise self._alpn_mismatch()
        return self._alpn

    def _alpn_mismatch(self) -> RemoteProtocolError:
        return RemoteProtocolError(
            f"The other side does not speak {self._alpn.decode()}.",
            do="Update edenmesh on both devices to the same version, then meet again.",
        )

    def _take(self, data: memoryview) -> None:
        while data and not self._is_ready and self._ending is None:
            room = CHANNEL_BYTES_BEFORE_OPEN_MAX - self._bytes_before_open
            if room == 0:
                raise LimitExceeded(f"The other side sent {CHANNEL_BYTES_BEFORE_OPEN_MAX} bytes and proved no key.")
            step = data[:room]
            self._bytes_before_open += len(step)
            self._tls.bio_write(step)
            if not self._shaken:
                self._shake()
            if self._shaken:
                self._open_records()
            data = data[len(step) :]
        if data and self._ending is None:
            self._tls.bio_write(data)
            self._open_records()

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            if self._refused:
                raise NotPaired("The key of the other device is not one that is accepted here.") from error
            raise _not_understood(error) from error
        if self._tls.get_alpn_proto_negotiated() != self._alpn:
            raise self._alpn_mismatch()
        self._shaken = True
        if not self._is_closed:
            self._seal(_READY)

    def _open_records(self) -> None:
        # Into one buffer that is kept: new memory for each record costs more than its decryption (page faults).
        while True:
            start, end = self._plaintext_bytes, self._plaintext_bytes + _RECORD_BYTES
            if end > len(self._plaintext):
                self._plaintext = memoryview(bytearray(self._plaintext[:start]).ljust(2 * end))
            try:
                self._plaintext_bytes += self._tls.recv_into(self._plaintext[start:end])
            except SSL.WantReadError:
                return
            except SSL.ZeroReturnError:
                self._ending = Ending.CLOSED
                return
            except SSL.Error as error:
                raise _not_understood(error) from error
            if not self._is_ready:
                self._take_ready()

    def _take_ready(self) -> None:
        first = self.received()
        if first[:1] != _READY:
            raise RemoteProtocolError("The other side spoke before it was ready.")
        self._is_ready = True
        self._plaintext_bytes = len(first) - 1
        self._plaintext[: self._plaintext_bytes] = first[1:]

    def _seal(self, plaintext: bytes | memoryview) -> None:
        try:
            self._tls.sendall(plaintext)
        except SSL.Error as error:
            # The BIO takes any amount; TLS waits for the peer only inside a key update the peer left unfinished.
            self._has_failed = True
            raise _not_understood(error) from error


def _not_understood(error: SSL.Error) -> RemoteProtocolError:
    """Say in words what OpenSSL reports; its last entry is the reason."""
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    reason = str(queue[-1][2]) if queue else type(error).__name__
    if "alert" in reason:
        return RemoteProtocolError(
            f"The other device refused this one ({reason}): it does not know it, or has blocked or revoked it.",
            do="Ask its person. A revoked device never returns: make a new one; else pair again.",
        )
    return RemoteProtocolError(f"What came is not the secure channel of edenmesh ({reason}).")
