"""What stewards decide, one by one: whose versions count, which server, which form, what is erased; and gateways."""

from collections.abc import Callable

import pytest

from edenmesh.core.ids import AuthorId, DestinationId, EntryId, FormHash
from edenmesh.core.trust import (
    GATEWAY,
    STEWARD,
    Charter,
    CharterEntry,
    Confirm,
    Cut,
    Frontier,
    accept,
    certify,
    choose_form,
    confirm,
    destination_id,
    erase,
    erase_stub,
    give_roles,
    leave,
    pin_destination,
    revoke,
    take_roles,
)
from edenmesh.errors import InvalidInput, NotPermitted
from tests.core.trust.team import admit, author, author_key, device, seal, union
from tests.core.trust.test_charter_rules import stewards, write
from tests.oracle.charter_worlds import key

IDS = [bytes([number]) * 32 for number in range(20)]
FORK = [*IDS[:5], *(bytes([100 + number]) * 32 for number in range(15))]
URL = "https://eden.example.org/eden"
PIN, OTHER_PIN = b"p" * 32, b"q" * 32


def roots(ids: list[bytes]) -> Callable[[int], bytes]:
    return lambda size: Frontier.EMPTY.extended(ids[:size]).root()


def accepted(charter: Charter, signer: str, name: AuthorId, ids: list[bytes]) -> Charter:
    entry = accept(charter, key(signer), name, size=len(ids), root=roots(ids)(len(ids)))
    return charter.extended([CharterEntry.decode(entry.encode())])


# --- accept


def test_a_guest_that_no_entry_names_counts_up_to_what_a_steward_accepts() -> None:
    charter = accepted(stewards("Sara"), "Sara", author("Guest"), IDS[:8])
    standing = charter.standing(author("Guest"))
    assert (standing.is_named, standing.is_certified, standing.device) == (True, False, None)
    assert standing.accepts == (Cut(8, roots(IDS)(8)),)
    assert standing.accepted(20, roots(IDS)) == 8
    assert standing.accepted(7, roots(IDS)) == 0
    assert standing.accepted(20, roots(FORK)) == 0


def test_of_several_accepts_the_furthest_on_that_branch_holds() -> None:
    charter = accepted(stewards("Sara"), "Sara", author("Guest"), IDS[:4])
    charter = accepted(charter, "Fatou", author("Guest"), IDS[:9])
    charter = accepted(charter, "Fatou", author("Guest"), FORK[:15])
    standing = charter.standing(author("Guest"))
    assert standing.accepted(20, roots(IDS)) == 9
    assert standing.accepted(8, roots(IDS)) == 4
    assert standing.accepted(20, roots(FORK)) == 15


def test_what_a_revocation_cut_counts_after_a_steward_reviewed_it() -> None:
    charter = admit(stewards("Sara"), "Fatou", "Amina")
    charter = charter.extended([revoke(charter, key("Sara"), device("Amina"), [seal("Amina", IDS[:3])])])
    assert charter.standing(author("Amina")).accepted(20, roots(IDS)) == 3
    charter = accepted(charter, "Sara", author("Amina"), IDS[:8])
    assert charter.standing(author("Amina")).accepted(20, roots(IDS)) == 8


def test_accepting_less_than_counts_anyway_takes_nothing_away() -> None:
    charter = accepted(admit(stewards("Sara"), "Fatou", "Amina"), "Sara", author("Amina"), IDS[:3])
    assert charter.standing(author("Amina")).accepted(20, roots(IDS)) == 20


def test_an_accept_of_a_steward_who_was_none_any_more_has_no_effect() -> None:
    before = stewards("Sara")
    unseen = accepted(before, "Sara", author("Guest"), IDS[:8])
    taken = before.extended([take_roles(before, key("Fatou"), device("Sara"), [STEWARD])])
    charter = union(unseen, taken)
    assert not charter.standing(author("Guest")).is_named
    assert len(charter.struck) == 1


# --- destinations and forms


