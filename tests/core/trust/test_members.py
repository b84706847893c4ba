"""How much of an author's log counts once its device was revoked."""

from collections.abc import Callable

import pytest

from edenmesh.core.trust import Charter, Cut, Frontier, certify, revoke
from tests.core.trust.team import admission, admit, author, author_key, device, founded, members, seal, union
from tests.oracle.charter_worlds import key

IDS = [bytes([number]) * 32 for number in range(20)]
FORK = [*IDS[:5], *(bytes([100 + number]) * 32 for number in range(15))]


def roots(ids: list[bytes]) -> Callable[[int], bytes]:
    return lambda size: Frontier.EMPTY.extended(ids[:size]).root()


@pytest.fixture
def charter() -> Charter:
    return admit(founded(), "Fatou", "Amina", "Bo", introducer=True)


def test_an_author_that_is_not_cut_counts_whole(charter: Charter) -> None:
    assert charter.standing(author("Amina")).accepted(20, roots(IDS)) == 20


def test_a_revocation_accepts_what_lies_under_the_seal_it_names(charter: Charter) -> None:
    charter = charter.extended([revoke(charter, key("Fatou"), device("Amina"), [seal("Amina", IDS[:8])])])
    standing = charter.standing(author("Amina"))
    assert standing.is_certified
    assert standing.cuts == ((Cut(8, roots(IDS)(8)),),)
    assert standing.accepted(20, roots(IDS)) == 8
    assert standing.accepted(8, roots(IDS)) == 8
    assert standing.accepted(7, roots(IDS)) == 0
    assert standing.accepted(20, roots(FORK)) == 0


def test_after_a_fork_a_revocation_names_a_seal_for_each_branch(charter: Charter) -> None:
    seals = [seal("Amina", IDS[:8]), seal("Amina", FORK[:12])]
    charter = charter.extended([revoke(charter, key("Fatou"), device("Amina"), seals)])
    standing = charter.standing(author("Amina"))
    assert standing.accepted(20, roots(IDS)) == 8
    assert standing.accepted(20, roots(FORK)) == 12


def test_authors_that_a_revocation_does_not_name_are_cut_at_nothing(charter: Charter) -> None:
    charter = charter.extended([certify(charter, key("Amina"), author_key("Amina", 1))])
    charter = charter.extended([revoke(charter, key("Fatou"), device("Amina"), [seal("Amina", IDS[:8])])])
    standing = charter.standing(author("Amina", 1))
    assert standing.cuts == ((),)
    assert standing.accepted(20, roots(IDS)) == 0


def test_of_several_revocations_each_has_to_accept_a_version(charter: Charter) -> None:
    charter = union(
        charter.extended([revoke(charter, key("Fatou"), device("Amina"), [seal("Amina", IDS[:8])])]),
        charter.extended([revoke(charter, key("Fatou"), device("Amina"), [seal("Amina", IDS[:5])])]),
    )
    standing = charter.standing(author("Amina"))
    assert len(standing.cuts or ()) == 2
    assert standing.accepted(20, roots(IDS)) == 5


def test_an_author_certified_unseen_by_a_revocation_is_quarantined(charter: Charter) -> None:
    unseen = charter.extended([certify(charter, key("Amina"), author_key("Amina", 1))])
    charter = union(unseen, charter.extended([revoke(charter, key("Fatou"), device("Amina"), [])]))
    standing = charter.standing(author("Amina", 1))
    assert (standing.is_named, standing.is_certified) == (True, False)
    assert standing.accepted(20, roots(IDS)) == 0


def test_the_author_of_a_revoked_device_does_not_return_by_another_device(charter: Charter) -> None:
    charter = charter.extended([revoke(charter, key("Fatou"), device("Amina"), [])])
    charter = charter.extended([certify(charter, key("Bo"), author_key("Amina"))])
    standing = charter.standing(author("Amina"))
    assert standing.is_certified
    assert standing.accepted(20, roots(IDS)) == 0


def test_a_member_admitted_twice_is_described_by_the_last_admission(charter: Charter) -> None:
    again = admission(charter, "Bo", "Amina", turn=1)
    charter = charter.extended([again])
    member = charter.members[device("Amina")]
    assert member.admitted_by == device("Bo")
    assert member.authors == (author("Amina"), author("Amina", 1))
    assert members(charter) == {"Fatou", "Amina", "Bo"}
