"""A mesh in the place of another, and two that become one: what is kept, what is left behind, who may."""

import pytest

from edenmesh.core.trust import (
    FOUNDER,
    INTRODUCER,
    STEWARD,
    Charter,
    CharterEntry,
    DraftEntry,
    Found,
    Founder,
    Leave,
    erase,
    following,
    give_roles,
    leave,
    revoke,
    succeed,
    take_roles,
    unite,
)
from edenmesh.errors import InvalidInput, NotPermitted
from tests.core.trust.team import admit, author, author_key, device, founded, members, seal, union
from tests.core.trust.test_charter_rules import stewards
from tests.oracle.charter_worlds import key

SALT = b"salt of the next"


def founder(name: str) -> Founder:
    return Founder(name, key(name), author_key(name, 1))


def after(entry: CharterEntry, *charters: Charter) -> Charter:
    """The mesh that this entry founds, given all that these charters hold."""
    entries = [one for charter in charters for one in charter.entries.values()]
    return Charter.of([*entries, CharterEntry.decode(entry.encode())], entry.mesh)


def succeeded(charter: Charter, steward: str, name: str) -> Charter:
    draft = succeed(charter, device(steward), founder(name), SALT)
    return after(draft.signed_by(key(steward)).completed(), charter)


def united(ours: Charter, theirs: Charter, steward: str, other: str, name: str) -> Charter:
    draft = unite(ours, theirs, (device(steward), device(other)), founder(name), SALT)
    return after(draft.signed_by(*(key(one) for one in {steward, other, name})).completed(), ours, theirs)


def hugos_team() -> Charter:
    return admit(founded("Hugo"), "Hugo", "Ines", "Jo", introducer=True)


# --- succession


def test_a_successor_takes_the_founders_place_and_all_else_stays() -> None:
    old = admit(stewards("Sara"), "Fatou", "Amina", "Bo")
    old = old.extended([revoke(old, key("Sara"), device("Bo"), [seal("Bo", [b"v" * 32])])])
    new = succeeded(old, "Sara", "Amina")
    assert new.mesh != old.mesh
    assert new.meshes == (old.mesh, new.mesh)
    assert members(new) == members(old)
    assert new.members[device("Amina")].is_founder
    assert new.may(device("Amina"), FOUNDER)
    assert not new.members[device("Fatou")].is_founder
    assert not new.may(device("Fatou"), FOUNDER)
    assert new.may(device("Fatou"), STEWARD)
    assert new.may(device("Sara"), STEWARD)
    assert new.standing(author("Bo")) == old.standing(author("Bo"))
    assert new.salts == (*old.salts, SALT)
    assert set(old.entries) < set(new.entries)


def test_who_founded_the_old_mesh_makes_no_stewards_in_the_new_one() -> None:
    new = succeeded(stewards("Sara", "Tom"), "Sara", "Amina")
    with pytest.raises(NotPermitted):
        take_roles(new, key("Fatou"), device("Tom"), [STEWARD])
    assert not new.extended([take_roles(new, key("Amina"), device("Fatou"), [STEWARD])]).may(device("Fatou"), STEWARD)


def test_the_new_founder_strikes_what_the_old_one_took() -> None:
    before = admit(stewards("Sara"), "Fatou", "Bo")
    stolen = before.extended([revoke(before, key("Fatou"), device("Bo"), [])])
    new = succeeded(stolen, "Sara", "Amina")
    by_steward = new.extended([revoke(new, key("Sara"), device("Fatou"), [], point=before.heads)])
    by_founder = new.extended([revoke(new, key("Amina"), device("Fatou"), [], point=before.heads)])
    assert not by_steward.is_member(device("Bo"))
    assert by_founder.is_member(device("Bo"))
    assert not by_founder.is_member(device("Fatou"))


def test_what_the_old_team_does_beside_the_founding_is_its_own() -> None:
    old = stewards("Sara", "Tom")
    new = succeeded(old, "Sara", "Amina")
    thief = old.extended([revoke(old, key("Fatou"), device("Sara"), [])])
    late = admit(thief, "Fatou", "Mallory")
    charter = after(new.entries[next(reversed(new.entries))], late)
    assert charter.hash == new.hash
    assert charter.is_member(device("Sara"))
    assert charter.refused == set(late.entries) - set(old.entries)
    assert not charter.standing(author("Mallory")).is_named


