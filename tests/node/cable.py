"""A cable between devices that a test may cut after any number of bytes, or pinch so that nothing comes through."""

import asyncio
from contextlib import suppress

from edenmesh.net import Address, Listening, Stream, TcpTransport
from edenmesh.net.stream import OnStream


class Cable:
    """TCP over which a hand is held; fits `net.Transport`. It acts on the streams that were dialled."""

    def __init__(self) -> None:
        self.carried = 0
        self._tcp = TcpTransport()
        self._room: int | None = None
        self._ends: list[_End] = []
        self._is_free = asyncio.Event()
        self._is_free.set()

    async def dial(self, address: Address, timeout_seconds: float) -> Stream:
        end = _End(self, await self._tcp.dial(address, timeout_seconds))
        self._ends.append(end)
        return end

    async def listen(self, host: str | None, port: int, on_stream: OnStream) -> Listening:
        return await self._tcp.listen(host, port, on_stream)

    def cut_after(self, size_bytes: int) -> None:
        """Cut every stream once so many more bytes, of both directions together, were carried."""
        self._room = size_bytes

    def mend(self) -> None:
        """Carry again, on new streams."""
        self._room = None
        self._is_free.set()

    def pinch(self) -> None:
        """Let nothing through, without anybody being told."""
        self._is_free.clear()

    def cut(self) -> None:
        """Cut every stream there is now."""
        for end in self._ends:
            end.tear()
        self._ends.clear()

    async def take(self, size_bytes: int) -> None:
        await self._is_free.wait()
        self.carried += size_bytes
        if self._room is None:
            return
        self._room -= size_bytes
        if self._room < 0:
            self.cut()
            raise ConnectionResetError("the cable was cut")


class _End:
    def __init__(self, cable: Cable, stream: Stream) -> None:
        self._cable = cable
        self._stream = stream

    @property
    def peer_address(self) -> str:
        return self._stream.peer_address

    async def read(self, bytes_max: int, /) -> bytes:
        data = await self._stream.read(bytes_max)
        with suppress(ConnectionResetError):
            await self._cable.take(len(data))
            return data
        return b""

    async def write(self, data: bytes, /) -> None:
        await self._cable.take(len(data))
        await self._stream.write(data)

    async def close(self) -> None:
        await self._stream.close()

    def tear(self) -> None:
        """As when a plug is pulled: nothing is said."""
        self._stream._transport.abort()  # type: ignore[attr-defined]
