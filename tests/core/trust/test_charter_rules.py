"""The charter's rules, one by one: who is taken at their word, what a taking strikes, who outranks whom."""

import pytest

from edenmesh.core.ids import MeshId
from edenmesh.core.trust import (
    FOUNDER,
    GATEWAY,
    INTRODUCER,
    STEWARD,
    Admit,
    Certify,
    Charter,
    CharterEntry,
    DraftEntry,
    Leave,
    Revoke,
    Roles,
    certify,
    give_roles,
    leave,
    revoke,
    take_roles,
)
from edenmesh.errors import InvalidInput
from tests.core.trust.team import admission, admit, author, author_key, device, founded, members, union
from tests.oracle.charter_worlds import Act, key, write_unknown


def write(charter: Charter, actor: str, act: Act, *others: str) -> CharterEntry:
    """An entry that may be against the rules; the devices and first authors of the others sign with the actor."""
    assert charter.mesh is not None
    draft = DraftEntry.of(act, device(actor), mesh=charter.mesh, parents=tuple(sorted(charter.heads)))
    keys = {one.public_key: one for name in (actor, *others) for one in (key(name), author_key(name))}
    return draft.signed_by(*(keys[one] for one in draft.signers)).completed()


def stewards(*names: str) -> Charter:
    """A mesh founded by Fatou in which these are introducers and stewards."""
    charter = admit(founded(), "Fatou", *names, introducer=True)
    for name in names:
        charter = charter.extended([give_roles(charter, key("Fatou"), device(name), [STEWARD])])
    return charter


# --- granting


def test_the_founder_starts_with_every_role_and_the_right_to_make_stewards() -> None:
    charter = founded()
    member = charter.members[device("Fatou")]
    assert (member.is_founder, member.is_steward, member.is_introducer, member.is_gateway) == (True,) * 4
    assert all(charter.may(device("Fatou"), right) for right in (FOUNDER, STEWARD, INTRODUCER, GATEWAY))
    assert member.admitted_by is None
    assert charter.standing(author("Fatou")).is_certified


def test_an_admitted_device_belongs_with_its_authors_and_no_role() -> None:
    charter = admit(founded(), "Fatou", "Amina")
    member = charter.members[device("Amina")]
    assert members(charter) == {"Fatou", "Amina"}
    assert member.admitted_by == device("Fatou")
    assert member.authors == (author("Amina"),)
    assert not any((member.is_founder, member.is_steward, member.is_introducer, member.is_gateway))
    assert charter.standing(author("Amina")).is_certified
    assert charter.standing(author("Amina")).cuts is None


def test_an_introducer_admits_and_another_member_does_not() -> None:
    charter = admit(founded(), "Fatou", "Amina", introducer=True)
    charter = admit(charter, "Amina", "Bo")
    admitted = Admit(authors=(author("Chen"),), device=device("Chen"), introducer=False, name="Chen")
    entry = write(charter, "Bo", admitted, "Chen")
    charter = charter.extended([entry])
    assert members(charter) == {"Fatou", "Amina", "Bo"}
    assert entry.id in charter.entries
    assert entry.id not in charter.taken


def test_authors_that_an_entry_without_effect_names_are_quarantined_and_others_refused() -> None:
    charter = admit(founded(), "Fatou", "Bo")
    admitted = Admit(authors=(author("Chen"),), device=device("Chen"), introducer=False, name="Chen")
    charter = charter.extended([write(charter, "Bo", admitted, "Chen")])
    named, unheard = charter.standing(author("Chen")), charter.standing(author("Dara"))
    assert (named.is_named, named.is_certified) == (True, False)
    assert (unheard.is_named, unheard.is_certified) == (False, False)


def test_a_right_that_comes_later_does_not_mend_an_entry_that_had_none() -> None:
    charter = admit(founded(), "Fatou", "Bo")
    admitted = Admit(authors=(author("Chen"),), device=device("Chen"), introducer=False, name="Chen")
    entry = write(charter, "Bo", admitted, "Chen")
    given = give_roles(charter, key("Fatou"), device("Bo"), [INTRODUCER])
    for later in (charter.extended([entry, given]), charter.extended([given]).extended([entry])):
        assert later.may(device("Bo"), INTRODUCER)
        assert entry.id in later.entries
        assert entry.id not in later.taken
        assert not later.is_member(device("Chen"))


def test_stewards_give_roles_but_only_the_founder_makes_stewards() -> None:
    charter = admit(stewards("Sara"), "Fatou", "Bo")
    charter = charter.extended([give_roles(charter, key("Sara"), device("Bo"), [GATEWAY])])
    made = write(charter, "Sara", Roles(device=device("Bo"), give=(STEWARD,)))
    charter = charter.extended([made])
    assert charter.members[device("Bo")].is_gateway
    assert not charter.members[device("Bo")].is_steward
    assert made.id not in charter.taken


