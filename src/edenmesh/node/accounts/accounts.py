"""The accounts of one device, kept in its store; logins that work once, kept in memory.

Of secrets the store has hashes only: who reads a copy of it cannot enter with what stands there. Sessions outlive a
restart of the device, so that a phone need not be let in anew each time; a login does not.
Invariant: after `revoke` returns, no session of the account lives and none can begin.
"""

import base64
import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

import msgspec

from edenmesh.core.encoding import encode, normal_text
from edenmesh.core.trust import require_device_name
from edenmesh.errors import ConfigError, InvalidInput, StoreDamaged, StoreError
from edenmesh.node.accounts.account import RIGHTS, Account, AccountView
from edenmesh.node.parts import Parts, Settings

ACCOUNTS_MAX: Final = 256
"""Accounts of one device, revoked ones included: their names stand in what was written."""
LOGIN_SECONDS_MAX: Final = 600.0
"""How long a login may be used."""
SESSION_MS_MAX: Final = 30 * 24 * 3600 * 1000
"""How long a phone stays let in."""
_SEEN_MS: Final = 3600 * 1000
"""How long an account's last visit is known in memory only: not every look at a record is worth a commit."""
_SECRET_BYTES: Final = 32
_LOGIN_BYTES: Final = 20
_NOTED: Final = "accounts"
_DOOR: Final = "phone door"
_DECODER: Final = msgspec.msgpack.Decoder(tuple[Account, ...])


@dataclass(frozen=True, slots=True)
class DoorView:
    """An open phone door: addresses for a browser, the certificate's SHA-256, and until when (0: until closed)."""

    addresses: tuple[str, ...]
    fingerprint: str
    until: float


class Doorway(Protocol):
    """What serves phones, as far as the device is concerned."""

    @property
    def view(self) -> DoorView | None:
        """The door as it stands open, or None."""
        ...

    async def open(self, hours: float = 0.0, port: int = 0) -> DoorView:
        """Open it for so many hours, 0 until it is closed; where it is open already, from now on."""
        ...

    async def close(self) -> None:
        """Close it; all sessions of accounts stay, but nobody gets in."""
        ...


