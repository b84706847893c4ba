"""A relay before a stand-in: ends TLS with a certificate of its own, or passes plain bytes; notes what was sent."""

import asyncio
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from edenmesh.standin import StandinServer


class Relay:
    """Use it with `async with`. `sent` is what clients sent, in order of arrival."""

    def __init__(self, server: StandinServer, *, is_tls: bool = False) -> None:
        self.sent = bytearray()
        self.pin = b""
        self._target = int(server.origin.rpartition(":")[2])
        self._is_tls = is_tls
        self._port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{'https' if self._is_tls else 'http'}://127.0.0.1:{self._port}/eden"

    async def __aenter__(self) -> Self:
        context = self._context() if self._is_tls else None
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass_on(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            await asyncio.gather(self._copy(reader, back, is_noted=True), self._copy(onward, writer, is_noted=False))
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            back.close()
            writer.close()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_noted: bool) -> None:
        while data := await source.read(65536):
            if is_noted:
                self.sent += data
            target.write(data)
            await target.drain()
        target.close()

    def _context(self) -> ssl.SSLContext:
        """A certificate the relay signed itself, as small deployments have one."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "eden.camp.example")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
        certificate = builder.sign(key, hashes.SHA256())
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.pin = sha256(spki).digest()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "server.pem")
            secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            path.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
            context.load_cert_chain(path)
        return context