def test_a_role_newer_than_this_program_is_carried_without_effect() -> None:
    charter = admit(founded(), "Fatou", "Bo")
    entry = write(charter, "Fatou", Roles(device=device("Bo"), give=(GATEWAY, "weaver")))
    charter = charter.extended([entry])
    assert entry.id in charter.taken
    assert charter.members[device("Bo")].is_gateway


def test_a_member_certifies_a_further_author() -> None:
    charter = admit(founded(), "Fatou", "Amina")
    charter = charter.extended([certify(charter, key("Amina"), author_key("Amina", 1))])
    assert charter.members[device("Amina")].authors == (author("Amina"), author("Amina", 1))
    assert charter.standing(author("Amina", 1)) == charter.standing(author("Amina"))


# --- the set


def test_entries_of_one_who_was_no_member_are_refused_with_all_that_rests_on_them() -> None:
    charter = admit(founded(), "Fatou", "Amina")
    foreign = write(charter, "Mallory", Certify(author=author("Mallory"), device=device("Mallory")))
    above = write(Charter.of([*charter.entries.values()]), "Amina", Leave(device=device("Amina")))
    resting = DraftEntry.of(
        Certify(author=author("Amina", 1), device=device("Amina")),
        device("Amina"),
        mesh=foreign.mesh,
        parents=tuple(sorted((foreign.id, above.id))),
    )
    signed = resting.signed_by(key("Amina"), author_key("Amina", 1)).completed()
    after = charter.extended([foreign, signed])
    assert after.hash == charter.hash
    assert after.refused == {foreign.id, signed.id}
    assert not after.standing(author("Mallory")).is_named


def test_entries_of_another_mesh_are_refused() -> None:
    ours, theirs = founded("Fatou"), admit(founded("Hugo"), "Hugo", "Amina")
    charter = ours.extended(theirs.entries.values())
    assert charter.hash == ours.hash
    assert charter.refused == set(theirs.entries)
    with pytest.raises(InvalidInput):
        Charter.of([*ours.entries.values(), *theirs.entries.values()])


def test_the_mesh_is_named_by_its_found_entry() -> None:
    charter = founded()
    (entry,) = charter.entries.values()
    assert charter.mesh == entry.mesh == MeshId(entry.id)
    assert entry.content.mesh == b""


def test_an_entry_waits_for_its_parents() -> None:
    first = founded()
    second = admit(first, "Fatou", "Amina", introducer=True)
    third = admit(second, "Amina", "Bo")
    entries = list(third.entries.values())
    charter = Charter.of([entries[0], entries[2]])
    assert charter.hash == first.hash
    assert set(charter.waiting) == {entries[2].id}
    assert charter.missing_parents == {entries[1].id}
    assert not charter.is_member(device("Bo"))
    whole = charter.extended([entries[1]])
    assert whole.hash == third.hash
    assert not whole.waiting
    assert members(whole) == {"Fatou", "Amina", "Bo"}


def test_without_a_found_entry_everything_waits() -> None:
    whole = admit(founded(), "Fatou", "Amina")
    _, admitted = whole.entries.values()
    charter = Charter.of([admitted])
    assert charter.mesh is None
    assert not charter.entries
    assert set(charter.waiting) == {admitted.id}
    assert charter.extended(whole.entries.values()).hash == whole.hash
    assert Charter.of([]).mesh is None
    assert set(Charter.of([admitted], MeshId(admitted.mesh)).waiting) == {admitted.id}


def test_an_entry_of_a_newer_kind_is_carried_hashed_and_listed() -> None:
    charter = admit(founded(), "Fatou", "Amina")
    assert charter.mesh is not None
    entry = write_unknown(key("Amina"), charter.mesh, charter.heads)
    stranger = write_unknown(key("Mallory"), charter.mesh, charter.heads)
    after = charter.extended([entry, stranger])
    assert after.unknown == (entry,)
    assert after.hash != charter.hash
    assert after.heads == (entry.id,)
    assert after.refused == {stranger.id}
    assert after.members == charter.members


# --- leaving


def test_who_left_is_no_member_but_what_it_wrote_stays() -> None:
    charter = admit(founded(), "Fatou", "Amina", introducer=True)
    charter = admit(charter, "Amina", "Bo")
    charter = charter.extended([leave(charter, key("Amina"))])
    assert members(charter) == {"Fatou", "Bo"}
    assert charter.members[device("Amina")].has_left
    assert not charter.may(device("Amina"), INTRODUCER)
    assert charter.standing(author("Amina")).is_certified
    assert charter.standing(author("Amina")).cuts is None