def test_entries_of_a_mesh_rest_on_that_mesh_only() -> None:
    old = stewards("Sara")
    new = succeeded(old, "Sara", "Amina")
    late = admit(old, "Fatou", "Bo")
    assert new.mesh is not None
    act = Leave(device=device("Sara"))
    across, inside = (
        DraftEntry.of(act, device("Sara"), mesh=new.mesh, parents=tuple(sorted(heads))).signed_by(key("Sara"))
        for heads in ((*late.heads, *new.heads), new.heads)
    )
    charter = Charter.of(
        [*late.entries.values(), *new.entries.values(), across.completed(), inside.completed()], new.mesh
    )
    assert charter.refused == {across.id, *late.heads}
    assert charter.heads == (inside.id,)


def test_a_succession_from_an_earlier_point_leaves_behind_what_came_since() -> None:
    before = stewards("Sara")
    stolen = before.extended([revoke(before, key("Fatou"), device("Sara"), [])])
    with pytest.raises(NotPermitted):
        succeed(stolen, device("Sara"), founder("Amina"), SALT)
    draft = succeed(stolen, device("Sara"), founder("Amina"), SALT, heads=before.heads)
    new = after(draft.signed_by(key("Sara")).completed(), stolen)
    assert new.is_member(device("Sara"))
    assert set(new.entries) == {*before.entries, draft.id}


def test_a_mesh_that_no_steward_signed_for_is_none() -> None:
    old = admit(stewards("Sara"), "Fatou", "Bo", introducer=True)
    for charter in (old, Charter.of([])):
        with pytest.raises(NotPermitted):
            succeed(charter, device("Bo"), founder("Bo"), SALT)
    # Bo was a steward once, and signs for the team as it is now.
    was = old.extended([give_roles(old, key("Fatou"), device("Bo"), [STEWARD])])
    now = was.extended([take_roles(was, key("Fatou"), device("Bo"), [STEWARD])])
    act = Found(author=author("Bo"), device=device("Bo"), name="Bo", salt=SALT, stewards=(device("Bo"),))
    for charter, is_founded in ((was, True), (now, False)):
        draft = DraftEntry.of(act, device("Bo"), mesh=b"", parents=charter.heads)
        entry = draft.signed_by(key("Bo"), author_key("Bo")).completed()
        new = after(entry, charter)
        assert (entry.id in new.entries) == is_founded
        assert bool(new.members) == is_founded
        assert (new.refused == set(charter.entries) | {entry.id}) != is_founded


def test_a_revoked_device_founds_no_successor() -> None:
    old = admit(stewards("Sara"), "Fatou", "Bo")
    old = old.extended([revoke(old, key("Sara"), device("Bo"), [])])
    with pytest.raises(NotPermitted):
        succeed(old, device("Sara"), founder("Bo"), SALT)
    act = Found(author=author("Bo"), device=device("Bo"), name="Bo", salt=SALT, stewards=(device("Sara"),))
    draft = DraftEntry.of(act, device("Bo"), mesh=b"", parents=old.heads)
    entry = draft.signed_by(key("Bo"), author_key("Bo"), key("Sara")).completed()
    assert not after(entry, old).entries


def test_without_its_past_a_mesh_that_continues_another_waits() -> None:
    old = stewards("Sara")
    new = succeeded(old, "Sara", "Amina")
    entries = list(new.entries.values())
    charter = Charter.of(entries[1:], new.mesh)
    assert not charter.entries
    assert charter.missing_parents == {entries[0].id}
    assert charter.extended(entries[:1]).hash == new.hash


# --- union


def test_two_teams_become_one() -> None:
    ours, theirs = admit(stewards("Sara"), "Fatou", "Bo"), hugos_team()
    new = united(ours, theirs, "Sara", "Hugo", "Sara")
    assert members(new) == members(ours) | members(theirs)
    assert set(new.meshes) == {ours.mesh, theirs.mesh, new.mesh}
    assert new.may(device("Sara"), FOUNDER)
    assert new.may(device("Hugo"), STEWARD)
    assert new.may(device("Ines"), INTRODUCER)
    assert members(admit(new, "Ines", "Kim")) == {*members(new), "Kim"}
    assert new.standing(author("Bo")).is_certified
    assert len(new.salts) == 3


def test_a_union_is_the_same_whoever_counts_as_ours() -> None:
    ours, theirs = stewards("Sara"), hugos_team()
    one = unite(ours, theirs, (device("Sara"), device("Hugo")), founder("Sara"), SALT)
    other = unite(theirs, ours, (device("Hugo"), device("Sara")), founder("Sara"), SALT)
    assert one.id == other.id


