"""A charter that one device floods: its revocation fits everywhere, and what it strikes gives up its place."""

import pytest

from edenmesh.core.limits import CHARTER_ENTRIES_JUDGED_MAX
from edenmesh.core.trust import (
    GATEWAY,
    Certify,
    Charter,
    CharterEntry,
    DraftEntry,
    Founder,
    charter,
    confirm,
    drafting,
    erase,
    give_roles,
    revoke,
    succeed,
)
from edenmesh.errors import LimitExceeded
from tests.core.trust.team import admit, author_key, device, members
from tests.core.trust.test_charter_rules import stewards
from tests.oracle.charter_worlds import key, write_unknown

ROOM = 24


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charters have room for few entries."""
    monkeypatch.setattr(charter, "CHARTER_ENTRIES_MAX", ROOM)
    monkeypatch.setattr(drafting, "_CROWDED", ROOM // 2)


def flooded(size: int, name: str = "flood", *, unknown: int = 2) -> tuple[Charter, list[CharterEntry]]:
    """A team, and entries that one of its members writes in chains of four; each `unknown`th has no effect."""
    before = admit(stewards("Sara"), "Fatou", "Bo", "Mallory", introducer=True)
    assert before.mesh is not None
    flood: list[CharterEntry] = []
    heads: tuple[bytes, ...] = before.heads
    for number in range(size):
        if number % 4 == 0:
            heads = before.heads
        new = key(f"{name} {number}")
        if number % unknown == 1:
            flood.append(write_unknown(key("Mallory"), before.mesh, heads, number))
        else:
            act = Certify(author=new.public_key, device=device("Mallory"))
            draft = DraftEntry.of(act, device("Mallory"), mesh=before.mesh, parents=heads)
            flood.append(draft.signed_by(key("Mallory"), new).completed())
        heads = (flood[-1].id,)
    return before, flood


@pytest.mark.usefixtures("narrow")
def test_a_charter_holds_no_more_than_it_has_room_for() -> None:
    before, flood = flooded(60)
    full = before.extended(flood)
    assert len(full.entries) == ROOM
    assert len(full.left_out) == len(before.entries) + 60 - ROOM
    assert set(before.entries) <= set(full.entries)
    assert all(parent in full.entries for entry in full.entries.values() for parent in entry.parents)
    assert members(full) == members(before)


@pytest.mark.usefixtures("narrow")
def test_in_a_full_charter_a_revocation_fits_and_makes_room() -> None:
    before, flood = flooded(60, unknown=100)
    full = before.extended(flood)
    revoked = full.extended([revoke(full, key("Sara"), device("Mallory"), [], point=before.heads)])
    assert revoked.is_revoked(device("Mallory"))
    assert len(revoked.entries) == ROOM
    grown = admit(revoked, "Bo", "Chen", "Dara", "Emil")
    assert {"Chen", "Dara", "Emil"} <= members(grown)
    assert len(grown.entries) == ROOM


@pytest.mark.usefixtures("narrow")
def test_a_revocation_rests_on_nothing_of_the_flood_that_it_ends() -> None:
    before, flood = flooded(60)
    full = before.extended(flood)
    entry = revoke(full, key("Sara"), device("Mallory"), [], point=before.heads)
    assert entry.parents == before.heads
    elsewhere = before.extended(flooded(60, "another flood")[1])
    assert elsewhere.extended([entry]).is_revoked(device("Mallory"))


@pytest.mark.usefixtures("narrow")
def test_a_revocation_without_a_point_fits_and_spares_what_it_can() -> None:
    before, flood = flooded(60, unknown=100)
    before = admit(before, "Mallory", "Chen")
    before = before.extended([give_roles(before, key("Sara"), device("Chen"), [GATEWAY])])
    full = before.extended(flood)
    revoked = full.extended([revoke(full, key("Sara"), device("Mallory"), [])])
    assert revoked.is_revoked(device("Mallory"))
    assert revoked.is_member(device("Chen"))
    small = before.extended(flood[:2])
    revoked = small.extended([revoke(small, key("Sara"), device("Mallory"), [])])
    assert revoked.is_revoked(device("Mallory"))
    assert not revoked.struck


@pytest.mark.usefixtures("narrow")
def test_devices_that_were_flooded_differently_agree_after_the_revocation() -> None:
    before, flood = flooded(60)
    one = before.extended(flood)
    other = before.extended(flooded(60, "another flood")[1])
    assert one.hash != other.hash
    entry = revoke(one, key("Sara"), device("Mallory"), [], point=before.heads)
    one = one.extended([entry])
    one, other = one.extended(other.entries.values()), other.extended(one.entries.values())
    assert one.hash == other.hash
    assert one.is_revoked(device("Mallory"))


@pytest.mark.usefixtures("narrow")
def test_what_stewards_do_has_room_before_what_others_do() -> None:
    before, flood = flooded(60)
    full = before.extended(flood)
    for number in range(4):
        full = full.extended([erase(full, key("Sara"), names=[bytes([number]) * 32])])
    full = full.extended([confirm(full, key("Fatou"), full.erasures[0].entry)])
    assert [one.is_confirmed for one in full.erasures] == [True, False, False, False]
    assert len(full.entries) == ROOM


@pytest.mark.usefixtures("narrow")
def test_a_new_mesh_founded_below_a_flood_leaves_it_behind() -> None:
    before, flood = flooded(60)
    full = before.extended(flood)
    founder = Founder("Sara", key("Sara"), author_key("Sara", 1))
    entry = succeed(full, device("Sara"), founder, b"salt of the next", heads=before.heads).completed()
    new = Charter.of([*full.entries.values(), entry], entry.mesh)
    assert set(new.entries) == {*before.entries, entry.id}
    assert members(new) == members(before)


def test_more_entries_than_anybody_sends_at_once_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    before, flood = flooded(60)
    monkeypatch.setattr(charter, "CHARTER_ENTRIES_JUDGED_MAX", 50)
    with pytest.raises(LimitExceeded):
        before.extended(flood)
    assert CHARTER_ENTRIES_JUDGED_MAX > 100_000