def test_who_left_may_be_admitted_again_without_its_former_roles() -> None:
    charter = admit(founded(), "Fatou", "Amina", introducer=True)
    charter = charter.extended([leave(charter, key("Amina"))])
    charter = admit(charter, "Fatou", "Amina")
    assert charter.is_member(device("Amina"))
    assert not charter.members[device("Amina")].has_left
    assert not charter.may(device("Amina"), INTRODUCER)


# --- taking


def test_a_revoked_device_is_out_and_so_is_what_it_did_unseen() -> None:
    before = admit(founded(), "Fatou", "Amina", introducer=True)
    before = admit(before, "Amina", "Bo")
    unseen = admit(before, "Amina", "Chen")
    revoked = before.extended([revoke(before, key("Fatou"), device("Amina"), [])])
    charter = union(revoked, unseen)
    assert members(charter) == {"Fatou", "Bo"}
    assert charter.members[device("Amina")].is_revoked
    assert len(charter.struck) == 1
    assert charter.standing(author("Bo")).is_certified
    assert not charter.standing(author("Chen")).is_certified
    assert charter.standing(author("Chen")).is_named


def test_a_revocation_from_an_earlier_point_strikes_what_came_after_that_point() -> None:
    stolen = admit(founded(), "Fatou", "Amina", introducer=True)
    seen = admit(stolen, "Amina", "Mallory")
    plain = seen.extended([revoke(seen, key("Fatou"), device("Amina"), [])])
    since = seen.extended([revoke(seen, key("Fatou"), device("Amina"), [], point=stolen.heads)])
    assert members(plain) == {"Fatou", "Mallory"}
    assert members(since) == {"Fatou"}


def test_a_point_that_is_not_below_leaves_the_taking_without_effect() -> None:
    charter = admit(founded(), "Fatou", "Amina", "Bo")
    elsewhere = charter.extended([certify(charter, key("Bo"), author_key("Bo", 1))])
    entry = write(charter, "Fatou", Revoke(device=device("Amina"), seals=(), point=elsewhere.heads))
    after = elsewhere.extended([entry])
    assert entry.id in after.entries
    assert entry.id not in after.taken
    assert after.is_member(device("Amina"))


def test_rights_that_rest_on_struck_entries_fall_with_them() -> None:
    before = admit(founded(), "Fatou", "Amina", introducer=True)
    unseen = admit(before, "Amina", "Bo", introducer=True)
    unseen = admit(unseen, "Bo", "Chen", introducer=True)
    unseen = admit(unseen, "Chen", "Dara")
    charter = union(unseen, before.extended([revoke(before, key("Fatou"), device("Amina"), [])]))
    assert members(unseen) == {"Fatou", "Amina", "Bo", "Chen", "Dara"}
    assert members(charter) == {"Fatou"}
    assert len(charter.struck) == 3


def test_what_a_second_admission_supports_does_not_fall() -> None:
    before = admit(founded(), "Fatou", "Amina", "Sara", introducer=True)
    one, other = admit(before, "Amina", "Bo"), admit(before, "Sara", "Bo")
    taken = before.extended([revoke(before, key("Fatou"), device("Amina"), [])])
    charter = union(one, other, taken)
    assert members(charter) == {"Fatou", "Sara", "Bo"}
    assert charter.members[device("Bo")].admitted_by == device("Sara")


def test_a_revoked_key_never_returns() -> None:
    charter = admit(founded(), "Fatou", "Amina")
    again = admission(charter, "Fatou", "Amina")
    charter = charter.extended([revoke(charter, key("Fatou"), device("Amina"), [])])
    later = Admit(authors=(author("Amina"),), device=device("Amina"), introducer=True, name="Amina")
    charter = charter.extended([again, write(charter, "Fatou", later, "Amina")])
    assert members(charter) == {"Fatou"}
    assert charter.is_revoked(device("Amina"))
    assert not charter.may(device("Amina"), INTRODUCER)


def test_a_device_can_be_barred_before_anybody_admits_it() -> None:
    charter = founded()
    charter = charter.extended([revoke(charter, key("Fatou"), device("Mallory"), [])])
    entry = Admit(authors=(author("Mallory"),), device=device("Mallory"), introducer=False, name="Mallory")
    charter = charter.extended([write(charter, "Fatou", entry, "Mallory")])
    assert charter.is_revoked(device("Mallory"))
    assert members(charter) == {"Fatou"}


def test_taking_a_role_strikes_its_unseen_uses_and_no_other() -> None:
    before = admit(founded(), "Fatou", "Amina", introducer=True)
    unseen = admit(before, "Amina", "Bo")
    unseen = unseen.extended([certify(unseen, key("Amina"), author_key("Amina", 1))])
    taken = before.extended([take_roles(before, key("Fatou"), device("Amina"), [INTRODUCER])])
    charter = union(unseen, taken)
    assert members(charter) == {"Fatou", "Amina"}
    assert not charter.may(device("Amina"), INTRODUCER)
    assert charter.standing(author("Amina", 1)).is_certified


