"""A team in a test: devices by name, each writing on the charter that it has heard of."""

from collections.abc import Iterable

from edenmesh.core.ids import AuthorId, DeviceId
from edenmesh.core.trust import Charter, CharterEntry, Frontier, Seal, SigningKey, draft_admit, found
from tests.oracle.charter_worlds import key


def device(name: str) -> DeviceId:
    return DeviceId(key(name).public_key)


def author_key(name: str, turn: int = 0) -> SigningKey:
    return key(f"{name}'s author {turn}")


def author(name: str, turn: int = 0) -> AuthorId:
    return AuthorId(author_key(name, turn).public_key)


def founded(name: str = "Fatou") -> Charter:
    """A mesh of one."""
    return Charter.of([found(name, key(name), author_key(name), b"salt of the mesh")])


def admission(charter: Charter, admitter: str, name: str, *, introducer: bool = False, turn: int = 0) -> CharterEntry:
    """An entry by which one device admits another, signed by all it asks for."""
    draft = draft_admit(
        charter, device(admitter), device(name), name=name, authors=[author(name, turn)], introducer=introducer
    )
    return draft.signed_by(key(admitter), key(name), author_key(name, turn)).completed()


def admit(charter: Charter, admitter: str, *names: str, introducer: bool = False) -> Charter:
    for name in names:
        charter = charter.extended([admission(charter, admitter, name, introducer=introducer)])
    return charter


def union(*charters: Charter) -> Charter:
    """What a device knows that has heard all of these."""
    return Charter.of(entry for charter in charters for entry in charter.entries.values())


def members(charter: Charter) -> set[str]:
    """The names of those who belong now."""
    return {member.name for member in charter.members.values() if charter.is_member(member.device)}


def seal(name: str, ids: Iterable[bytes], turn: int = 0) -> Seal:
    return Seal.sign(author_key(name, turn), Frontier.EMPTY.extended(ids))
