"""A secure stream: any stream, past the door, inside a channel.

`SecureStream.dial` and `.accept` open one; then one task may read while others write. A refusal or a cut while it is
opened is an error; once it is open, a cut is what `read` returning nothing and `ending` say.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edenmesh.core.ids import DeviceId
from edenmesh.core.limits import (
    CHANNEL_BYTES_BEFORE_OPEN_MAX,
    CHANNEL_CLOSE_SECONDS_MAX,
    CHANNEL_OPEN_SECONDS_MAX,
)
from edenmesh.core.ports import Entropy
from edenmesh.errors import NotPaired, PeerUnreachable, ProtocolError
from edenmesh.net.channel import SEND_BYTES, Channel, Ending, Role
from edenmesh.net.door import DoorDialler, DoorListener, DoorPolicy, Verdict
from edenmesh.net.stream import READ_BYTES, Stream


class SecureStream:
    """An open channel over a stream."""

    def __init__(self, stream: Stream, channel: Channel, *, knows_secret: bool) -> None:
        self._stream = stream
        self._channel = channel
        self._knows_secret = knows_secret
        self._reading = asyncio.Lock()
        self._writing = asyncio.Lock()

    @classmethod
    async def dial(
        cls,
        stream: Stream,
        private_key: Ed25519PrivateKey,
        *,
        allow: Callable[[bytes], bool],
        secret: bytes | None,
        entropy: Entropy,
        timeout_seconds: float = CHANNEL_OPEN_SECONDS_MAX,
    ) -> Self:
        """Open the channel to who listens at the other end of `stream`; it is closed if that fails.

        `allow` decides on the other's raw key, `secret` opens its door. Raises NotPaired where `allow` says no,
        PeerUnreachable where the other hangs up or takes too long, ProtocolError where it breaks the rules.
        """
        door = DoorDialler(secret, entropy)
        channel = await _open(stream, door, lambda: Channel(private_key, Role.DIALLER, allow), timeout_seconds)
        return cls(stream, channel, knows_secret=secret is not None)

    @classmethod
    async def accept(
        cls,
        stream: Stream,
        private_key: Ed25519PrivateKey,
        *,
        allow: Callable[[bytes], bool],
        policy: DoorPolicy,
        entropy: Entropy,
        timeout_seconds: float = CHANNEL_OPEN_SECONDS_MAX,
    ) -> Self:
        """Open the channel to who dialled; `stream` is closed if that fails. Raises as `dial` does."""
        door = DoorListener(policy, entropy)
        channel = await _open(stream, door, lambda: Channel(private_key, Role.LISTENER, allow), timeout_seconds)
        return cls(stream, channel, knows_secret=door.knows_secret)

    @property
    def peer_key(self) -> DeviceId:
        """The raw Ed25519 key the peer has proven to hold."""
        return self._channel.peer_key

    @property
    def peer_address(self) -> str:
        """Where the peer is, for people to read."""
        return self._stream.peer_address

    @property
    def knows_secret(self) -> bool:
        """Whether the dialler knew a secret of the listener; it authenticates nobody."""
        return self._knows_secret

    @property
    def ending(self) -> Ending | None:
        """How the peer's half ended; None while it has not."""
        return self._channel.ending

    def binding(self) -> bytes:
        """Return 32 bytes equal at both ends of this channel and nowhere else; see `channel`."""
        return self._channel.binding()

    async def read(self) -> bytes:
        """Wait for plaintext and return it, empty when no more will come; then `ending` says why.

        Raises RemoteProtocolError where the peer, or somebody in between, breaks the channel.
        """
        async with self._reading:
            while True:
                if data := self._channel.received():
                    return data
                if self._channel.ending is not None:
                    return b""
                await self._receive()

    async def write(self, data: bytes | memoryview) -> None:
        """Send plaintext; waits while the peer does not keep up. Raises ConnectionError when the channel has ended."""
        view = memoryview(data)
        async with self._writing:
            for start in range(0, len(view), SEND_BYTES):
                if not self._channel.is_open:
                    raise ConnectionResetError("the channel has ended")
                self._channel.send(view[start : start + SEND_BYTES])
                await self._stream.write(self._channel.bytes_to_send())

    async def close(self) -> None:
        """Say farewell, wait a moment for the peer's, then close the stream. Never raises; closing twice is fine.

        A TCP socket closed with unread bytes in it is reset, and the reset may overtake what was sent last: hence the
        wait. What the peer still sends is for a `read` under way, or lost.
        """
        self._channel.close()
        try:
            with suppress(ConnectionError, ProtocolError, TimeoutError):
                async with asyncio.timeout(CHANNEL_CLOSE_SECONDS_MAX):
                    async with self._writing:
                        await self._stream.write(self._channel.bytes_to_send())
                    async with self._reading:
                        while self._channel.ending is None:
                            await self._receive()
        finally:
            await self._stream.close()

    async def _receive(self) -> None:
        data = await self._stream.read(READ_BYTES)
        if not data:
            self._channel.receive_end()
            return
        try:
            self._channel.receive_bytes(data)
        except ProtocolError:
            await _hang_up(self._stream, self._channel)
            raise
        # TLS may have something to say of its own. A writer under way takes it along; to wait for that one here would
        # let two peers that both write and do not read wait for each other.
        if not self._writing.locked() and (answer := self._channel.bytes_to_send()):
            async with self._writing:
                await self._stream.write(answer)


async def _open(
    stream: Stream, door: DoorDialler | DoorListener, make_channel: Callable[[], Channel], timeout_seconds: float
) -> Channel:
    try:
        async with asyncio.timeout(timeout_seconds):
            await _pass(stream, door)
            channel = make_channel()
            await _shake_hands(stream, door, channel)
            return channel
    except TimeoutError as error:
        await stream.close()
        raise PeerUnreachable(
            f"{stream.peer_address} did not open a channel within {timeout_seconds:g} seconds."
        ) from error
    except ConnectionError as error:
        await stream.close()
        raise _hung_up(stream) from error
    except BaseException:
        await stream.close()
        raise


async def _pass(stream: Stream, door: DoorDialler | DoorListener) -> None:
    await stream.write(door.bytes_to_send())
    while door.verdict is Verdict.WAITING:
        data = await stream.read(CHANNEL_BYTES_BEFORE_OPEN_MAX)
        if not data:
            raise _hung_up(stream)
        door.receive_bytes(data)
    if door.verdict is Verdict.REFUSED:
        raise PeerUnreachable(f"{stream.peer_address} was not let in: it knows no secret of this device's mesh.")


async def _shake_hands(stream: Stream, door: DoorDialler | DoorListener, channel: Channel) -> None:
    data = door.rest()
    to_send = door.bytes_to_send()
    while not channel.has_opened:
        try:
            channel.receive_bytes(data)
        except (ProtocolError, NotPaired):
            await _hang_up(stream, channel)
            raise
        await stream.write(to_send + channel.bytes_to_send())
        to_send = b""
        if not channel.has_opened:
            data = await stream.read(CHANNEL_BYTES_BEFORE_OPEN_MAX)
            if not data or channel.ending is not None:
                raise _hung_up(stream)


def _hung_up(stream: Stream) -> PeerUnreachable:
    return PeerUnreachable(
        f"{stream.peer_address} hung up before the channel was open.",
        do="Make the other device visible and try again; who is not of its mesh comes in only while it is.",
    )


async def _hang_up(stream: Stream, channel: Channel) -> None:
    """Close the stream, with the alert that says why, if there is one."""
    with suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(CHANNEL_CLOSE_SECONDS_MAX):
            await stream.write(channel.bytes_to_send())
    await stream.close()