class Accounts:
    """Adds, lists and revokes accounts, and knows who has which session."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._accounts = self._read()
        self._seen: dict[str, int] = {}
        self._logins: dict[str, tuple[bytes, float]] = {}
        self._listeners: list[Callable[[str], None]] = []
        self.doorway: Doorway | None = None
        """What serves phones; None where nothing does, as in a command that opened the device for itself."""

    @property
    def door(self) -> Doorway:
        """What serves phones. Raises ConfigError where nothing does."""
        if self.doorway is None:
            raise ConfigError(
                what="This device does not run just now, so phones cannot use it.", do="Start it with `edenmesh run`."
            )
        return self.doorway

    def listen(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call `listener` with the name of each account whose session ended or changed; what is returned stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # --- accounts -----------------------------------------------------------------------------------------------------

    def views(self) -> list[AccountView]:
        """All accounts, the revoked ones last."""
        return [self._view(one) for one in sorted(self._accounts.values(), key=lambda one: (one.revoked > 0, one.name))]

    def add(self, name: str, right: str = "fill") -> AccountView:
        """A new account. Raises InvalidInput where the name is taken, was ever taken, or cannot be read."""
        name = normal_text(name).strip()
        require_device_name(name)
        _require_right(right)
        if name.casefold() in self._accounts:
            raise InvalidInput(
                what=f"There is, or was, an account named {self._accounts[name.casefold()].name!r}.",
                do="Choose another name: what was written under one stays under it.",
            )
        if len(self._accounts) >= ACCOUNTS_MAX:
            raise InvalidInput(what=f"This device has {ACCOUNTS_MAX} accounts; it can have no more.", do="Use another.")
        return self._put(Account(created=self._now_ms(), name=name, right=right))

    def change(self, name: str, right: str) -> AccountView:
        """Give an account another right. Raises InvalidInput where it is none."""
        _require_right(right)
        view = self._put(msgspec.structs.replace(self._living(name), right=right))
        self._tell(view.name)
        return view

    def revoke(self, name: str) -> AccountView:
        """Bar an account for good; what was written under it stays. Its session ends at once, open streams with it."""
        account = self._living(name)
        self._logins.pop(account.name, None)
        view = self._put(msgspec.structs.replace(account, revoked=self._now_ms(), session=b"", until=0))
        self._tell(account.name)
        return view

    # --- logins and sessions ------------------------------------------------------------------------------------------

    def issue(self, name: str) -> str:
        """A login that lets a phone in once, within ten minutes; the one issued before works no more."""
        account = self._living(name)
        login = _text(self._parts.settings.entropy(_LOGIN_BYTES))
        self._logins[account.name] = (_digest(login), self._parts.settings.clock() + LOGIN_SECONDS_MAX)
        return login

    def entrance(self, name: str) -> str:
        """The text of the QR code that lets a phone in once. Raises ConfigError where the door is not open."""
        door = self.door.view
        if door is None:
            raise ConfigError(what="The door for phones is closed.", do="Open it with `edenmesh phone open`.")
        return f"{door.addresses[0]}door/enter#{self.issue(name)}"

    def enter(self, login: str) -> str | None:
        """Take a login and begin the session of its account: the session's secret, or None. The login is burned."""
        given = _digest(login)
        name = next((name for name, (kept, _) in self._logins.items() if hmac.compare_digest(kept, given)), None)
        if name is None:
            return None
        _, until = self._logins.pop(name)
        if self._parts.settings.clock() > until:
            return None
        secret = _text(self._parts.settings.entropy(_SECRET_BYTES))
        account = msgspec.structs.replace(
            self._living(name),
            session=_digest(secret),
            until=self._now_ms() + SESSION_MS_MAX,
            seen=self._now_ms(),
        )
        self._put(account)
        self._tell(name)
        return secret

    def session(self, secret: str) -> AccountView | None:
        """The account whose session has this secret, or None."""
        given, now = _digest(secret), self._now_ms()
        for account in self._accounts.values():
            if account.session and hmac.compare_digest(account.session, given):
                if now > account.until:
                    return None
                self._note_seen(account, now)
                return self._view(account)
        return None

    def leave(self, name: str) -> None:
        """End the session of an account."""
        account = self._living(name)
        self._put(msgspec.structs.replace(account, session=b"", until=0))
        self._tell(account.name)

    # --- the door -----------------------------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """Where the device listens, and the clocks and the randomness it uses."""
        return self._parts.settings

    @property
    def kept_door(self) -> bytes | None:
        """What the door noted to open again as it was, its key included; None where it noted nothing."""
        return self._parts.store.notes.meta(_DOOR)

    def keep_door(self, data: bytes) -> None:
        """Note what the door needs to open again as it was, in the encrypted store."""
        with self._parts.desk.writing() as writing:
            writing.put_meta(_DOOR, data)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def _living(self, name: str) -> Account:
        account = self._accounts.get(normal_text(name).strip().casefold())
        if account is None:
            raise InvalidInput(what=f"There is no account {name!r}.", do="See which there are: `edenmesh phone list`.")
        if account.revoked:
            raise InvalidInput(what=f"The account {account.name!r} was revoked.", do="Make a new one, named otherwise.")
        return account

    def _put(self, account: Account) -> AccountView:
        accounts = {**self._accounts, account.name.casefold(): account}
        with self._parts.desk.writing() as writing:
            writing.put_meta(_NOTED, encode(tuple(accounts.values())))
        self._accounts = accounts
        return self._view(account)

    def _read(self) -> dict[str, Account]:
        data = self._parts.store.notes.meta(_NOTED)
        try:
            return {one.name.casefold(): one for one in _DECODER.decode(data)} if data is not None else {}
        except msgspec.DecodeError as error:
            raise StoreDamaged(what=f"What the store keeps of accounts cannot be read: {error}.") from error

    def _note_seen(self, account: Account, now: int) -> None:
        self._seen[account.name] = now
        if not 0 <= now - account.seen < _SEEN_MS:
            # A visit is no reason to fail where the disk is full.
            with suppress(StoreError):
                self._put(msgspec.structs.replace(account, seen=now))

    def _view(self, account: Account) -> AccountView:
        return AccountView(
            name=account.name,
            right=account.right,
            created=account.created,
            last_seen=max(account.seen, self._seen.get(account.name, 0)),
            is_entered=bool(account.session) and self._now_ms() <= account.until,
            is_revoked=account.revoked > 0,
        )

    def _tell(self, name: str) -> None:
        for listener in list(self._listeners):
            listener(name)

    def _now_ms(self) -> int:
        return int(self._parts.settings.wall_clock() * 1000)


def _require_right(right: str) -> None:
    if right not in RIGHTS:
        raise InvalidInput(what=f"{right!r} is no right of an account.", do=f"Choose {', '.join(RIGHTS)}.")


def _digest(secret: str) -> bytes:
    return sha256(secret.encode(errors="replace")).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
