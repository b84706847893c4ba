"""The door, TLS on either of two stacks, `ready`, and frames: docs/protocol/channel.md and session.md."""

import datetime
import hashlib
import hmac
import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL

from tests.interop.peer.encoding import Key, Refused, Value, decode, encode

ALPN = "edenmesh/1"
_ANYONE = Key(hashlib.sha256(b"edenmesh: the key of the 'anyone' authority is public, it vouches for nobody").digest())


def door(secret: bytes, nonce: bytes) -> bytes:
    return hmac.digest(secret, b"edenmesh/door/1\0" + nonce, "sha256")[:16]


def certificate(key: Key, name: str = "edenmesh device") -> x509.Certificate:
    """A device's certificate; for the authority's own key, the authority's."""
    is_authority, authority = key is _ANYONE, _ANYONE.private.public_key()
    never = ("content_commitment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")
    seldom = {"key_encipherment": False, "key_cert_sign": is_authority, "crl_sign": False}
    usage = x509.KeyUsage(digital_signature=not is_authority, **seldom, **dict.fromkeys(never, False))
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name.from_rfc4514_string(f"CN={name}"))
        .issuer_name(x509.Name.from_rfc4514_string("CN=edenmesh anyone"))
        .public_key(key.private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.private.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority), critical=False)
        .sign(_ANYONE.private, None)
    )


class Tls(Protocol):
    """What a stack has to give: bytes both ways, the other's certificate, and a farewell."""

    binding: bytes
    peer_certificate: x509.Certificate

    def send(self, data: bytes) -> None: ...
    def receive(self) -> bytes: ...
    def close(self) -> None: ...


class StandardTls:
    """Python's `ssl`: it verifies against the public authority, and has no exporter, so `binding` is empty."""

    binding = b""

    def __init__(self, sock: socket.socket, key: Key, folder: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False
        context.set_alpn_protocols([ALPN])
        context.load_verify_locations(cadata=_pem(certificate(_ANYONE, "edenmesh anyone")).decode())
        mine = folder / "device.pem"
        private = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        mine.write_bytes(private + _pem(certificate(key)))
        context.load_cert_chain(mine)
        self._tls = context.wrap_socket(sock)
        self.peer_certificate = x509.load_der_x509_certificate(self._tls.getpeercert(binary_form=True) or b"")

    def send(self, data: bytes) -> None:
        self._tls.sendall(data)

    def receive(self) -> bytes:
        return self._tls.recv(1 << 16)

    def close(self) -> None:
        self._tls.unwrap().close()


class OpenSsl:
    """pyOpenSSL over memory: any authority will do, the key counts; it exports the binding."""

    def __init__(self, sock: socket.socket, key: Key, folder: Path) -> None:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_alpn_protos([ALPN.encode()])
        context.use_certificate(certificate(key))
        context.use_privatekey(key.private)
        self._sock, self._tls = sock, SSL.Connection(context, None)
        self._tls.set_connect_state()
        while True:
            try:
                self._tls.do_handshake()
                break
            except SSL.WantReadError:
                self._flush()
                self._fill()
        self._flush()
        shown = self._tls.get_peer_certificate(as_cryptography=True)
        if shown is None:
            raise Refused("no certificate")
        self.peer_certificate = shown
        self.binding = self._tls.export_keying_material(b"EXPORTER-edenmesh", 32)

    def _flush(self) -> None:
        while True:
            try:
                self._sock.sendall(self._tls.bio_read(1 << 16))
            except SSL.WantReadError:
                return

    def _fill(self) -> None:
        data = self._sock.recv(1 << 16)
        if not data:
            raise Refused("cut")
        self._tls.bio_write(data)

    def send(self, data: bytes) -> None:
        for start in range(0, len(data), 1 << 14):
            self._tls.send(data[start : start + (1 << 14)])
            self._flush()

    def receive(self) -> bytes:
        while True:
            try:
                return self._tls.recv(1 << 16)
            except SSL.WantReadError:
                self._flush()
                self._fill()
            except SSL.ZeroReturnError:
                return b""

    def close(self) -> None:
        self._tls.shutdown()
        self._flush()
        self._sock.close()


Stack = Callable[[socket.socket, Key, Path], Tls]


class Channel:
    """An open channel, and messages in frames on it."""

    def __init__(self, address: tuple[str, int], secret: bytes, key: Key, stack: Stack, folder: Path) -> None:
        sock = socket.create_connection(address, timeout=10)
        try:
            nonce = sock.recv(16, socket.MSG_WAITALL)
            sock.sendall(door(secret, nonce) if secret else os.urandom(16))
            self.tls = stack(sock, key, folder)
        except BaseException:
            sock.close()
            raise
        self.binding = self.tls.binding
        public = self.tls.peer_certificate.public_key()
        if not isinstance(public, Ed25519PublicKey):
            raise Refused("a key of another kind")
        self.peer = public.public_bytes_raw()
        self._buffer = b""
        self.tls.send(b"\1")
        if self._take(1) != b"\1":
            raise Refused("not ready")

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            data = self.tls.receive()
            if not data:
                raise Refused("the other hung up")
            self._buffer += data
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def send(self, message: dict[str, Value]) -> bytes:
        """Send one message; answers its bytes."""
        body = encode(message)
        self.tls.send(frame(body))
        return body

    def receive(self) -> bytes:
        length = int.from_bytes(self._take(4), "big")
        if not 1 <= length <= 1 << 20 or self._take(1) != b"\0":
            raise Refused("a frame out of bounds")
        return self._take(length - 1)


def frame(body: bytes) -> bytes:
    return (len(body) + 1).to_bytes(4, "big") + b"\0" + body


def unframe(data: bytes) -> dict[str, Value]:
    if int.from_bytes(data[:4], "big") != len(data) - 4 or data[4:5] != b"\0":
        raise Refused("not one frame")
    return decode(data[5:])


def _pem(made: x509.Certificate) -> bytes:
    return made.public_bytes(Encoding.PEM)
