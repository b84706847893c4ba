"""Who the charter's members are and what it says of each author, read off the meaning of its entries."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from edenmesh.core.ids import AuthorId, DeviceId
from edenmesh.core.trust.acts import Admit, Certify, Cut, Found, Revoke
from edenmesh.core.trust.entry import CharterEntry
from edenmesh.core.trust.meaning import Meaning
from edenmesh.core.trust.rights import Right
from edenmesh.core.trust.stewarding import Accept


class Member(NamedTuple):
    """A device whose admission stands, be it revoked or gone since. Roles are those it has now.

    `authors` are those certified as its own, in order; `admitted_by` is None for who founded a mesh.
    """

    device: DeviceId
    name: str
    authors: tuple[AuthorId, ...]
    admitted_by: DeviceId | None
    is_founder: bool
    is_steward: bool
    is_introducer: bool
    is_gateway: bool
    is_revoked: bool
    has_left: bool


class AuthorStanding(NamedTuple):
    """What the charter says of an author.

    `device` is whose author it is, None where no entry says so. Versions of an author that is named but not certified
    are quarantined. `cuts` is None where all it sealed is accepted; else it has one item for each revocation, the heads
    that one accepts, and what lies under a head of each of them is accepted. `accepts` are heads under which all counts
    by a steward's word, whoever the author is. Versions of authors that are not named at all are refused.
    """

    is_certified: bool
    device: DeviceId | None
    cuts: tuple[tuple[Cut, ...], ...] | None
    accepts: tuple[Cut, ...] = ()

    @property
    def is_named(self) -> bool:
        """Whether an entry names it, so that its versions are kept, in quarantine at least."""
        return self.device is not None or bool(self.accepts)

    def accepted(self, size: int, root_at: Callable[[int], bytes]) -> int:
        """How many of the first versions of a sealed log count by the charter.

        The log has `size` versions; `root_at` tells its tree head over the first n of them.
        """

        def furthest(heads: tuple[Cut, ...]) -> int:
            return max((cut.size for cut in heads if cut.size <= size and root_at(cut.size) == cut.root), default=0)

        by_charter = min((size, *map(furthest, self.cuts or ()))) if self.is_certified else 0
        return max(by_charter, furthest(self.accepts))


UNNAMED: Final = AuthorStanding(is_certified=False, device=None, cuts=None)


def members_of(entries: Sequence[CharterEntry], meaning: Meaning) -> dict[DeviceId, Member]:
    """The members, in order of admission; of several admissions of one device the last describes it."""
    admissions: dict[bytes, tuple[str, DeviceId | None]] = {}
    authors: dict[bytes, dict[AuthorId, None]] = defaultdict(dict)
    for entry, is_in_force in zip(entries, meaning.in_force, strict=True):
        if not is_in_force:
            continue
        match entry.act:
            case Found(device=device, name=name):
                admissions[device] = name, None
            case Admit(device=device, name=name):
                admissions[device] = name, DeviceId(entry.actor)
            case _:
                pass
        for device, author in _named_by(entry):
            authors[device][author] = None
    members = {}
    for device, (name, admitted_by) in admissions.items():
        rights, is_revoked = meaning.rights(device), meaning.is_revoked(device)
        members[DeviceId(device)] = Member(
            device=DeviceId(device),
            name=name,
            authors=tuple(authors[device]),
            admitted_by=admitted_by,
            is_founder=device == meaning.founder,
            is_steward=Right.STEWARD in rights,
            is_introducer=Right.INTRODUCER in rights,
            is_gateway=Right.GATEWAY in rights,
            is_revoked=is_revoked,
            has_left=not is_revoked and not rights,
        )
    return members


def standings_of(entries: Sequence[CharterEntry], meaning: Meaning) -> dict[AuthorId, AuthorStanding]:
    """What the charter says of every author that an entry names."""
    owners: dict[AuthorId, dict[bytes, bool]] = defaultdict(dict)
    revocations: dict[bytes, list[Revoke]] = defaultdict(list)
    accepts: dict[AuthorId, set[Cut]] = defaultdict(set)
    for entry, is_kept, is_in_force in zip(entries, meaning.kept, meaning.in_force, strict=True):
        for device, author in _named_by(entry) if is_kept else ():
            owners[author][device] = owners[author].get(device, False) or is_in_force
        if is_in_force and isinstance(entry.act, Revoke):
            revocations[entry.act.device].append(entry.act)
        if is_in_force and isinstance(entry.act, Accept):
            accepts[AuthorId(entry.act.author)].add(Cut(entry.act.size, entry.act.root))
    standings = {author: UNNAMED._replace(accepts=tuple(sorted(heads))) for author, heads in accepts.items()}
    for author, devices in owners.items():
        certifying = [device for device, is_certified in devices.items() if is_certified]
        # Whoever ever showed the author's key cuts it when revoked: a revoked key does not return by another device.
        cuts = [_heads_of(author, act) for device in devices for act in revocations.get(device, ())]
        device = DeviceId((certifying or list(devices))[0])
        accepted = standings.get(author, UNNAMED).accepts
        standings[author] = AuthorStanding(bool(certifying), device, tuple(cuts) or None, accepted)
    return standings


def _heads_of(author: AuthorId, act: Revoke) -> tuple[Cut, ...]:
    return tuple(Cut(seal.size, seal.root) for seal in act.seals if seal.author == author)


def _named_by(entry: CharterEntry) -> list[tuple[bytes, AuthorId]]:
    """The device and authors that an entry names as belonging together."""
    match entry.act:
        case Found(device=device, author=author) | Certify(device=device, author=author):
            return [(device, AuthorId(author))]
        case Admit(device=device, authors=authors):
            return [(device, AuthorId(author)) for author in authors]
        case _:
            return []