def test_the_last_word_on_a_destination_stands() -> None:
    charter = stewards("Sara")
    charter = charter.extended([pin_destination(charter, key("Sara"), address=URL, name="HQ", pin=PIN)])
    charter = charter.extended([pin_destination(charter, key("Fatou"), address=URL, name="HQ", pin=OTHER_PIN)])
    (pinned,) = charter.destinations.values()
    assert pinned.destination == DestinationId(destination_id(URL))
    assert (pinned.address, pinned.name, pinned.pin, pinned.rivals) == (URL, "HQ", OTHER_PIN, ())


def test_words_on_a_destination_that_had_not_heard_of_each_other_are_all_shown() -> None:
    before = stewards("Sara")
    one = before.extended([pin_destination(before, key("Sara"), address=URL, name="HQ", pin=PIN)])
    other = before.extended([pin_destination(before, key("Fatou"), address=URL, name="HQ", pin=OTHER_PIN)])
    charter = union(one, other)
    (pinned,) = charter.destinations.values()
    assert {pinned.pin, *(rival.pin for rival in pinned.rivals)} == {PIN, OTHER_PIN}
    assert pinned.entry == max(*one.heads, *other.heads)
    agreed = charter.extended([pin_destination(charter, key("Sara"), address=URL, name="HQ", pin=PIN)])
    assert [(one.pin, one.rivals) for one in agreed.destinations.values()] == [(PIN, ())]


def test_the_pin_of_plain_http_says_so() -> None:
    charter = stewards("Sara")
    charter = charter.extended([pin_destination(charter, key("Sara"), address="http://10.0.0.2", name="x", pin=b"")])
    assert [one.pin for one in charter.destinations.values()] == [b""]
    with pytest.raises(InvalidInput):
        pin_destination(charter, key("Sara"), address=URL, name="x", pin=b"")


def test_the_current_form_of_a_table_is_the_last_one_chosen() -> None:
    charter = stewards("Sara")
    for signer, form in (("Sara", b"a"), ("Fatou", b"c"), ("Sara", b"b")):
        charter = charter.extended([choose_form(charter, key(signer), "pr_person", FormHash(form * 32))])
    charter = charter.extended([choose_form(charter, key("Sara"), "org_office", FormHash(b"d" * 32))])
    assert charter.current_forms == {"pr_person": b"b" * 32, "org_office": b"d" * 32}


# --- erase


def erased(charter: Charter, signer: str, name: bytes = b"r" * 32) -> tuple[Charter, EntryId]:
    entry = erase(charter, key(signer), names=[erase_stub(charter.salt, "name", name)])
    return charter.extended([entry]), entry.id


def test_an_erasure_is_confirmed_by_a_second_steward() -> None:
    charter, entry = erased(stewards("Sara"), "Sara")
    (before,) = charter.erasures
    assert (before.entry, before.by, before.is_confirmed) == (entry, device("Sara"), False)
    assert before.names == {erase_stub(b"salt of the mesh", "name", b"r" * 32)}
    charter = charter.extended([confirm(charter, key("Fatou"), entry)])
    assert charter.erasures == (before._replace(is_confirmed=True),)


def test_a_steward_does_not_confirm_its_own_erasure_nor_what_is_none() -> None:
    charter, entry = erased(admit(stewards("Sara"), "Fatou", "Bo"), "Sara")
    (admitted,) = (one for one, what in charter.entries.items() if what.body.get("name") == "Bo")
    for signer, named in (("Sara", entry), ("Fatou", EntryId(b"x" * 32)), ("Fatou", admitted), ("Bo", entry)):
        with pytest.raises(NotPermitted):
            confirm(charter, key(signer), named)
        forged = write(charter, signer, Confirm(entry=named))
        after = charter.extended([forged])
        assert forged.id in after.entries
        assert forged.id not in after.taken
        assert not after.erasures[0].is_confirmed


def test_a_confirmation_that_had_not_heard_of_the_erasure_has_no_effect() -> None:
    before = stewards("Sara")
    charter, entry = erased(before, "Sara")
    charter = charter.extended([write(before, "Fatou", Confirm(entry=entry))])
    assert not charter.erasures[0].is_confirmed


def test_an_erasure_that_is_struck_is_undone() -> None:
    before = stewards("Sara")
    charter, _ = erased(before, "Sara")
    charter = charter.extended([take_roles(charter, key("Fatou"), device("Sara"), [STEWARD], point=before.heads)])
    assert charter.erasures == ()


