"""The servers this device knows: which they are, how to log in, and whether they answer as they should."""

from dataclasses import dataclass
from typing import Final

from edenmesh.core.ids import format_id
from edenmesh.core.trust import pin_destination
from edenmesh.eden import (
    TIMEOUT_SECONDS,
    EdenClient,
    FormListing,
    Refused,
    ServerAddress,
    format_pin,
    read_pin,
)
from edenmesh.errors import AnswerNotUnderstood, DeliveryError, DestinationUnreachable, InvalidInput, UsageError
from edenmesh.node.parts import Check, Parts
from edenmesh.store import Destination

_HTTP_ALLOWED: Final = "is_http_allowed"
_SET: Final = "Enter one: edenmesh destination set NAME --url https://..."
_PIN_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class DestinationView:
    """A server this device may deliver to; its password is not shown.

    `is_pinned`: a steward pinned it, so that deliveries there can be receipts; `team_pin` is the TLS key that the
    steward named, empty for plain http. `is_disputed`: stewards who had not heard of each other said different things
    of it. One that only a steward pinned is not `is_set_up` here.
    """

    name: str
    url: str
    user: str
    pin: str
    is_http_allowed: bool
    id: str
    is_pinned: bool = False
    team_pin: str = ""
    is_disputed: bool = False
    is_set_up: bool = True


