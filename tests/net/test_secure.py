"""Secure streams and the reception, over TCP and in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from os import urandom

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edenmesh.core.limits import CHANNELS_HALF_OPEN_MAX
from edenmesh.errors import EdenmeshError, NotPaired, PeerUnreachable, RemoteProtocolError
from edenmesh.net.addresses import Address
from edenmesh.net.certificate import leaf_certificate
from edenmesh.net.channel import Ending
from edenmesh.net.door import DoorPolicy
from edenmesh.net.memory import MemoryTransport, pipe
from edenmesh.net.reception import Reception
from edenmesh.net.secure import SecureStream
from edenmesh.net.stream import Stream, Transport
from edenmesh.net.tcp import TcpTransport
from tests.net.duet import ALICE, BOB, MALLORY, anyone, only, public
from tests.net.loop import in_loop, until

HOST = "127.0.0.1"
SECRET = b"the mesh's secret".ljust(32)
each_transport = pytest.mark.parametrize("make", [TcpTransport, MemoryTransport])


@dataclass
class House:
    """Bob's device: a reception that keeps what comes in, and why the others did not."""

    transport: Transport
    policy: DoorPolicy = field(default_factory=lambda: DoorPolicy((SECRET,)))
    allow: Callable[[bytes], bool] = anyone
    timeout_seconds: float = 5.0
    channels: list[SecureStream] = field(default_factory=list)
    refusals: list[EdenmeshError] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["House"]:
        self.reception = Reception(
            BOB,
            allow=self.allow,
            policy=lambda: self.policy,
            entropy=urandom,
            on_channel=self._keep,
            on_refusal=lambda _, reason: self.refusals.append(reason),
            timeout_seconds=self.timeout_seconds,
        )
        listening = await self.transport.listen(HOST, 0, self.reception.receive)
        self.address = Address(HOST, listening.port)
        try:
            yield self
        finally:
            await listening.close()
            await asyncio.gather(*(channel.close() for channel in self.channels))

    async def _keep(self, channel: SecureStream) -> None:
        self.channels.append(channel)

    async def knock(self) -> Stream:
        return await self.transport.dial(self.address, 5)

    async def dial(
        self,
        secret: bytes | None = SECRET,
        allow: Callable[[bytes], bool] = anyone,
        key: Ed25519PrivateKey = ALICE,
    ) -> SecureStream:
        stream = await self.knock()
        return await SecureStream.dial(stream, key, allow=allow, secret=secret, entropy=urandom, timeout_seconds=5)

    async def part(self, ours: SecureStream) -> None:
        await asyncio.gather(ours.close(), *(channel.close() for channel in self.channels))

    async def meet(self) -> tuple[SecureStream, SecureStream]:
        ours = await self.dial()
        await until(lambda: bool(self.channels))
        return ours, self.channels[-1]


@each_transport
@in_loop
async def test_two_devices_meet_and_talk(make: Callable[[], Transport]) -> None:
    async with House(make(), allow=only(ALICE)).open() as house:
        ours, theirs = await house.meet()
        assert ours.peer_key == public(BOB)
        assert theirs.peer_key == public(ALICE)
        assert ours.binding() == theirs.binding()
        assert theirs.knows_secret
        await ours.write(b"hello")
        await theirs.write(b"good day")
        assert await theirs.read() == b"hello"
        assert await ours.read() == b"good day"
        await house.part(ours)


@each_transport
@in_loop
async def test_much_flows_both_ways_at_once(make: Callable[[], Transport]) -> None:
    letter = bytes(range(256)) * 40_000

    async def read_all(stream: SecureStream) -> bytes:
        got = bytearray()
        while len(got) < len(letter):
            got += await stream.read()
        return bytes(got)

    async with House(make()).open() as house:
        ours, theirs = await house.meet()
        got = await asyncio.gather(read_all(ours), read_all(theirs), ours.write(letter), theirs.write(letter))
        assert got[0] == letter
        assert got[1] == letter
        await house.part(ours)


@each_transport
@in_loop
async def test_many_writers_do_not_mix_their_words(make: Callable[[], Transport]) -> None:
    async with House(make()).open() as house:
        ours, theirs = await house.meet()
        words = [bytes([number]) * 300_000 for number in range(8)]
        writing = asyncio.gather(*(ours.write(word) for word in words))
        got = b""
        while len(got) < 8 * 300_000:
            got += await theirs.read()
        await writing
        assert got == b"".join(words)
        await house.part(ours)


