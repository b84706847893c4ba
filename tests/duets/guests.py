"""Devices of two teams that meet as guests, and forms for what they share."""

from edenmesh.core.ids import FormHash
from edenmesh.core.records import Form, Table
from edenmesh.core.session import GuestMet, Sharing
from edenmesh.core.trust import accept
from tests.duets.duet import Duet, End
from tests.duets.team import TABLE, Device, team

SECRET = "pr_person"

Shared = frozenset[str] | None


class Guests(Duet):
    """Two sessions of guests. What each shares may change while they meet: None is everything."""

    def __init__(self, left: Device, right: Device, *, shares: Shared = None, theirs: Shared = frozenset()) -> None:
        self.shares = [shares, theirs]
        sharing = (Sharing(left.store, lambda: self.shares[0]), Sharing(right.store, lambda: self.shares[1]))
        super().__init__(left, right, sharing=sharing)


def two_teams() -> tuple[Device, Device]:
    """Ana of one team and Cleo of another, each with a member beside her, with records of two tables."""
    ana, ben = team("Ana", "Ben")
    cleo, _ = team("Cleo", "Dan")
    for device in (ana, ben):
        device.write(3)
        device.write(2, table=SECRET, name="Nobody's business")
        device.write(1)
        device.write(2, table=SECRET, name="Nor this")
    Duet(ana, ben).roundtrip()
    return ana, cleo


def share(left: Device, right: Device, *, shares: Shared = None, theirs: Shared = frozenset()) -> Guests:
    """A whole session between guests, up to where both have come to rest."""
    duet = Guests(left, right, shares=shares, theirs=theirs)
    duet.roundtrip()
    return duet


def met(end: End) -> GuestMet:
    """How things stand at an end."""
    told = end.told(GuestMet)
    assert told, f"the session never came to rest: {end.ended}"
    return told[-1]


def accept_all(steward: Device) -> int:
    """The steward lets all that lies in the pen count. Returns how many authors that were."""
    entries = []
    for author, lying in steward.store.pen.items():
        last = lying[max(lying)].seal
        entries.append(accept(steward.store.charter(), steward.key, author, size=last.size, root=last.root))
    steward.store.add_charter(entries)
    return len(entries)


def add_form(device: Device, table: str) -> FormHash:
    """Give a device a form of a table."""
    return device.store.add_form(Form(format=1, name=table, table=Table(name=table)).encode())


def tables(device: Device) -> dict[str, int]:
    """How many versions of each table a device holds."""
    counts: dict[str, int] = {}
    for version in device.store.versions().values():
        counts[version.table] = counts.get(version.table, 0) + 1
    return counts


__all__ = ["SECRET", "TABLE", "Guests", "accept_all", "add_form", "met", "share", "tables", "two_teams"]
