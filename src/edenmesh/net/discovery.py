"""Devices see each other on the local network: `Advertiser` announces this one, `Browser` watches for others.

By multicast DNS (RFC 6762) and DNS-SD (RFC 6763). What is announced is in `announcement`; a name is random, lives for
a day at most and gives the call-sign. Nothing seen here is trusted: anybody may announce anything, so everything is
bounded, and who a device is, the channel says.

Whether a device is still there is not read from here either: a crashed one stays announced for up to 19 minutes,
because python-zeroconf raises every time to live to 1,125 s. A session notices at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address

from zeroconf import DNSQuestionType, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from edenmesh.core.limits import NEARBY_ADDRESSES_MAX, NEARBY_MAX, NEARBY_RESOLVE_SECONDS_MAX
from edenmesh.core.ports import Entropy
from edenmesh.net.addresses import own_addresses
from edenmesh.net.announcement import INSTANCE_BYTES, Announcement, day_number, is_instance
from edenmesh.net.call_sign import call_sign
from edenmesh.net.multicast import SERVICE_TYPE, WATCH_SECONDS, Multicast


@dataclass(frozen=True)
class Nearby:
    """A device that is announced on the network."""

    instance: str
    call_sign: str
    addresses: tuple[str, ...]
    port: int
    nonce: bytes
    tag: bytes
    is_member: bool


class Advertiser:
    """Announces this device under a random name, a new one at each start and each day.

    `secret` is that of the mesh; `port` is where the device listens; `interfaces` restricts the announcement to some of
    this device's addresses, such as 127.0.0.1. `clock` gives the seconds since 1970.
    """

    def __init__(
        self,
        port: int,
        secret: bytes,
        *,
        clock: Callable[[], float],
        entropy: Entropy,
        interfaces: Sequence[str] | None = None,
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._port = port
        self._secret = secret
        self._clock = clock
        self._entropy = entropy
        self._interfaces = interfaces
        self._own: set[str] = set()
        self._renewals = 0
        self._name()
        self._broadcasting: asyncio.Future[None] | None = None
        self._multicast = Multicast(
            self._announce,
            self._withdraw,
            interfaces=interfaces,
            also_watch=lambda: (self._addresses(), self._name_is_for()),
            watch_seconds=watch_seconds,
        )

    @property
    def instance(self) -> str:
        """The random name of the moment."""
        return self._instance

    @property
    def call_sign(self) -> str:
        """The two words others see."""
        return call_sign(self._instance)

    @property
    def fault(self) -> str | None:
        """Why nobody can see this device now, in words; None if all is well."""
        return self._multicast.fault

    def is_own(self, instance: str) -> bool:
        """Whether this is a name the device has, or had since it began."""
        return instance in self._own

    async def start(self) -> None:
        """Be seen."""
        await self._multicast.start()

    async def stop(self) -> None:
        """Be seen no more; the network is told."""
        await self._multicast.stop()

    async def renew(self, secret: bytes) -> None:
        """Go on under a new name with the tag of another secret, as after a revocation."""
        self._secret = secret
        self._renewals += 1
        await self._multicast.follow()

    def _addresses(self) -> tuple[str, ...]:
        return tuple(self._interfaces) if self._interfaces is not None else own_addresses()[:NEARBY_ADDRESSES_MAX]

    def _name_is_for(self) -> tuple[int, int]:
        return day_number(self._clock()), self._renewals

    def _name(self) -> None:
        self._named_for = self._name_is_for()
        self._instance = self._entropy(INSTANCE_BYTES).hex()
        self._host = self._entropy(INSTANCE_BYTES).hex()
        self._announcement = Announcement.make(self._secret, self._entropy, self._clock())
        self._own.add(self._instance)

    async def _announce(self, zeroconf: AsyncZeroconf) -> None:
        if self._named_for != self._name_is_for():
            self._name()
        service = AsyncServiceInfo(
            SERVICE_TYPE,
            f"{self._instance}.{SERVICE_TYPE}",
            port=self._port,
            properties=self._announcement.encode(),
            server=f"{self._host}.local.",
            parsed_addresses=[address.partition("%")[0] for address in self._addresses()],
        )
        # A random name needs no probing for others who use it (RFC 6762, section 8.1), which takes over a second.
        announced = await zeroconf.async_register_service(service, cooperating_responders=True)
        self._broadcasting = asyncio.ensure_future(announced)

    async def _withdraw(self) -> None:
        if self._broadcasting is not None:
            self._broadcasting.cancel()


class Browser:
    """Watches for other devices.

    `on_found` hears of each device, and again when what it announces changes; `on_lost` when it has said farewell or
    the network has changed. They are called one at a time. `secrets` are those of the own mesh, by which its members
    are recognised; `is_own` names the announcements to pass over.
    """

    def __init__(
        self,
        on_found: Callable[[Nearby], Awaitable[None]],
        on_lost: Callable[[Nearby], Awaitable[None]],
        *,
        secrets: Iterable[bytes],
        clock: Callable[[], float],
        is_own: Callable[[str], bool] = lambda _instance: False,
        interfaces: Sequence[str] | None = None,
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._on_found = on_found
        self._on_lost = on_lost
        self._secrets = tuple(secrets)
        self._clock = clock
        self._is_own = is_own
        self._takes_loopback = interfaces is not None and any(ip_address(own).is_loopback for own in interfaces)
        self._seen: dict[str, Nearby] = {}
        self._told: dict[str, Nearby] = {}
        self._changed = asyncio.Event()
        self._resolving: dict[str, asyncio.Task[None]] = {}
        self._telling: asyncio.Task[None] | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._multicast = Multicast(self._browse, self._forget, interfaces=interfaces, watch_seconds=watch_seconds)

    @property
    def nearby(self) -> tuple[Nearby, ...]:
        """The devices announced now, members first, then by call-sign."""
        return tuple(sorted(self._seen.values(), key=lambda seen: (not seen.is_member, seen.call_sign, seen.instance)))

    @property
    def fault(self) -> str | None:
        """Why no device can be seen now, in words; None if all is well."""
        return self._multicast.fault

    async def start(self) -> None:
        """Begin to watch."""
        self._telling = asyncio.create_task(self._tell())
        await self._multicast.start()

    async def stop(self) -> None:
        """Watch no more. Nobody is told of devices that were there."""
        if self._telling is not None:
            self._telling.cancel()
            with suppress(asyncio.CancelledError):
                await self._telling
            self._telling = None
        await self._multicast.stop()

    def recognise(self, secrets: Iterable[bytes]) -> None:
        """Recognise members by these secrets from now on, also among those already seen."""
        self._secrets = tuple(secrets)
        for instance, seen in self._seen.items():
            announcement = Announcement(seen.nonce, seen.tag)
            self._seen[instance] = replace(seen, is_member=announcement.is_member(self._secrets, self._clock()))
        self._changed.set()

    async def _browse(self, zeroconf: AsyncZeroconf) -> None:
        # Multicast questions (QM): the answer to a unicast one goes to one of several programs on this port.
        self._browser = AsyncServiceBrowser(
            zeroconf.zeroconf, SERVICE_TYPE, handlers=[self._hear], question_type=DNSQuestionType.QM
        )

    async def _forget(self) -> None:
        if self._browser is not None:
            await self._browser.async_cancel()
        for task in self._resolving.values():
            task.cancel()
        self._resolving.clear()
        self._seen.clear()
        self._changed.set()

    def _hear(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        instance = name.removesuffix(f".{service_type}")
        if not is_instance(instance) or self._is_own(instance):
            return
        if task := self._resolving.pop(instance, None):
            task.cancel()
        if state_change is ServiceStateChange.Removed:
            self._seen.pop(instance, None)
            self._changed.set()
        elif len(self._resolving) < NEARBY_MAX:
            self._resolving[instance] = asyncio.create_task(self._resolve(zeroconf, instance))

    async def _resolve(self, zeroconf: Zeroconf, instance: str) -> None:
        service = AsyncServiceInfo(SERVICE_TYPE, f"{instance}.{SERVICE_TYPE}")
        milliseconds = NEARBY_RESOLVE_SECONDS_MAX * 1000
        answered = await service.async_request(zeroconf, milliseconds, question_type=DNSQuestionType.QM)
        self._resolving.pop(instance, None)
        seen = self._read(instance, service) if answered else None
        if seen is None:
            self._seen.pop(instance, None)
        elif instance in self._seen or self._has_room_for(seen):
            self._seen[instance] = seen
        self._changed.set()

    def _has_room_for(self, newcomer: Nearby) -> bool:
        """A crowd of strangers does not keep members out."""
        if len(self._seen) >= NEARBY_MAX and newcomer.is_member:
            stranger = next((seen.instance for seen in self._seen.values() if not seen.is_member), None)
            if stranger is not None:
                del self._seen[stranger]
        return len(self._seen) < NEARBY_MAX

    def _read(self, instance: str, service: AsyncServiceInfo) -> Nearby | None:
        announcement = Announcement.decode(service.properties)
        found = filter(self._is_dialable, service.parsed_scoped_addresses())
        addresses = tuple(dict.fromkeys(found))[:NEARBY_ADDRESSES_MAX]
        if announcement is None or not addresses or not service.port:
            return None
        return Nearby(
            instance=instance,
            call_sign=call_sign(instance),
            addresses=addresses,
            port=service.port,
            nonce=announcement.nonce,
            tag=announcement.tag,
            is_member=announcement.is_member(self._secrets, self._clock()),
        )

    def _is_dialable(self, address: str) -> bool:
        """Leave out what could only lead back to this device or to many at once."""
        parsed = ip_address(address)
        return not (parsed.is_multicast or parsed.is_unspecified or (parsed.is_loopback and not self._takes_loopback))

    async def _tell(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            for instance in [*self._told, *(self._seen.keys() - self._told.keys())]:
                before, now = self._told.get(instance), self._seen.get(instance)
                if now == before:
                    continue
                if now is not None:
                    self._told[instance] = now
                    await self._on_found(now)
                elif before is not None:
                    del self._told[instance]
                    await self._on_lost(before)