@each_transport
@in_loop
async def test_farewell_carries_the_last_words_across(make: Callable[[], Transport]) -> None:
    async with House(make()).open() as house:
        ours, theirs = await house.meet()
        await theirs.write(b"never read by the other side")
        closing = asyncio.create_task(_say_and_close(ours, bytes(1_000_000)))
        got = b""
        while piece := await theirs.read():
            got += piece
        assert theirs.ending is Ending.CLOSED
        assert len(got) == 1_000_000
        with pytest.raises(ConnectionError):
            await theirs.write(b"too late")
        await theirs.close()
        await closing
        assert ours.ending is Ending.CLOSED
        await ours.close()


async def _say_and_close(stream: SecureStream, words: bytes) -> None:
    await stream.write(words)
    await stream.close()


@each_transport
@in_loop
async def test_reader_under_way_hears_the_farewell_while_its_own_side_closes(make: Callable[[], Transport]) -> None:
    async with House(make()).open() as house:
        ours, theirs = await house.meet()
        reading = asyncio.create_task(ours.read())
        answering = asyncio.create_task(theirs.read())
        await asyncio.sleep(0)
        closing = asyncio.create_task(ours.close())
        assert await answering == b""
        await theirs.close()
        assert await reading == b""
        await closing
        assert (ours.ending, theirs.ending) == (Ending.CLOSED, Ending.CLOSED)


@each_transport
@in_loop
async def test_cut_is_told_from_a_farewell(make: Callable[[], Transport]) -> None:
    async with House(make()).open() as house:
        ours, theirs = await house.meet()
        await ours.write(b"first")
        assert await theirs.read() == b"first"
        await ours._stream.close()
        assert await theirs.read() == b""
        assert theirs.ending is Ending.CUT
        with pytest.raises(ConnectionError):
            await theirs.write(b"anybody there?")


