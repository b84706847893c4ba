"""The first frame on an open channel: the dialler says what the encounter is for, and the right machine goes on."""

import asyncio
from typing import Final, Literal

from edenmesh.core.wire import FrameReader, Intent, decode_message, encode_message, frame
from edenmesh.errors import RemoteProtocolError
from edenmesh.node.meeting.encounter import Line

Kind = Literal["pair", "sync"]

_SECONDS_MAX: Final = 10.0


class RestLine:
    """A line whose first bytes were read already: they come again, then the line's own."""

    def __init__(self, line: Line, rest: bytes) -> None:
        self._line = line
        self._rest = rest

    async def read(self) -> bytes:
        """Plaintext as it comes; empty when no more will."""
        if self._rest:
            data, self._rest = self._rest, b""
            return data
        return await self._line.read()

    async def write(self, data: bytes | memoryview) -> None:
        """Send plaintext."""
        await self._line.write(data)

    async def close(self) -> None:
        """Close; never raises."""
        await self._line.close()


async def say_intent(line: Line, kind: Kind) -> None:
    """Open the encounter as its dialler. Raises ConnectionError when the channel has ended."""
    await line.write(frame(encode_message(Intent(kind))))


async def hear_intent(line: Line) -> tuple[str, Line]:
    """Wait for the dialler's intent; returns it and the line to go on with.

    Raises RemoteProtocolError where something else came, or nothing in time.
    """
    reader = FrameReader()
    try:
        async with asyncio.timeout(_SECONDS_MAX):
            while (body := reader.next_body()) is None:
                data = await line.read()
                if not data:
                    raise RemoteProtocolError(what="The other device hung up before it said what it wants.")
                reader.receive_bytes(data)
    except TimeoutError as error:
        raise RemoteProtocolError(what="The other device did not say what it wants.") from error
    message = decode_message(body)
    if not isinstance(message, Intent):
        raise RemoteProtocolError(what="The other device did not say what it wants.")
    return message.kind, RestLine(line, reader.rest())
