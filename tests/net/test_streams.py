"""What every transport promises, tried on each; and what only TCP does."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from edenmesh.errors import ConfigError, PeerUnreachable
from edenmesh.net.addresses import Address
from edenmesh.net.memory import MemoryTransport
from edenmesh.net.stream import READ_BYTES, Stream, Transport
from edenmesh.net.tcp import TcpTransport, _TcpStream
from tests.net.loop import in_loop, until

HOST = "127.0.0.1"
MUCH_BYTES = 128 * 1024 * 1024
"""More than any stream takes before it makes the writer wait."""
each_transport = pytest.mark.parametrize("make", [TcpTransport, MemoryTransport])


@asynccontextmanager
async def stream_pair(transport: Transport, host: str = HOST) -> AsyncIterator[tuple[Stream, Stream]]:
    arrived: asyncio.Queue[Stream] = asyncio.Queue()
    listening = await transport.listen(host, 0, arrived.put)
    ours = await transport.dial(Address(host, listening.port), 5)
    theirs = await arrived.get()
    try:
        yield ours, theirs
    finally:
        await ours.close()
        await theirs.close()
        await listening.close()


async def read_all(stream: Stream, bytes_max: int = READ_BYTES) -> bytes:
    pieces = []
    while piece := await stream.read(bytes_max):
        assert len(piece) <= bytes_max
        pieces.append(piece)
    return b"".join(pieces)


async def write_much(stream: Stream, count: Callable[[int], None] = lambda _: None) -> None:
    for _ in range(MUCH_BYTES // READ_BYTES):
        await stream.write(bytes(READ_BYTES))
        count(READ_BYTES)


@each_transport
@in_loop
async def test_bytes_arrive_whole_and_in_order_both_ways(make: Callable[[], Transport]) -> None:
    async with stream_pair(make()) as (ours, theirs):
        letter = bytes(range(256)) * 8192

        async def send(stream: Stream) -> None:
            for start in range(0, len(letter), 99_991):
                await stream.write(letter[start : start + 99_991])
            await stream.write(b"")

        async def receive(stream: Stream, bytes_max: int) -> bytes:
            got = b""
            while len(got) < len(letter):
                got += await stream.read(bytes_max)
            return got

        _, _, there, back = await asyncio.gather(
            send(ours), send(theirs), receive(theirs, READ_BYTES), receive(ours, 1000)
        )
        assert there == letter
        assert back == letter


@each_transport
@in_loop
async def test_reader_gets_what_was_written_before_the_end(make: Callable[[], Transport]) -> None:
    async with stream_pair(make()) as (ours, theirs):
        await ours.write(b"last words")
        await ours.close()
        await ours.close()
        assert await read_all(theirs, 4) == b"last words"
        assert await theirs.read(10) == b""


@each_transport
@in_loop
async def test_closing_wakes_who_reads_at_this_end(make: Callable[[], Transport]) -> None:
    async with stream_pair(make()) as (ours, _):
        reading = asyncio.create_task(ours.read(10))
        await asyncio.sleep(0)
        await ours.close()
        assert await reading == b""


@each_transport
@in_loop
async def test_writing_to_a_stream_that_is_gone_is_an_error(make: Callable[[], Transport]) -> None:
    async with stream_pair(make()) as (ours, theirs):
        await theirs.close()
        with pytest.raises(ConnectionError):
            await write_much(ours)
        await ours.close()
        with pytest.raises(ConnectionError):
            await ours.write(b"x")


@each_transport
@in_loop
async def test_writer_waits_for_a_reader_that_does_not_keep_up(make: Callable[[], Transport]) -> None:
    async with stream_pair(make()) as (ours, theirs):
        written = 0

        def count(size: int) -> None:
            nonlocal written
            written += size

        flooding = asyncio.create_task(write_much(ours, count))
        previous = -1
        while written != previous:  # until it stands still
            previous = written
            await asyncio.sleep(0.1)
        assert written < MUCH_BYTES // 4
        assert len(await theirs.read(READ_BYTES)) > 0
        for _ in range(100):
            await theirs.read(READ_BYTES)
        await until(lambda: written > previous)
        flooding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await flooding


@each_transport
@in_loop
async def test_dialling_where_nobody_listens_says_so(make: Callable[[], Transport]) -> None:
    transport = make()
    listening = await transport.listen(HOST, 0, lambda stream: stream.close())
    address = Address(HOST, listening.port)
    await (await transport.dial(address, 5)).close()
    await listening.close()
    with pytest.raises(PeerUnreachable, match=str(address)):
        await transport.dial(address, 5)


@each_transport
@in_loop
async def test_port_in_use_says_so(make: Callable[[], Transport]) -> None:
    transport = make()
    listening = await transport.listen(HOST, 0, lambda stream: stream.close())
    with pytest.raises(ConfigError, match=f"Port {listening.port}.*already in use") as caught:
        await transport.listen(HOST, listening.port, lambda stream: stream.close())
    assert "another" in caught.value.do
    await listening.close()


@in_loop
async def test_listening_everywhere_takes_one_port_for_both_families() -> None:
    transport = TcpTransport()
    arrived: asyncio.Queue[Stream] = asyncio.Queue()
    listening = await transport.listen(None, 0, arrived.put)
    hosts = [HOST, "::1"] if socket.has_dualstack_ipv6() else [HOST]
    for host in hosts:
        ours = await transport.dial(Address(host, listening.port), 5)
        theirs = await arrived.get()
        assert Address.parse(theirs.peer_address).host == host
        assert Address.parse(ours.peer_address) == Address(host, listening.port)
        await ours.close()
        await theirs.close()
    await listening.close()


@in_loop
async def test_port_taken_by_another_family_counts_as_in_use() -> None:
    with socket.create_server((HOST, 0)) as taken, pytest.raises(ConfigError, match="already in use"):
        await TcpTransport().listen(None, taken.getsockname()[1], lambda stream: stream.close())


@pytest.mark.parametrize(("host", "port"), [("203.0.113.5", 0), ("not an address", 0), ("::zz", 0)])
@in_loop
async def test_address_this_device_has_not_says_so(host: str, port: int) -> None:
    with pytest.raises(ConfigError, match="Nothing can listen"):
        await TcpTransport().listen(host, port, lambda stream: stream.close())


@in_loop
async def test_address_that_swallows_calls_is_given_up_in_time() -> None:
    # A listener whose queue is full neither answers nor refuses.
    with socket.socket() as full:
        full.bind((HOST, 0))
        full.listen(0)
        with socket.socket() as first, socket.socket() as second:
            for filler in (first, second):
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            with pytest.raises(PeerUnreachable, match=r"within 0\.2 seconds"):
                await TcpTransport().dial(Address(HOST, full.getsockname()[1]), 0.2)


@in_loop
async def test_nothing_is_held_back_to_be_joined() -> None:
    async with stream_pair(TcpTransport()) as pair:
        for stream in pair:
            assert isinstance(stream, _TcpStream)
            of_socket = stream._transport.get_extra_info("socket")
            assert of_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@in_loop
async def test_closing_the_listener_leaves_streams_alone() -> None:
    transport = TcpTransport()
    arrived: asyncio.Queue[Stream] = asyncio.Queue()
    listening = await transport.listen(HOST, 0, arrived.put)
    ours = await transport.dial(Address(HOST, listening.port), 5)
    theirs = await arrived.get()
    await listening.close()
    await ours.write(b"still here")
    assert await theirs.read(100) == b"still here"
    await ours.close()
    await theirs.close()


@in_loop
async def test_no_socket_is_lost_in_whichever_turn_a_dial_is_given_up_or_a_listener_closes() -> None:
    met: list[Stream] = []

    async def meet(stream: Stream) -> None:
        met.append(stream)
        await stream.close()

    async def turn(number: int) -> None:
        for _ in range(number):
            await asyncio.sleep(0)

    for number in range(12):
        for is_dialler_first in (True, False):
            transport = TcpTransport()
            listening = await transport.listen(HOST, 0, meet)
            dialling = asyncio.create_task(transport.dial(Address(HOST, listening.port), 5))
            await turn(number)
            if is_dialler_first:
                dialling.cancel()
                await turn(number % 3)
            await listening.close()
            count = len(met)
            if not is_dialler_first:
                dialling.cancel()
            for end in await asyncio.gather(dialling, return_exceptions=True):
                if not isinstance(end, BaseException):
                    await end.close()
            await turn(4)
            assert len(met) == count, "who comes when the listener is closed is not let in"
    assert len(met) > 2
    gc.collect()  # a socket that was lost is a ResourceWarning, and that an error


@in_loop
async def test_a_close_that_is_cancelled_leaves_no_stream_behind() -> None:
    async with stream_pair(TcpTransport()) as (ours, theirs):
        assert isinstance(ours, _TcpStream)
        writing = asyncio.create_task(write_much(ours))
        await until(lambda: not ours._writable.is_set())
        closing = asyncio.create_task(ours.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(ConnectionResetError):
            await writing
        assert closing.cancelled()
        assert ours._lost.is_set()
        assert await theirs.read(1) == b"\0"