@each_transport
@in_loop
async def test_stranger_is_shown_nothing_but_a_nonce(make: Callable[[], Transport]) -> None:
    async with House(make()).open() as house:
        with pytest.raises(PeerUnreachable, match="hung up") as caught:
            await house.dial(secret=b"guess")
        assert "visible" in caught.value.do
        with pytest.raises(PeerUnreachable, match="hung up"):
            await house.dial(secret=None)
        assert [type(reason) for reason in house.refusals] == [PeerUnreachable, PeerUnreachable]
        stream = await house.knock()
        await stream.write(bytes(16) + b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
        shown = b""
        while piece := await stream.read(1000):
            shown += piece
        assert len(shown) == 16
        await stream.close()
        assert not house.channels


@each_transport
@in_loop
async def test_stranger_comes_in_while_visible_to_everyone(make: Callable[[], Transport]) -> None:
    async with House(make(), policy=DoorPolicy((SECRET,), admits_everyone=True)).open() as house:
        ours = await house.dial(secret=None)
        await until(lambda: bool(house.channels))
        assert not house.channels[0].knows_secret
        house.policy = DoorPolicy((SECRET,))
        with pytest.raises(PeerUnreachable):
            await house.dial(secret=None)
        await house.part(ours)


@each_transport
@in_loop
async def test_key_that_is_not_accepted_is_refused_at_both_ends(make: Callable[[], Transport]) -> None:
    async with House(make(), allow=only(MALLORY)).open() as house:
        with pytest.raises(RemoteProtocolError, match="refused"):
            await house.dial()
        await until(lambda: bool(house.refusals))
        assert isinstance(house.refusals[0], NotPaired)
        with pytest.raises(NotPaired):
            await house.dial(allow=only(ALICE), key=MALLORY)
        await until(lambda: len(house.refusals) == 2)
        assert not house.channels


@each_transport
@in_loop
async def test_who_is_silent_is_hung_up_on(make: Callable[[], Transport]) -> None:
    async with House(make(), timeout_seconds=0.1).open() as house:
        stream = await house.knock()
        assert len(await stream.read(1000)) == 16
        assert await stream.read(1000) == b""
        await until(lambda: bool(house.refusals))
        assert "0.1 seconds" in house.refusals[0].what
        await stream.close()


@in_loop
async def test_dialler_gives_up_on_a_listener_that_says_nothing() -> None:
    ours, _theirs = pipe()
    with pytest.raises(PeerUnreachable, match=r"0\.1 seconds"):
        await SecureStream.dial(ours, ALICE, allow=anyone, secret=None, entropy=urandom, timeout_seconds=0.1)


@in_loop
async def test_dialler_reports_a_listener_that_is_something_else() -> None:
    ours, theirs = pipe()
    await theirs.write(b"220 mail.example.org ESMTP ready for you\r\n")
    with pytest.raises(RemoteProtocolError):
        await SecureStream.dial(ours, ALICE, allow=anyone, secret=None, entropy=urandom)


@in_loop
async def test_broken_channel_is_reported_once_and_closed() -> None:
    async with House(MemoryTransport()).open() as house:
        ours, theirs = await house.meet()
        await ours._stream.write(b"somebody in between" * 100)
        with pytest.raises(RemoteProtocolError):
            await theirs.read()
        assert await theirs.read() == b""
        with pytest.raises(ConnectionError):
            await theirs.write(b"x")
        with pytest.raises(RemoteProtocolError):
            await ours.read()


@each_transport
@in_loop
async def test_flood_of_silent_callers_does_not_keep_an_honest_one_out(make: Callable[[], Transport]) -> None:
    async with House(make()).open() as house:
        silent = [await house.knock() for _ in range(3 * CHANNELS_HALF_OPEN_MAX)]
        await until(lambda: len(house.refusals) == 2 * CHANNELS_HALF_OPEN_MAX)
        assert house.reception.waiting == CHANNELS_HALF_OPEN_MAX
        assert all("gave its place" in reason.what for reason in house.refusals)
        ours, theirs = await house.meet()
        assert theirs.peer_key == public(ALICE)
        await house.part(ours)
        for stream in silent:
            await stream.close()
        await until(lambda: house.reception.waiting == 0)


@in_loop
async def test_crowd_at_one_address_displaces_itself_first() -> None:
    reception = Reception(
        BOB, allow=anyone, policy=lambda: DoorPolicy(()), entropy=urandom, on_channel=SecureStream.close
    )
    honest = await _wait_at(reception, "192.0.2.1:1000")
    crowd = [await _wait_at(reception, f"192.0.2.66:{port}") for port in range(40)]
    await until(lambda: sum(task.done() for task in crowd) == 40 + 1 - CHANNELS_HALF_OPEN_MAX)
    assert not honest.done()
    assert [task.done() for task in crowd] == sorted((task.done() for task in crowd), reverse=True)
    for task in (honest, *crowd):
        task.cancel()
    await asyncio.gather(honest, *crowd, return_exceptions=True)


async def _wait_at(reception: Reception, address: str) -> asyncio.Task[None]:
    _, theirs = pipe()
    theirs._peer_address = address  # type: ignore[attr-defined]
    task = asyncio.create_task(reception.receive(theirs))
    await asyncio.sleep(0)
    return task


@in_loop
async def test_cancelling_a_half_open_channel_closes_its_stream() -> None:
    ours, theirs = pipe()
    task = asyncio.create_task(SecureStream.accept(theirs, BOB, allow=anyone, policy=DoorPolicy(()), entropy=urandom))
    assert len(await ours.read(100)) == 16
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await ours.read(100) == b""


@in_loop
async def test_eavesdropper_sees_no_key_no_secret_and_no_word() -> None:
    """Everything both sides put on the wire, from the first byte to the last, searched for what must not be there."""
    ours, theirs = pipe()
    wire: list[bytes] = []
    for stream in (ours, theirs):
        _tap(stream, wire)
    canary = b"CANARY-4f1a"
    accepting = asyncio.create_task(
        SecureStream.accept(theirs, BOB, allow=anyone, policy=DoorPolicy((SECRET,)), entropy=urandom)
    )
    dialled = await SecureStream.dial(ours, ALICE, allow=anyone, secret=SECRET, entropy=urandom)
    accepted = await accepting
    await dialled.write(canary * 100)
    assert await accepted.read() == canary * 100
    await asyncio.gather(dialled.close(), accepted.close())
    seen = b"".join(wire)
    assert len(seen) > 5000
    serials = [leaf_certificate(public(key)).serial_number.to_bytes(16, "big") for key in (ALICE, BOB)]
    for hidden in (canary, SECRET, public(ALICE), public(BOB), b"edenmesh device", *serials):
        assert hidden not in seen


def _tap(stream: Stream, wire: list[bytes]) -> None:
    write = stream.write

    async def tapped(data: bytes, /) -> None:
        wire.append(bytes(data))
        await write(data)

    stream.write = tapped  # type: ignore[method-assign]
