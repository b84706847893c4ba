"""Being seen and seeing others: visible for a chosen time, nearby devices by call-sign; addresses do as well."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from edenmesh.errors import ConfigError, InvalidInput
from edenmesh.net import Address, Advertiser, Browser, Nearby, own_addresses
from edenmesh.node.meeting.meetings import Meetings
from edenmesh.node.parts import Parts
from edenmesh.store import Committed

DOOR_SECRET_BYTES: Final = 16
_BROWSE_SECONDS: Final = 3.0
_MINUTES_MAX: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Shown:
    """How others see this device now: `until` is wall time in seconds since 1970."""

    call_sign: str
    until: float
    addresses: tuple[str, ...]
    port: int
    door_secret: bytes


@dataclass(frozen=True, slots=True)
class NearbyView:
    """A device seen on the network."""

    call_sign: str
    addresses: tuple[str, ...]
    is_member: bool


class Visibility:
    """Shows this device to everyone for a time, and looks for others."""

    def __init__(self, parts: Parts, meetings: Meetings) -> None:
        self._meetings = meetings
        self._team = parts.team
        self._settings = parts.settings
        self._advertiser: Advertiser | None = None
        self._shown: Shown | None = None
        self._announced = b""
        self._hiding: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()
        meetings.admits_everyone = lambda: self.is_shown
        parts.desk.listen(self._handle_committed)

    @property
    def is_shown(self) -> bool:
        """Whether this device is visible to everyone at the moment."""
        return self._shown is not None and self._settings.wall_clock() < self._shown.until

    @property
    def shown(self) -> Shown | None:
        """How this device is seen, or None where it is not."""
        return self._shown if self.is_shown else None

    async def show(self, minutes: float) -> Shown:
        """Be visible to everyone for so many minutes, and let them begin to pair. Raises InvalidInput, ConfigError."""
        if not 0 < minutes <= _MINUTES_MAX:
            raise InvalidInput(what=f"{minutes:g} minutes is no time to be visible for.", do="Choose 1 to 1440.")
        if not self._meetings.port:
            raise ConfigError(
                what="This device does not listen, so nobody could pair with it.",
                do="Switch it on with `edenmesh run`.",
            )
        async with self._changing:
            await self._vanish()
            secret = self._settings.entropy(DOOR_SECRET_BYTES)
            until = self._settings.wall_clock() + minutes * 60
            call_sign = await self._announce()
            self._meetings.door_secrets = {secret}
            self._shown = Shown(call_sign, until, self.addresses(), self._meetings.port, secret)
            self._hiding = asyncio.create_task(self._hide_after(minutes * 60))
            return self._shown

    async def hide(self) -> None:
        """Be visible no more."""
        async with self._changing:
            await self._vanish()

    async def _announce(self) -> str:
        """Be seen on the network, where that is wanted; returns the call-sign."""
        if not self._settings.is_announcing:
            return ""
        secret = self._newest_secret()
        advertiser = Advertiser(
            self._meetings.port,
            secret,
            clock=self._settings.wall_clock,
            entropy=self._settings.entropy,
            interfaces=self._settings.interfaces,
        )
        self._advertiser, self._announced = advertiser, secret
        await advertiser.start()
        return advertiser.call_sign

    async def _vanish(self) -> None:
        self._shown = None
        self._meetings.door_secrets = set()
        advertiser, self._advertiser = self._advertiser, None
        for task in (self._hiding, self._renewing):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                await asyncio.wait([task])
        self._hiding = self._renewing = None
        if advertiser is not None:
            await advertiser.stop()

    def _handle_committed(self, committed: Committed) -> None:
        """After a revocation, or where this device joined another team, it shows itself with the new secret."""
        if committed.has_charter and self._advertiser is not None and self._newest_secret() != self._announced:
            self._renewing = asyncio.create_task(self._renew(self._advertiser))

    async def _renew(self, advertiser: Advertiser) -> None:
        self._announced = self._newest_secret()
        await advertiser.renew(self._announced)
        if self._shown is not None and advertiser is self._advertiser:
            self._shown = replace(self._shown, call_sign=advertiser.call_sign)

    def _newest_secret(self) -> bytes:
        secrets = self._team.secrets
        return secrets[-1].secret if secrets else b""

    async def nearby(self, seconds: float = _BROWSE_SECONDS, *, until: str = "") -> list[Nearby]:
        """Devices seen within so many seconds; earlier where one with the call-sign `until` is seen."""
        if not self._settings.is_announcing:
            return []
        found = asyncio.Event()

        async def on_found(seen: Nearby) -> None:
            if until and seen.call_sign == until:
                found.set()

        async def on_lost(_seen: Nearby) -> None:
            return

        browser = Browser(
            on_found,
            on_lost,
            secrets=[one.secret for one in self._team.secrets],
            clock=self._settings.wall_clock,
            is_own=lambda instance: self._advertiser is not None and self._advertiser.is_own(instance),
            interfaces=self._settings.interfaces,
        )
        await browser.start()
        try:
            async with asyncio.timeout(seconds):
                await found.wait()
        except TimeoutError:
            pass
        finally:
            seen = list(browser.nearby)
            await browser.stop()
        return seen

    async def addresses_of(self, target: str) -> list[Address]:
        """Where to dial for a call-sign or an address a person typed. Raises InvalidInput, UsageError."""
        words = " ".join(target.strip().lower().split())
        if ":" in words:
            return [Address.parse(target)]
        for seen in await self.nearby(until=words):
            if seen.call_sign == words:
                return [Address(host, seen.port) for host in seen.addresses]
        raise InvalidInput(
            what=f"No device called {target!r} is visible nearby.",
            do="See who is with `edenmesh nearby`, or type the other device's address as its screen shows it.",
        )

    def addresses(self) -> tuple[str, ...]:
        """Where others can reach this device."""
        if self._settings.host is not None:
            return (self._settings.host,)
        if self._settings.interfaces is not None:
            return self._settings.interfaces
        return own_addresses()

    async def _hide_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.hide()
