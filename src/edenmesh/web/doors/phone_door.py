"""The phone door: this device for the browsers of phones on the same network, each with an account.

Closed until its owner opens it, for hours or until they close it. It speaks TLS on this device's own addresses, never
on all there may be. A phone is let in by a login that stands behind the # of the address in a QR code, and works once.
What a phone does, its account does: with the rights of that, and marked with its name.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from socket import socket
from typing import Final

import msgspec
from starlette.types import ASGIApp

from edenmesh.core.encoding import encode
from edenmesh.errors import ConfigError
from edenmesh.net import own_addresses
from edenmesh.node import Accounts, DoorView, Settings, acting_for
from edenmesh.web.doors.bounds import BODY_BYTES_ACCOUNT_MAX, CONNECTIONS_ADDRESS_MAX
from edenmesh.web.doors.certificate import DoorCertificate
from edenmesh.web.doors.guard import Guard, Rules
from edenmesh.web.doors.keeping import Session, visitor_with
from edenmesh.web.doors.serving import DoorServer, listen, running
from edenmesh.web.visiting import Right

_ADDRESSES_MAX: Final = 8
_COOKIE_SECONDS: Final = 30 * 24 * 3600
_HOURS_MAX: Final = 24.0 * 365
_EVERYWHERE: Final = frozenset(("0.0.0.0", "::", ""))


class _Kept(msgspec.Struct, frozen=True):
    """What the store keeps of the door: its port, and its certificate with the key."""

    certificate: bytes
    key: bytes
    port: int


class AccountKeeper:
    """Keeps the phone door: accounts have sessions."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def enter(self, token: str) -> str | None:
        """Take a login for a session."""
        return self._accounts.enter(token)

    def session(self, secret: str) -> Session | None:
        """The session of the account with this secret."""
        account = self._accounts.session(secret)
        if account is None:
            return None
        return Session(account.name, visitor_with(secret, Right[account.right.upper()], account.name))

    def leave(self, key: str) -> None:
        """End the session of an account."""
        self._accounts.leave(key)


class PhoneDoor:
    """Opens and closes the door for phones; fulfils the node's `Doorway`."""

    def __init__(self, app: ASGIApp, accounts: Accounts) -> None:
        self._app = app
        self._accounts = accounts
        self._view: DoorView | None = None
        self._stack = AsyncExitStack()
        self._changing = asyncio.Lock()
        self._closing: asyncio.TimerHandle | None = None
        self._ends: set[asyncio.Task[None]] = set()

    @property
    def view(self) -> DoorView | None:
        """The door as it stands open, or None."""
        return self._view

    async def open(self, hours: float = 0.0, port: int = 0) -> DoorView:
        """Open it; where it is open it opens anew, at the addresses this device has now.

        Raises ConfigError where there is no network, or the port cannot be had.
        """
        if not 0 <= hours <= _HOURS_MAX:
            raise ConfigError(what=f"The door cannot stand open for {hours} hours.", do="Give 0 for: until closed.")
        async with self._changing:
            await self._close()
            return await self._open(hours, port)

    async def close(self) -> None:
        """Close it; what is under way there is broken off."""
        async with self._changing:
            await self._close()

    async def _open(self, hours: float, port: int) -> DoorView:
        settings = self._accounts.settings
        kept = self._kept()
        sockets = _bind(_addresses(settings), port, kept.port if kept is not None else 0)
        try:
            found: list[str] = [one.getsockname()[0] for one in sockets]
            port = sockets[0].getsockname()[1]
            certificate = self._certificate(found, kept, port)
            hosts = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host in found]
            rules = Rules(
                hosts=frozenset(hosts),
                scheme="https",
                cookie=f"__Host-edenmesh-{port}",
                cookie_seconds=_COOKIE_SECONDS,
                body_bytes_max=BODY_BYTES_ACCOUNT_MAX,
                acting=acting_for,
            )
            guard = Guard(self._app, AccountKeeper(self._accounts), rules, settings.clock)
            tls = certificate.context(settings.entropy)
        except BaseException:
            for one in sockets:
                one.close()
            raise
        self._stack.callback(self._accounts.listen(guard.end))
        server = DoorServer(guard, tls=tls, of_one_max=CONNECTIONS_ADDRESS_MAX)
        await self._stack.enter_async_context(running(server, sockets))
        until = settings.wall_clock() + hours * 3600 if hours else 0.0
        if hours:
            self._closing = asyncio.get_running_loop().call_later(hours * 3600, self._end)
        self._view = DoorView(tuple(f"https://{host}/" for host in hosts), certificate.fingerprint, until)
        return self._view

    async def _close(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        self._view = None
        await self._stack.aclose()

    def _end(self) -> None:
        self._closing = None
        task = asyncio.create_task(self.close())
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    def _kept(self) -> _Kept | None:
        data = self._accounts.kept_door
        # One that another version of the program kept is made anew: then phones warn again.
        with suppress(msgspec.DecodeError):
            return msgspec.msgpack.decode(data, type=_Kept) if data is not None else None
        return None

    def _certificate(self, addresses: Sequence[str], kept: _Kept | None, port: int) -> DoorCertificate:
        settings = self._accounts.settings
        now = settings.wall_clock()
        found = DoorCertificate(kept.certificate, kept.key) if kept is not None else None
        if found is None or not found.fits(addresses, now):
            found = DoorCertificate.make(addresses, settings.entropy, now)
        wanted = _Kept(found.certificate, found.key, port)
        if wanted != kept:
            self._accounts.keep_door(encode(wanted))
        return found


@asynccontextmanager
async def serving_phones(app: ASGIApp, accounts: Accounts) -> AsyncIterator[PhoneDoor]:
    """A door for phones while the block runs, closed at first; the accounts know of it."""
    door = PhoneDoor(app, accounts)
    accounts.doorway = door
    try:
        yield door
    finally:
        accounts.doorway = None
        await door.close()


def _addresses(settings: Settings) -> Sequence[str]:
    """Where the device is to be met; link-local addresses of IPv6 mean nothing to a browser."""
    own = settings.interfaces or own_addresses()
    found = own if settings.host is None or settings.host in _EVERYWHERE else (settings.host,)
    return [one for one in found if "%" not in one][:_ADDRESSES_MAX]


def _bind(addresses: Sequence[str], port: int, port_before: int) -> list[socket]:
    """Sockets on these addresses, all with one port: the wanted one, else that of the last time, else any."""
    if not addresses:
        raise ConfigError(
            what="This device is in no network.", do="Join a Wi-Fi, or make a hotspot, and open it again."
        )
    first = _listen(addresses[0], port or port_before, is_wanted=port > 0)
    sockets = [first]
    for address in addresses[1:]:
        with suppress(ConfigError):
            sockets.append(listen(address, first.getsockname()[1]))
    return sockets


def _listen(address: str, port: int, *, is_wanted: bool) -> socket:
    try:
        return listen(address, port)
    except ConfigError:
        if is_wanted or not port:
            raise
        return listen(address, 0)