def test_a_confirmation_that_is_struck_confirms_nothing() -> None:
    before, entry = erased(stewards("Sara"), "Fatou")
    charter = before.extended([confirm(before, key("Sara"), entry)])
    charter = charter.extended([revoke(charter, key("Fatou"), device("Sara"), [], point=before.heads)])
    assert [one.is_confirmed for one in charter.erasures] == [False]


def test_stubs_differ_by_salt_and_by_what_they_stand_for() -> None:
    value = b"v" * 32
    stubs = {erase_stub(salt, kind, value) for salt in (b"a" * 16, b"b" * 16) for kind in ("name", "first")}
    assert len(stubs) == 4
    assert {len(stub) for stub in stubs} == {32}


# --- who may


DECISIONS: list[Callable[[Charter, str], CharterEntry]] = [
    lambda charter, name: accept(charter, key(name), author("Guest"), size=1, root=b"r" * 32),
    lambda charter, name: pin_destination(charter, key(name), address=URL, name="HQ", pin=PIN),
    lambda charter, name: choose_form(charter, key(name), "pr_person", FormHash(b"f" * 32)),
    lambda charter, name: erase(charter, key(name), names=[b"n" * 32], spares=[b"s" * 32]),
    lambda charter, name: confirm(charter, key(name), charter.erasures[0].entry),
]


@pytest.mark.parametrize("decide", DECISIONS)
def test_stewards_decide_and_nobody_else(decide: Callable[[Charter, str], CharterEntry]) -> None:
    charter, _ = erased(admit(stewards("Sara"), "Fatou", "Bo", introducer=True), "Fatou")
    with pytest.raises(NotPermitted):
        decide(charter, "Bo")
    entry = decide(charter, "Sara")
    assert entry.id in charter.extended([CharterEntry.decode(entry.encode())]).taken
    assert entry.act is not None
    by_a_member = write(charter, "Bo", entry.act)
    after = charter.extended([by_a_member])
    assert by_a_member.id in after.entries
    assert by_a_member.id not in after.taken


# --- gateways


def gateway() -> Charter:
    charter = admit(stewards("Sara"), "Fatou", "Gita", "Bo")
    return charter.extended([give_roles(charter, key("Sara"), device("Gita"), [GATEWAY])])


def test_a_gateway_is_one_by_role() -> None:
    charter = gateway()
    assert charter.is_gateway(author("Gita"))
    assert charter.is_gateway(author("Fatou"))
    assert not charter.is_gateway(author("Bo"))
    assert not charter.is_gateway(author("Unheard"))


def test_what_a_gateway_saw_before_it_was_revoked_or_left_may_be_a_receipt() -> None:
    for end in (
        revoke(gateway(), key("Sara"), device("Gita"), [seal("Gita", IDS[:3])]),
        leave(gateway(), key("Gita")),
    ):
        charter = gateway().extended([end])
        assert not charter.is_member(device("Gita"))
        assert charter.is_gateway(author("Gita"))


def test_a_gateway_whose_role_was_taken_is_none_even_if_it_was_revoked_after() -> None:
    charter = gateway()
    charter = charter.extended([take_roles(charter, key("Sara"), device("Gita"), [GATEWAY])])
    assert not charter.is_gateway(author("Gita"))
    charter = charter.extended([revoke(charter, key("Sara"), device("Gita"), [])])
    assert not charter.is_gateway(author("Gita"))
    again = gateway()
    again = again.extended([take_roles(again, key("Sara"), device("Gita"), [GATEWAY])])
    again = again.extended([give_roles(again, key("Sara"), device("Gita"), [GATEWAY])])
    assert again.is_gateway(author("Gita"))


def test_an_author_that_is_not_certified_is_no_gateway() -> None:
    before = gateway()
    unseen = before.extended([certify(before, key("Gita"), author_key("Gita", 1))])
    revoked = before.extended([revoke(before, key("Sara"), device("Gita"), [])])
    charter = accepted(union(unseen, revoked), "Sara", author("Gita", 1), IDS[:3])
    assert unseen.is_gateway(author("Gita", 1))
    assert charter.standing(author("Gita", 1)).accepted(20, roots(IDS)) == 3
    assert not charter.is_gateway(author("Gita", 1))
