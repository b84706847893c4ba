"""Makers of entries refuse what would have no effect, and what they make has one."""

from collections.abc import Callable

import pytest

from edenmesh.core.limits import CHARTER_PARENTS_MAX
from edenmesh.core.trust import (
    GATEWAY,
    INTRODUCER,
    STEWARD,
    Charter,
    CharterEntry,
    certify,
    found,
    give_roles,
    leave,
    revoke,
    take_roles,
)
from edenmesh.errors import InvalidInput, NotPermitted
from tests.core.trust.team import admission, admit, author, author_key, device, founded
from tests.oracle.charter_worlds import key, write_unknown


@pytest.fixture
def charter() -> Charter:
    """Fatou founded it; Sara is an introducer and a steward, Bo a member that Sara admitted."""
    charter = admit(founded(), "Fatou", "Sara", introducer=True)
    charter = charter.extended([give_roles(charter, key("Fatou"), device("Sara"), [STEWARD])])
    return admit(charter, "Sara", "Bo")


LAWFUL: list[Callable[[Charter], CharterEntry]] = [
    lambda charter: admission(charter, "Sara", "Amina"),
    lambda charter: certify(charter, key("Bo"), author_key("Bo", 1)),
    lambda charter: give_roles(charter, key("Sara"), device("Bo"), [GATEWAY, INTRODUCER, GATEWAY]),
    lambda charter: give_roles(charter, key("Fatou"), device("Bo"), [STEWARD]),
    lambda charter: take_roles(charter, key("Fatou"), device("Sara"), [STEWARD]),
    lambda charter: leave(charter, key("Bo")),
    lambda charter: revoke(charter, key("Sara"), device("Fatou"), []),
]

UNLAWFUL: list[Callable[[Charter], CharterEntry]] = [
    lambda charter: admission(charter, "Bo", "Amina"),
    lambda charter: admission(charter, "Amina", "Dara"),
    lambda charter: certify(charter, key("Amina"), author_key("Amina")),
    lambda charter: give_roles(charter, key("Sara"), device("Bo"), [STEWARD]),
    lambda charter: give_roles(charter, key("Bo"), device("Bo"), [GATEWAY]),
    lambda charter: take_roles(charter, key("Sara"), device("Fatou"), [STEWARD]),
    lambda charter: leave(charter, key("Amina")),
    lambda charter: revoke(charter, key("Bo"), device("Sara"), []),
    lambda charter: leave(Charter.of([]), key("Fatou")),
]


@pytest.mark.parametrize("make", LAWFUL)
def test_what_is_lawful_is_taken(charter: Charter, make: Callable[[Charter], CharterEntry]) -> None:
    entry = make(charter)
    after = charter.extended([CharterEntry.decode(entry.encode())])
    assert entry.id in after.taken
    assert after.heads == (entry.id,)
    assert not after.struck


@pytest.mark.parametrize("make", UNLAWFUL)
def test_what_is_not_lawful_is_not_written(charter: Charter, make: Callable[[Charter], CharterEntry]) -> None:
    with pytest.raises(NotPermitted):
        make(charter)


def test_a_revoked_device_is_not_admitted_again(charter: Charter) -> None:
    charter = charter.extended([revoke(charter, key("Sara"), device("Bo"), [])])
    with pytest.raises(NotPermitted):
        admission(charter, "Sara", "Bo")


def test_names_are_written_in_normal_form(charter: Charter) -> None:
    entry = found("Jose\u0301", key("Jose"), author_key("Jose"), b"salt of the mesh")
    assert entry.body["name"] == "Jos\u00e9"
    with pytest.raises(InvalidInput):
        found("two\nlines", key("Jose"), author_key("Jose"), b"salt of the mesh")
    with pytest.raises(InvalidInput):
        found("Jose", key("Jose"), author_key("Jose"), b"salt")


def test_an_entry_on_too_many_heads_names_those_with_the_longest_past(charter: Charter) -> None:
    assert charter.mesh is not None
    first = charter.extended([certify(charter, key("Bo"), author_key("Bo", 1))])
    low = [write_unknown(key("Bo"), charter.mesh, charter.heads, choice) for choice in range(CHARTER_PARENTS_MAX)]
    high = write_unknown(key("Bo"), charter.mesh, first.heads)
    crowded = first.extended([*low, high])
    assert len(crowded.heads) == CHARTER_PARENTS_MAX + 1
    entry = leave(crowded, key("Bo"))
    assert len(entry.parents) == CHARTER_PARENTS_MAX
    assert high.id in entry.parents
    assert crowded.extended([entry]).members[device("Bo")].has_left
    assert author("Bo", 1) in crowded.members[device("Bo")].authors