def test_a_role_that_was_taken_may_be_given_again() -> None:
    charter = admit(founded(), "Fatou", "Amina", introducer=True)
    charter = charter.extended([take_roles(charter, key("Fatou"), device("Amina"), [INTRODUCER])])
    charter = charter.extended([give_roles(charter, key("Fatou"), device("Amina"), [INTRODUCER])])
    charter = admit(charter, "Amina", "Bo")
    assert members(charter) == {"Fatou", "Amina", "Bo"}


def test_a_role_given_unseen_falls_to_the_taking_beside_it() -> None:
    before = admit(stewards("Sara"), "Fatou", "Amina", introducer=True)
    taken = before.extended([take_roles(before, key("Sara"), device("Amina"), [INTRODUCER])])
    given = before.extended([give_roles(before, key("Fatou"), device("Amina"), [INTRODUCER])])
    assert not union(taken, given).may(device("Amina"), INTRODUCER)


def test_the_one_who_admitted_a_device_may_revoke_it_and_another_introducer_may_not() -> None:
    charter = admit(founded(), "Fatou", "Amina", "Sara", introducer=True)
    charter = admit(charter, "Amina", "Bo")
    assert charter.may_revoke(device("Amina"), device("Bo"))
    assert not charter.may_revoke(device("Sara"), device("Bo"))
    entry = write(charter, "Sara", Revoke(device=device("Bo"), seals=()))
    assert charter.extended([entry]).is_member(device("Bo"))
    assert not charter.extended([revoke(charter, key("Amina"), device("Bo"), [])]).is_member(device("Bo"))


# --- ranks


def test_stewards_who_revoke_each_other_are_both_out() -> None:
    before = stewards("Sara", "Tom")
    charter = union(
        before.extended([revoke(before, key("Sara"), device("Tom"), [])]),
        before.extended([revoke(before, key("Tom"), device("Sara"), [])]),
    )
    assert members(charter) == {"Fatou"}
    assert not charter.struck


def test_the_founder_strikes_what_a_steward_took() -> None:
    before = admit(stewards("Sara"), "Fatou", "Bo")
    theirs = before.extended([revoke(before, key("Sara"), device("Fatou"), [])])
    theirs = theirs.extended([revoke(theirs, key("Sara"), device("Bo"), [])])
    charter = union(theirs, before.extended([revoke(before, key("Fatou"), device("Sara"), [])]))
    assert members(theirs) == {"Sara"}
    assert members(charter) == {"Fatou", "Bo"}
    assert len(charter.struck) == 2


def test_a_steward_strikes_what_an_admitter_took_and_not_the_other_way_round() -> None:
    before = admit(stewards("Sara"), "Fatou", "Amina", introducer=True)
    before = admit(before, "Amina", "Bo")
    lesser = before.extended([revoke(before, key("Amina"), device("Bo"), [])])
    charter = union(lesser, before.extended([revoke(before, key("Sara"), device("Amina"), [])]))
    assert members(charter) == {"Fatou", "Sara", "Bo"}


def test_an_admitter_does_not_strike_what_a_steward_took() -> None:
    before = admit(founded(), "Fatou", "Amina", introducer=True)
    before = admit(before, "Amina", "Sara")
    before = before.extended([give_roles(before, key("Fatou"), device("Sara"), [STEWARD])])
    before = admit(before, "Fatou", "Bo")
    higher = before.extended([revoke(before, key("Sara"), device("Bo"), [])])
    charter = union(higher, before.extended([revoke(before, key("Amina"), device("Sara"), [])]))
    assert members(charter) == {"Fatou", "Amina"}


def test_takings_of_equals_hold_even_where_one_strikes_the_ground_of_the_other() -> None:
    before = admit(stewards("Sara"), "Fatou", "Amina", introducer=True)
    grown = admit(before, "Amina", "Tom")
    grown = grown.extended([give_roles(grown, key("Fatou"), device("Tom"), [STEWARD])])
    tom = grown.extended([revoke(grown, key("Tom"), device("Sara"), [])])
    sara = before.extended([revoke(before, key("Sara"), device("Amina"), [])])
    charter = union(tom, sara)
    assert not charter.is_member(device("Tom"))
    assert charter.is_revoked(device("Amina"))
    assert charter.is_revoked(device("Sara"))


def test_a_struck_revocation_has_no_effect_any_more() -> None:
    before = admit(stewards("Sara"), "Fatou", "Bo")
    theirs = before.extended([revoke(before, key("Sara"), device("Bo"), [])])
    assert not theirs.is_member(device("Bo"))
    taken = theirs.extended([take_roles(theirs, key("Fatou"), device("Sara"), [STEWARD], point=before.heads)])
    assert taken.is_member(device("Bo"))
    assert taken.standing(author("Bo")).cuts is None
