"""Two channels mouth to mouth, and the keys of the people in these tests."""

import ssl
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edenmesh.net.certificate import anyone_certificate, leaf_certificate
from edenmesh.net.channel import ALPN, Channel, Role

ALICE = Ed25519PrivateKey.from_private_bytes(b"alice" + bytes(27))
BOB = Ed25519PrivateKey.from_private_bytes(b"bob" + bytes(29))
MALLORY = Ed25519PrivateKey.from_private_bytes(b"mallory" + bytes(25))


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def anyone(_key: bytes) -> bool:
    return True


def only(key: Ed25519PrivateKey) -> Callable[[bytes], bool]:
    return lambda shown: shown == public(key)


def dialler(allow: Callable[[bytes], bool] = anyone, alpn: bytes = ALPN) -> Channel:
    return Channel(ALICE, Role.DIALLER, allow, alpn)


def listener(allow: Callable[[bytes], bool] = anyone, alpn: bytes = ALPN) -> Channel:
    return Channel(BOB, Role.LISTENER, allow, alpn)


def carry(source: Channel, target: Channel, piece_bytes: int = 1 << 20) -> bytes:
    """Carry what `source` has to say to `target`, in pieces; return it."""
    data = source.bytes_to_send()
    for start in range(0, len(data), piece_bytes):
        target.receive_bytes(data[start : start + piece_bytes])
    return data


def converse(first: Channel, second: Channel, piece_bytes: int = 1 << 20) -> bytes:
    """Carry both ways until both are silent; return all that was on the wire."""
    wire = b""
    while said := carry(first, second, piece_bytes) + carry(second, first, piece_bytes):
        wire += said
    return wire


def open_pair() -> tuple[Channel, Channel]:
    ours, theirs = dialler(only(BOB)), listener(only(ALICE))
    converse(ours, theirs)
    assert ours.is_open
    assert theirs.is_open
    return ours, theirs


class ForeignPeer:
    """The other end spoken by Python's own `ssl`, which knows nothing of edenmesh."""

    def __init__(self, context: ssl.SSLContext, *, listens: bool, session: ssl.SSLSession | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_side=listens, session=session)
        self.is_shaken = False
        self.plaintext = b""

    def step(self, channel: Channel) -> bool:
        """Carry one round both ways; return whether anything was said."""
        self._progress()
        said = self._outgoing.read()
        channel.receive_bytes(said)
        answer = channel.bytes_to_send()
        self._incoming.write(answer)
        self._progress()
        return bool(said or answer or self._outgoing.pending)

    def converse(self, channel: Channel) -> None:
        while self.step(channel):
            pass

    def _progress(self) -> None:
        try:
            if not self.is_shaken:
                self.tls.do_handshake()
                self.is_shaken = True
            while piece := self.tls.read(1 << 16):
                self.plaintext += piece
        except ssl.SSLWantReadError:
            pass


def foreign_context(
    folder: Path, key: Ed25519PrivateKey, *, listens: bool, alpn: tuple[str, ...] = (ALPN.decode(),)
) -> ssl.SSLContext:
    """A context of Python's own `ssl` for the device with this key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if listens else ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=anyone_certificate().public_bytes(Encoding.PEM).decode())
    file = folder / f"{public(key).hex()}.pem"
    leaf = leaf_certificate(public(key)).public_bytes(Encoding.PEM)
    file.write_bytes(leaf + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context.load_cert_chain(file)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context
