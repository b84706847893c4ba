"""Advertiser and browser on the loopback interface, with real multicast."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from os import urandom
from time import time

import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from edenmesh.core.limits import NEARBY_ADDRESSES_MAX, NEARBY_MAX
from edenmesh.net.call_sign import call_sign
from edenmesh.net.discovery import Advertiser, Browser, Nearby
from edenmesh.net.multicast import SERVICE_TYPE, Multicast
from tests.net.loop import in_loop, until

LOOPBACK = ["127.0.0.1"]
SECRET, OTHER = b"our mesh".ljust(32), b"their mesh".ljust(32)


@dataclass
class Clock:
    """The wall clock, moved at will."""

    offset: float = 0.0

    def __call__(self) -> float:
        return time() + self.offset


@dataclass
class Diary:
    """What a browser told, as it came."""

    found: list[Nearby] = field(default_factory=list)
    lost: list[Nearby] = field(default_factory=list)

    async def on_found(self, nearby: Nearby) -> None:
        self.found.append(nearby)

    async def on_lost(self, nearby: Nearby) -> None:
        self.lost.append(nearby)

    def has_found(self, instance: str) -> bool:
        return any(nearby.instance == instance for nearby in self.found)

    def has_lost(self, instance: str) -> bool:
        return any(nearby.instance == instance for nearby in self.lost)


@asynccontextmanager
async def advertising(
    port: int = 4711, secret: bytes = SECRET, clock: Clock | None = None
) -> AsyncIterator[Advertiser]:
    advertiser = Advertiser(
        port, secret, clock=clock or Clock(), entropy=urandom, interfaces=LOOPBACK, watch_seconds=0.05
    )
    await advertiser.start()
    try:
        yield advertiser
    finally:
        await advertiser.stop()


@asynccontextmanager
async def browsing(
    *secrets: bytes, own: Advertiser | None = None, clock: Clock | None = None
) -> AsyncIterator[tuple[Browser, Diary]]:
    diary = Diary()
    browser = Browser(
        diary.on_found,
        diary.on_lost,
        secrets=secrets,
        clock=clock or Clock(),
        is_own=own.is_own if own is not None else lambda _: False,
        interfaces=LOOPBACK,
    )
    await browser.start()
    try:
        yield browser, diary
    finally:
        await browser.stop()


@asynccontextmanager
async def announcing_by_hand(instance: str, **entries: object) -> AsyncIterator[AsyncServiceInfo]:
    """Announce what no honest device would."""
    zeroconf = AsyncZeroconf(interfaces=LOOPBACK)
    text = {"v": "1", "n": "00" * 8, "t": "00" * 8} | {key: value for key, value in entries.items() if len(key) == 1}
    service = AsyncServiceInfo(
        SERVICE_TYPE,
        f"{instance}.{SERVICE_TYPE}",
        port=int(str(entries.get("port", 4711))),
        properties=text,
        server=f"{instance[:8]}-host.local.",
        parsed_addresses=list(entries.get("addresses", LOOPBACK)),  # type: ignore[call-overload]
    )
    broadcasting = await zeroconf.async_register_service(service, cooperating_responders=True, strict=False)
    try:
        yield service
    finally:
        broadcasting.cancel()  # type: ignore[attr-defined]
        await zeroconf.async_close()


@in_loop
async def test_browser_sees_who_comes_and_who_goes() -> None:
    async with browsing(SECRET) as (browser, diary):
        async with advertising(port=4712) as advertiser:
            await until(lambda: diary.has_found(advertiser.instance))
            seen = next(nearby for nearby in browser.nearby if nearby.instance == advertiser.instance)
            assert seen.call_sign == advertiser.call_sign == call_sign(advertiser.instance)
            assert seen.addresses == ("127.0.0.1",)
            assert seen.port == 4712
            assert seen.is_member
            assert advertiser.fault is None
            assert browser.fault is None
        await until(lambda: diary.has_lost(advertiser.instance))
        assert advertiser.instance not in {nearby.instance for nearby in browser.nearby}


@in_loop
async def test_browser_that_comes_later_sees_who_is_there() -> None:
    async with advertising() as advertiser, browsing(OTHER) as (_, diary):
        await until(lambda: diary.has_found(advertiser.instance))
        assert not next(seen for seen in diary.found if seen.instance == advertiser.instance).is_member


@in_loop
async def test_own_announcement_is_passed_over() -> None:
    async with (
        advertising() as ours,
        browsing(SECRET, own=ours) as (browser, diary),
        browsing(SECRET) as (_, others),
        advertising() as theirs,
    ):
        await until(lambda: diary.has_found(theirs.instance) and others.has_found(ours.instance))
        assert not diary.has_found(ours.instance)
        assert ours.instance not in {nearby.instance for nearby in browser.nearby}


@in_loop
async def test_members_come_first_and_any_known_secret_makes_one() -> None:
    async with (
        advertising(secret=OTHER) as stranger,
        advertising() as member,
        browsing(b"newest", SECRET) as (browser, diary),
    ):
        await until(lambda: diary.has_found(stranger.instance) and diary.has_found(member.instance))
        order = [nearby.instance for nearby in browser.nearby]
        assert order.index(member.instance) < order.index(stranger.instance)
        browser.recognise([OTHER])
        order = [nearby.instance for nearby in browser.nearby]
        assert order.index(member.instance) > order.index(stranger.instance)
        await until(
            lambda: [seen.is_member for seen in diary.found if seen.instance == stranger.instance][1:] == [True]
        )


@in_loop
async def test_new_day_brings_a_new_name() -> None:
    clock = Clock()
    async with browsing(SECRET, clock=clock) as (_, diary), advertising(clock=clock) as advertiser:
        first = advertiser.instance
        await until(lambda: diary.has_found(first))
        clock.offset = 3 * 86_400
        await until(lambda: advertiser.instance != first)
        await until(lambda: diary.has_found(advertiser.instance) and diary.has_lost(first))
        assert advertiser.is_own(first)
        found = {seen.instance: seen for seen in diary.found}
        assert found[advertiser.instance].is_member
        assert found[advertiser.instance].nonce != found[first].nonce


@in_loop
async def test_new_secret_brings_a_new_name_that_the_revoked_do_not_recognise() -> None:
    async with browsing(SECRET) as (_, revoked), browsing(SECRET, OTHER) as (_, member), advertising() as advertiser:
        first = advertiser.instance
        await until(lambda: revoked.has_found(first) and member.has_found(first))
        await advertiser.renew(OTHER)
        assert advertiser.instance != first
        for diary, recognises in ((revoked, False), (member, True)):
            await until(lambda diary=diary: diary.has_found(advertiser.instance))  # type: ignore[misc]
            now = next(seen for seen in diary.found if seen.instance == advertiser.instance)
            assert now.is_member is recognises


@in_loop
async def test_announcement_holds_no_name_and_no_key() -> None:
    zeroconf = AsyncZeroconf(interfaces=LOOPBACK)
    async with advertising() as advertiser:
        service = AsyncServiceInfo(SERVICE_TYPE, f"{advertiser.instance}.{SERVICE_TYPE}")
        assert await service.async_request(zeroconf.zeroconf, 3000)
        assert set(service.properties) == {b"v", b"n", b"t"}
        assert service.server is not None
        host = service.server.removesuffix(".local.")
        assert len(host) == 8
        assert host != advertiser.instance
        int(host, 16)
    await zeroconf.async_close()


@in_loop
async def test_changed_announcement_is_told_again() -> None:
    async with browsing() as (_, diary), announcing_by_hand("0badcafe") as service:
        await until(lambda: diary.has_found("0badcafe"))
        zeroconf = AsyncZeroconf(interfaces=LOOPBACK)
        changed = AsyncServiceInfo(
            SERVICE_TYPE,
            service.name,
            port=4999,
            properties=service.properties,
            server=service.server,
            parsed_addresses=LOOPBACK,
        )
        zeroconf.zeroconf.registry.async_add(changed)
        broadcasting = await zeroconf.async_update_service(changed)
        await until(lambda: diary.found[-1].port == 4999)
        await broadcasting
        await zeroconf.async_close()


DISHONEST: dict[str, dict[str, object]] = {
    "not-hex!": {},
    "0BADCAFE": {},
    "0badcaf0": {"v": "2"},
    "0badcaf1": {"n": "short"},
    "0badcaf2": {"t": None},
    "0badcaf3": {"addresses": ["224.0.0.251"]},
    "0badcaf4": {"addresses": ["0.0.0.0"]},
    "0badcaf5": {"port": 0},
}


@in_loop
async def test_announcement_no_honest_device_makes_is_passed_over() -> None:
    async with AsyncExitStack() as stack:
        _, diary = await stack.enter_async_context(browsing())
        for instance, entries in DISHONEST.items():
            await stack.enter_async_context(announcing_by_hand(instance, **entries))
        await stack.enter_async_context(announcing_by_hand("0badcafa"))
        honest = await stack.enter_async_context(advertising())
        await until(lambda: diary.has_found(honest.instance) and diary.has_found("0badcafa"))
        await asyncio.sleep(0.1)
        assert [instance for instance in DISHONEST if diary.has_found(instance)] == []


@in_loop
async def test_only_the_first_addresses_are_taken() -> None:
    many = [f"127.0.0.{number}" for number in range(1, 40)]
    async with browsing() as (browser, diary), announcing_by_hand("0badcafa", addresses=many):
        await until(lambda: diary.has_found("0badcafa"))
        seen = next(nearby for nearby in browser.nearby if nearby.instance == "0badcafa")
        assert len(seen.addresses) == NEARBY_ADDRESSES_MAX


@in_loop
async def test_crowd_of_strangers_does_not_keep_members_out() -> None:
    async with browsing(SECRET) as (browser, diary):
        stranger = Nearby("00000000", "", ("127.0.0.1",), 1, bytes(8), bytes(8), is_member=False)
        for number in range(NEARBY_MAX):
            browser._seen[f"{number:08x}"] = replace(stranger, instance=f"{number:08x}")
        async with advertising(secret=OTHER) as another, advertising() as member:
            await until(lambda: diary.has_found(member.instance))
            assert len(browser.nearby) == NEARBY_MAX
            assert not diary.has_found(another.instance)


@in_loop
async def test_multicast_waits_for_a_network_and_follows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    network: list[tuple[str, ...]] = [()]
    monkeypatch.setattr("edenmesh.net.multicast.multicast_interfaces", lambda: network[-1])
    ups: list[AsyncZeroconf] = []

    async def up(zeroconf: AsyncZeroconf) -> None:
        ups.append(zeroconf)
        if len(ups) == 2:
            raise OSError("the network went away")

    async def down() -> None:
        assert not ups[-1].zeroconf.done

    multicast = Multicast(up, down, watch_seconds=0.02)
    await multicast.start()
    assert ups == []
    assert "no address" in str(multicast.fault)
    network.append(("127.0.0.1",))
    await until(lambda: len(ups) == 1 and multicast.fault is None)
    network.append(("127.0.0.2",))
    await until(lambda: len(ups) == 3)  # the second try fails, the third one works
    await until(lambda: multicast.fault is None)
    network.append(())
    await until(lambda: "no address" in str(multicast.fault))
    await multicast.stop()
    assert len(ups) == 3
    assert all(zeroconf.zeroconf.done for zeroconf in ups)
