"""Multicast DNS that follows the device from network to network.

python-zeroconf looks at the adapters once. A phone joins a hotspot, a cable is unplugged, an address changes: then the
old one neither hears nor is heard. So the addresses are looked at every two seconds, and on a change everything is
closed and made anew.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from zeroconf import Error as ZeroconfError
from zeroconf.asyncio import AsyncZeroconf

from edenmesh.net.addresses import multicast_interfaces

SERVICE_TYPE: Final = "_edenmesh._tcp.local."
WATCH_SECONDS: Final = 2.0


class Multicast:
    """Keeps one AsyncZeroconf alive on the adapters of the moment.

    `on_up` is called with each new one, `on_down` before it is closed. `also_watch` returns what else asks for a new
    one when it changes. `interfaces` restricts it to some of this device's addresses, such as 127.0.0.1.
    """

    def __init__(
        self,
        on_up: Callable[[AsyncZeroconf], Awaitable[None]],
        on_down: Callable[[], Awaitable[None]],
        *,
        interfaces: Sequence[str] | None = None,
        also_watch: Callable[[], object] = lambda: None,
        watch_seconds: float = WATCH_SECONDS,
    ) -> None:
        self._on_up = on_up
        self._on_down = on_down
        self._interfaces = tuple(interfaces) if interfaces is not None else None
        self._also_watch = also_watch
        self._watch_seconds = watch_seconds
        self._zeroconf: AsyncZeroconf | None = None
        self._made_for: tuple[tuple[str, ...], object] = ((), None)
        self._fault: str | None = None
        self._turn = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None

    @property
    def fault(self) -> str | None:
        """Why there is no multicast now, in words; None if there is."""
        return self._fault

    async def start(self) -> None:
        """Begin; a network that is not there yet is waited for."""
        await self.follow()
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End, with a farewell to the network."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None
        async with self._turn:
            await self._down()

    async def follow(self) -> None:
        """Compare with the adapters of the moment and make all anew if they changed."""
        async with self._turn:
            addresses = self._interfaces if self._interfaces is not None else multicast_interfaces()
            wanted = (addresses, self._also_watch())
            if self._zeroconf is not None and wanted == self._made_for:
                return
            await self._down()
            if not addresses:
                self._fault = "No network: this device has no address others could reach."
                return
            try:
                self._zeroconf = AsyncZeroconf(interfaces=list(addresses))
                self._made_for = wanted
                await self._on_up(self._zeroconf)
                self._fault = None
            except (OSError, RuntimeError, ZeroconfError) as error:
                await self._down()
                self._fault = f"Multicast does not work on this network ({error})."

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._watch_seconds)
            await self.follow()

    async def _down(self) -> None:
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is not None:
            await self._on_down()
            await zeroconf.async_close()