def test_a_union_needs_a_steward_of_each() -> None:
    ours, theirs = stewards("Sara"), hugos_team()
    with pytest.raises(NotPermitted):
        unite(ours, theirs, (device("Sara"), device("Ines")), founder("Sara"), SALT)
    with pytest.raises(NotPermitted):
        unite(ours, theirs, (device("Hugo"), device("Sara")), founder("Sara"), SALT)
    with pytest.raises(InvalidInput):
        unite(ours, ours, (device("Sara"), device("Fatou")), founder("Sara"), SALT)


def test_who_one_team_revoked_is_revoked_in_both_but_what_it_did_in_the_other_stays() -> None:
    ours = admit(stewards("Sara"), "Fatou", "Ines")
    ours = ours.extended([revoke(ours, key("Sara"), device("Ines"), [seal("Ines", [b"v" * 32])])])
    theirs = admit(hugos_team(), "Ines", "Kim")
    new = united(ours, theirs, "Sara", "Hugo", "Hugo")
    assert new.is_revoked(device("Ines"))
    assert new.is_member(device("Kim"))
    assert not new.struck
    assert new.standing(author("Ines")).cuts == ours.standing(author("Ines")).cuts


def test_a_role_and_a_leave_are_of_the_team_where_they_were() -> None:
    ours = admit(stewards("Sara"), "Fatou", "Ines", "Jo", introducer=True)
    ours = ours.extended([leave(ours, key("Ines"))])
    ours = ours.extended([take_roles(ours, key("Sara"), device("Jo"), [INTRODUCER])])
    new = united(ours, hugos_team(), "Sara", "Hugo", "Hugo")
    assert new.is_member(device("Ines"))
    assert new.may(device("Ines"), INTRODUCER)
    assert new.may(device("Jo"), INTRODUCER)
    gone = new.extended([leave(new, key("Ines"))])
    assert not gone.is_member(device("Ines"))
    taken = new.extended([take_roles(new, key("Sara"), device("Jo"), [INTRODUCER])])
    assert not taken.may(device("Jo"), INTRODUCER)


def test_erasures_of_both_teams_hold_under_the_salt_they_were_made_with() -> None:
    ours, theirs = stewards("Sara"), hugos_team()
    ours = ours.extended([erase(ours, key("Sara"), names=[b"a" * 32])])
    new = united(ours, theirs, "Sara", "Hugo", "Sara")
    new = new.extended([erase(new, key("Hugo"), names=[b"b" * 32])])
    assert [one.salt for one in new.erasures] == [ours.salt, SALT]


def test_what_was_left_behind_is_brought_by_uniting_once_more() -> None:
    old = stewards("Sara", "Tom")
    new = succeeded(old, "Sara", "Amina")
    late = old.extended([revoke(old, key("Tom"), device("Fatou"), [])])
    late = admit(late, "Sara", "Bo")
    both = united(new, late, "Sara", "Tom", "Amina")
    assert not both.is_member(device("Fatou"))
    assert both.is_member(device("Bo"))
    assert set(both.meshes) == {old.mesh, new.mesh, both.mesh}


def test_two_successors_of_one_team_become_one() -> None:
    old = stewards("Sara", "Tom")
    one = admit(succeeded(old, "Sara", "Amina"), "Sara", "Bo")
    other = admit(succeeded(old, "Tom", "Chen"), "Tom", "Dara")
    new = united(one, other, "Sara", "Tom", "Amina")
    assert members(new) == members(one) | members(other)
    assert not new.may(device("Chen"), FOUNDER)
    assert union(one).mesh == one.mesh


# --- following


def test_before_following_it_is_told_what_is_left_behind() -> None:
    old = admit(stewards("Sara"), "Fatou", "Bo")
    new = succeeded(old, "Sara", "Amina")
    late = old.extended([revoke(old, key("Fatou"), device("Bo"), [])])
    late = admit(late, "Fatou", "Chen")
    told = following(late, new, device("Sara"))
    assert told is not None
    assert told.is_lawful
    assert told.is_member
    assert {entry.kind for entry in told.left_behind} == {"revoke", "admit"}
    assert told.returned == (device("Bo"),)
    assert told.lost == (device("Chen"),)
    assert following(new, old, device("Sara")) is None
    assert following(old, hugos_team(), device("Sara")) is None


def test_a_steward_that_was_revoked_meanwhile_does_not_lead_a_team_away() -> None:
    old = stewards("Sara")
    new = succeeded(old, "Sara", "Amina")
    heard = old.extended([revoke(old, key("Fatou"), device("Sara"), [])])
    told = following(heard, new, device("Fatou"))
    assert told is not None
    assert not told.is_lawful
    assert told.returned == (device("Sara"),)