class Destinations:
    """Reads and writes what this device notes of servers, and opens logins at them."""

    def __init__(self, parts: Parts, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._parts = parts
        self._timeout_seconds = timeout_seconds

    def set(
        self, name: str, url: str, *, user: str, password: str, pin: str = "", is_http_allowed: bool = False
    ) -> DestinationView:
        """Note a server under a name; one that had the name before gives it up.

        Raises InvalidInput where the address or the pin is none, or plain http is not allowed.
        """
        name = name.strip()
        if not name or not name.isprintable():
            raise InvalidInput(what="A server needs a name to call it by.", do="Choose a short one, such as `server`.")
        address = ServerAddress.parse(url, user=user, password=password, pin=pin, is_http_allowed=is_http_allowed)
        noted = Destination(
            id=address.id,
            name=name,
            url=address.url,
            user=user,
            password=password,
            pin=address.pin,
            settings={_HTTP_ALLOWED: "yes"} if is_http_allowed else {},
        )
        with self._parts.desk.writing() as writing:
            for other in self._all():
                if other.name == name and other.id != noted.id:
                    writing.drop_destination(other.id)
            writing.put_destination(noted)
        return self._view(noted)

    def drop(self, name: str) -> None:
        """Forget a server and the login there. What was observed there stays known."""
        noted = self.find(name)
        with self._parts.desk.writing() as writing:
            writing.drop_destination(noted.id)

    def views(self) -> list[DestinationView]:
        """All servers, by name; then those that stewards pinned and that are not set up here."""
        noted = sorted(self._all(), key=lambda one: one.name)
        known = {one.id for one in noted}
        pinned = self._parts.team.charter.destinations.values()
        others = (Destination(id=one.destination, name=one.name, url=one.address) for one in pinned)
        elsewhere = (self._view(one, is_set_up=False) for one in others if one.id not in known)
        return [*map(self._view, noted), *sorted(elsewhere, key=lambda one: (one.name, one.id))]

    def pin_for_team(self, name: str) -> DestinationView:
        """Have deliveries to a server that is set up here count as receipts, for the whole team, as a steward.

        Its address and the TLS key pinned here are named in the charter; plain http shows no key, and the view says so.
        Raises NotPermitted where this device is no steward, InvalidInput where no key of an https server is pinned.
        """
        noted = self.find(name)
        is_plain = noted.url.startswith("http:")
        if not is_plain and not noted.pin:
            raise InvalidInput(
                what=f"No TLS key is pinned for {noted.name}, so nobody could tell that a receipt is of that server.",
                do=f"See its key with `edenmesh destination test {noted.name}`; compare it with who runs the server; "
                "then set the destination again, with --pin.",
            )
        key = self._parts.identity.device_key
        with self._parts.desk.writing() as writing:
            entry = pin_destination(
                writing.charter, key, address=noted.url, name=noted.name, pin=b"" if is_plain else noted.pin
            )
            known = writing.charter.destinations.get(noted.id)
            if known is None or known.rivals or (known.name, known.pin) != (noted.name, noted.pin):
                writing.add_charter([entry])
        return self._view(noted)

    def find(self, name: str = "") -> Destination:
        """The server of that name; without one, the only one. Raises UsageError where it is not one."""
        noted = self._all()
        found = [one for one in noted if one.name == name] if name else noted
        if len(found) == 1:
            return found[0]
        names = ", ".join(sorted(one.name for one in noted))
        if name:
            known = f"This device knows: {names}." if names else _SET
            raise UsageError(what=f"There is no destination called {name!r}.", do=known)
        raise UsageError(
            what="Several destinations are known." if names else "No destination is known.",
            do=f"Name one of: {names}." if names else _SET,
        )

    def open(self, destination: Destination) -> EdenClient:
        """A login at a server, to be used with `async with`. A TLS key that a steward pinned counts first."""
        address = ServerAddress(destination.url, destination.user, destination.password, self._pin_of(destination))
        return EdenClient(address, timeout_seconds=self._timeout_seconds)

    async def test(self, name: str = "") -> list[Check]:
        """See whether a server answers, is a Sahana Eden, and lets this device in. Nothing is changed there."""
        destination = self.find(name)
        checks = [await self._check_key(destination)] if destination.url.startswith("https:") else []
        async with self.open(destination) as client:
            try:
                forms = await client.forms()
            except DestinationUnreachable as error:
                return [*checks, _failed("connection", error)]
            except AnswerNotUnderstood as error:
                checks.append(Check("connection", True, f"{destination.url} answers"))
                return [*checks, _failed("Sahana Eden", error)]
            except DeliveryError as error:
                return [*checks, _failed("login", error)]
            checks.append(Check("connection", True, f"{destination.url} answers"))
            checks.append(_check_forms(forms))
            checks.extend(await self._check_login(client, destination, forms))
        return checks

    async def _check_login(
        self, client: EdenClient, destination: Destination, forms: tuple[FormListing, ...]
    ) -> list[Check]:
        try:
            closed = [listing.table for listing in forms if isinstance(await client.form(listing), Refused)]
        except DeliveryError as error:
            return [_failed("login", error)]
        text = f"{destination.user} is let in"
        if closed:
            return [
                Check("login", False, f"{text}, but not to {', '.join(closed)}", "Ask for the right at the server.")
            ]
        return [Check("login", True, text if forms else "not tried: there is no form to ask for", "")]

    async def _check_key(self, destination: Destination) -> Check:
        shown = await read_pin(destination.url, min(self._timeout_seconds, _PIN_SECONDS))
        if shown is None:
            return Check("key", False, "the server shows no TLS key", "Check the address and the network.")
        text = f"the server's key is {format_pin(shown)}"
        pin = self._pin_of(destination)
        if not pin:
            return Check("key", True, f"{text}; none is pinned, authorities decide")
        if shown != pin:
            return Check(
                "key", False, f"{text}, and another is pinned", "Ask whoever runs the server; pin the new one."
            )
        return Check("key", True, f"{text}, as pinned")

    def _pin_of(self, destination: Destination) -> bytes:
        pinned = self._parts.team.charter.destinations.get(destination.id)
        return pinned.pin if pinned is not None and pinned.pin else destination.pin

    def _all(self) -> list[Destination]:
        return self._parts.store.notes.destinations()

    def _view(self, noted: Destination, *, is_set_up: bool = True) -> DestinationView:
        pinned = self._parts.team.charter.destinations.get(noted.id)
        return DestinationView(
            name=noted.name,
            url=noted.url,
            user=noted.user,
            pin=format_pin(noted.pin) if noted.pin else "",
            is_http_allowed=_HTTP_ALLOWED in noted.settings,
            id=format_id("s", noted.id),
            is_pinned=pinned is not None,
            team_pin=format_pin(pinned.pin) if pinned is not None and pinned.pin else "",
            is_disputed=pinned is not None and bool(pinned.rivals),
            is_set_up=is_set_up,
        )


def _check_forms(forms: tuple[FormListing, ...]) -> Check:
    tables = ", ".join(listing.table for listing in forms)
    if forms:
        return Check("Sahana Eden", True, f"{len(forms)} forms: {tables}")
    return Check("Sahana Eden", False, "it offers no forms", "Ask whoever runs the server to set its mobile forms.")


def _failed(name: str, error: DeliveryError) -> Check:
    return Check(name, False, error.what, error.do)
