"""A device reduced to its `net` room, for tests between namespaces: it listens, or looks for others and calls them.

    python -m tests.system.meeting listen <seed> <secret> [everyone]
    python -m tests.system.meeting browse <seed> <secret> [silent]

It says in lines of JSON what happens, and ends when its input does. `silent` browses without calling anybody.
"""

import asyncio
import json
import sys
from hashlib import sha256
from os import urandom
from time import monotonic, time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edenmesh.errors import EdenmeshError
from edenmesh.net.addresses import Address
from edenmesh.net.discovery import Advertiser, Browser, Nearby
from edenmesh.net.door import DoorPolicy
from edenmesh.net.reception import Reception
from edenmesh.net.secure import SecureStream
from edenmesh.net.tcp import TcpTransport


def say(event: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"event": event, "at": monotonic(), **fields}) + "\n")


def device_key(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest())


async def input_ended() -> None:
    await asyncio.to_thread(sys.stdin.read)


async def listen(key: Ed25519PrivateKey, secret: bytes, *, admits_everyone: bool) -> None:
    async def meet(stream: SecureStream) -> None:
        say("met", peer=stream.peer_key.hex(), binding=stream.binding().hex(), address=stream.peer_address)
        while data := await stream.read():
            await stream.write(data)
        await stream.close()
        say("parted", ending=str(stream.ending))

    reception = Reception(
        key,
        allow=lambda _key: True,
        policy=lambda: DoorPolicy((secret,), admits_everyone),
        entropy=urandom,
        on_channel=meet,
        on_refusal=lambda address, reason: say("refused", address=address, reason=reason.what),
    )
    listening = await TcpTransport().listen(None, 0, reception.receive)
    advertiser = Advertiser(listening.port, secret, clock=time, entropy=urandom)
    await advertiser.start()
    say("listening", instance=advertiser.instance, call_sign=advertiser.call_sign, fault=advertiser.fault)
    await input_ended()
    await advertiser.stop()
    await listening.close()


async def browse(key: Ed25519PrivateKey, secret: bytes, *, calls: bool) -> None:
    async def found(nearby: Nearby) -> None:
        say("found", instance=nearby.instance, is_member=nearby.is_member, addresses=nearby.addresses)
        if calls:
            await call(nearby, key, secret)

    async def lost(nearby: Nearby) -> None:
        say("lost", instance=nearby.instance)

    browser = Browser(found, lost, secrets=[secret], clock=time)
    await browser.start()
    say("browsing", fault=browser.fault)
    await input_ended()
    await browser.stop()


async def call(nearby: Nearby, key: Ed25519PrivateKey, secret: bytes) -> None:
    try:
        stream = await TcpTransport().dial(Address(nearby.addresses[0], nearby.port), 5)
        secure = await SecureStream.dial(stream, key, allow=lambda _key: True, secret=secret, entropy=urandom)
    except EdenmeshError as error:
        say("failed", error=type(error).__name__, reason=error.what)
        return
    await secure.write(b"hello")
    echo = await secure.read()
    say("opened", peer=secure.peer_key.hex(), binding=secure.binding().hex(), echo=echo.decode())
    await secure.close()


def main(role: str, seed: str, secret: str, mode: str = "") -> None:
    key, secret_bytes = device_key(seed), secret.encode()
    if role == "listen":
        asyncio.run(listen(key, secret_bytes, admits_everyone=mode == "everyone"))
    else:
        asyncio.run(browse(key, secret_bytes, calls=mode != "silent"))


if __name__ == "__main__":
    main(*sys.argv[1:])
