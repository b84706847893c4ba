"""Guests: what a person shares goes into the pen of the other device, and nothing else; accepted, it counts there."""

import pytest

from edenmesh.core.reconcile import Hole, HoleKind, Places
from edenmesh.core.session import PartReceived, PeerHolds, Tallied
from edenmesh.core.session import sharing as sharing_module
from edenmesh.core.session.sharing import Sharing
from edenmesh.core.wire import Ack, CharterEntries, CharterIds, Close, Have, Offer, Part, Refused, Tally, Vector, Wish
from tests.duets.duet import Duet, meet, same
from tests.duets.guests import SECRET, TABLE, Guests, accept_all, add_form, met, share, tables, two_teams
from tests.duets.team import Device, join, team
from tests.oracle.memory_store import MemoryStore

OPEN = frozenset({TABLE})


def test_a_guest_is_given_nothing_before_a_person_chose_something() -> None:
    ana, cleo = two_teams()
    duet = share(ana, cleo, shares=frozenset())
    assert met(duet.left).shared == met(duet.right).penned == 0
    assert cleo.store.pen == {}
    assert [offer.logs for offer in duet.left.messages(Offer)] == [[]]
    assert not duet.left.messages(Part)


def test_shared_tables_lie_in_the_pen_with_holes_for_the_rest() -> None:
    ana, cleo = two_teams()
    duet = share(ana, cleo, shares=OPEN)
    assert met(duet.left).shared == met(duet.right).penned == 8
    parts = [part for lying in cleo.store.pen.values() for part in lying.values()]
    given = [one for part in parts for one in part.versions if not isinstance(one, Hole)]
    assert {one.version.table for one in given} == {TABLE}
    assert len(given) == 8
    # A log goes as far as the seal over its last shared version; what is behind that is not even told.
    assert {one.kind for part in parts for one in part.versions if isinstance(one, Hole)} == {HoleKind.ABSENT}
    assert cleo.store.logs == {}, "nothing counts"
    assert duet.right.messages(Ack), "it is durable, in the pen"
    assert not duet.left.told(PeerHolds), "and a copy that nobody accepted is no copy"
    assert not duet.left.told(Tallied)
    again = share(ana, cleo, shares=OPEN)
    assert not again.right.told(PartReceived), "what lies there is not given twice"
    assert met(again.right).penned == 8


def test_nothing_of_a_team_or_of_what_is_not_shared_is_on_the_line() -> None:
    ana, cleo = two_teams()
    shown, hidden = add_form(ana, TABLE), add_form(ana, SECRET)
    charter = ana.store.charter()
    duet = share(ana, cleo, shares=OPEN)
    sent = bytes(duet.left.sent)
    assert ana.store.form_bytes[shown] in sent
    assert b"Ana 0" in sent, "the line is read as it should be"
    for secret in (b"business", b"Nor this", b"Ben\xa4", ana.store.form_bytes[hidden], hidden, charter.hash):
        assert secret not in sent
    assert charter.mesh is not None
    for entry in (charter.mesh, *charter.entries, *(one.encode() for one in charter.entries.values())):
        assert entry not in sent
    for salt in (entry.body["salt"] for entry in charter.entries.values() if "salt" in entry.body):
        assert isinstance(salt, bytes)
        assert salt not in sent
    said = {type(message) for message in duet.left.said}
    assert not said & {CharterIds, CharterEntries, Have, Vector, Tally}


def test_what_a_steward_accepts_counts_and_travels_on_to_members() -> None:
    ana, cleo = two_teams()
    form = add_form(ana, TABLE)
    file = ana.attach(b"a photo")
    dan = Device("Dan")
    join(dan, cleo)
    duet = share(ana, cleo, shares=OPEN)
    assert cleo.store.penned_forms.keys() == {form}
    assert cleo.store.form_bytes == {}, "a guest's form says nothing here before"
    assert cleo.store.wanted_files() == [], "nor is its file asked for"
    assert accept_all(cleo) == 2
    duet.right.advanced(0.0)
    duet.roundtrip()
    assert tables(cleo) == {TABLE: 9}
    assert met(duet.right).penned == 0
    assert cleo.store.files == {file: b"a photo"}
    other = meet(cleo, dan)
    assert tables(dan) == {TABLE: 9}
    assert same(cleo, dan)
    assert other.left.missing == other.right.missing == (), "what was never shared is nothing that lacks in this team"


def test_what_a_guest_writes_later_waits_for_another_word() -> None:
    ana, cleo = two_teams()
    duet = share(ana, cleo, shares=OPEN)
    accept_all(cleo)
    ana.write(2)
    ana.tell()
    duet.roundtrip()
    assert tables(cleo) == {TABLE: 8}
    assert met(duet.right).penned == 2
    accept_all(cleo)
    assert tables(cleo) == {TABLE: 10}


def test_a_table_shared_later_comes_in_the_place_of_its_holes() -> None:
    ana, cleo = two_teams()
    share(ana, cleo, shares=OPEN)
    share(ana, cleo, shares=None)
    lying = [one for each in cleo.store.pen.values() for part in each.values() for one in part.versions]
    assert sum(not isinstance(one, Hole) for one in lying) == 16
    ana.write(1)
    duet = share(ana, cleo, shares=None)
    accept_all(cleo)
    assert tables(cleo) == {TABLE: 9, SECRET: 8}
    assert met(duet.right).penned == 17


def test_a_table_shared_after_what_stands_between_was_accepted_fills_the_log() -> None:
    ana, cleo = two_teams()
    duet = share(ana, cleo, shares=OPEN)
    accept_all(cleo)
    ana.write(1)
    duet.shares[0] = None
    ana.tell()
    duet.roundtrip()
    # The steward's word covers the versions by their ids, and so their content when it comes.
    assert tables(cleo)[SECRET] >= 4
    accept_all(cleo)
    assert tables(cleo) == {TABLE: 9, SECRET: 8}


def test_a_table_taken_back_is_given_no_more() -> None:
    ana, cleo = two_teams()
    duet = share(ana, cleo, shares=OPEN)
    duet.shares[0] = frozenset()
    ana.write(5)
    ana.tell()
    duet.roundtrip()
    assert met(duet.left).shared == 8 or met(duet.left).shared == 0
    assert met(duet.right).penned == 8


def test_both_may_give_in_one_session() -> None:
    ana, cleo = two_teams()
    cleo.write(4)
    duet = share(ana, cleo, shares=OPEN, theirs=OPEN)
    assert (met(duet.left).shared, met(duet.left).penned) == (8, 4)
    assert (met(duet.right).shared, met(duet.right).penned) == (4, 8)


def test_what_was_thrown_out_is_not_wished_for_again_before_it_has_grown() -> None:
    ana, cleo = two_teams()
    share(ana, cleo, shares=OPEN)
    for author in list(cleo.store.pen):
        cleo.store.discard(author)
    duet = share(ana, cleo, shares=OPEN)
    assert not duet.right.told(PartReceived)
    assert met(duet.right).penned == 0
    ana.write(1)
    assert met(share(ana, cleo, shares=OPEN).right).penned == 5


def test_what_others_gave_the_pen_is_not_passed_on() -> None:
    ana, cleo = two_teams()
    third, _ = team("Eva", "Finn")
    share(ana, cleo, shares=OPEN)
    cleo.write(1)
    duet = share(cleo, third, shares=None)
    assert met(duet.left).shared == met(duet.right).penned == 1
    accept_all(cleo)
    assert met(share(cleo, third, shares=None).right).penned == 9, "what a steward accepted is the team's to share"


def test_a_full_pen_refuses_and_says_so_on_both_sides() -> None:
    ana, cleo = two_teams()
    cleo.store.pen_contents_max = 4
    ana.write(1100)
    duet = share(ana, cleo, shares=OPEN)
    assert duet.right.messages(Refused)
    assert met(duet.left).refused_there > 0
    assert [reason for reason, _ in met(duet.right).refused] == ["there is no room for them in the pen"]
    assert met(duet.right).penned <= 4


def test_a_session_of_guests_may_end_at_any_byte() -> None:
    total = share(*two_teams(), shares=OPEN).delivered
    cuts = range(1, total, 29)
    for cut in cuts:
        ana, cleo = two_teams()
        Guests(ana, cleo, shares=OPEN).cut_after(cut)
        assert cleo.store.logs == {}
        assert met(share(ana, cleo, shares=OPEN).right).penned == 8
        accept_all(cleo)
        assert tables(cleo) == {TABLE: 8}
    assert len(cuts) > 50


def test_a_device_that_is_no_guest_is_turned_away_on_either_side() -> None:
    ana, cleo = two_teams()
    duet = Duet(ana, cleo, sharing=(Sharing(ana.store, lambda: None), None)).roundtrip()
    assert duet.right.ended is not None
    assert duet.right.ended.code == "other_mesh"
    assert duet.right.messages(Close)
    assert cleo.store.pen == {}


def test_members_of_one_team_are_no_guests_whatever_was_chosen_before() -> None:
    ana, ben = team("Ana", "Ben")
    ana.write(3)
    duet = Duet(ana, ben, sharing=(Sharing(ana.store, lambda: None), Sharing(ben.store, lambda: None))).roundtrip()
    assert duet.left.missing == ()
    assert same(ana, ben)


# --- saboteurs ------------------------------------------------------------------------------------------------------


def test_a_view_that_gives_all_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing_module, "Hole", lambda one, _: Hole(one, HoleKind.ERASED))
    with pytest.raises(AssertionError):
        test_nothing_of_a_team_or_of_what_is_not_shared_is_on_the_line_even_why()
    monkeypatch.undo()
    monkeypatch.setattr(Sharing, "_looked_through", lambda self, author, branch, size: whole(size))
    for law in (
        test_shared_tables_lie_in_the_pen_with_holes_for_the_rest,
        test_nothing_of_a_team_or_of_what_is_not_shared_is_on_the_line,
    ):
        with pytest.raises(AssertionError):
            law()


def whole(size: int) -> Places:
    places = Places()
    places.add(0, size)
    return places


def test_nothing_of_a_team_or_of_what_is_not_shared_is_on_the_line_even_why() -> None:
    ana, cleo = two_teams()
    uuid = next(one.uuid for one in ana.store.versions().values() if one.table == TABLE and one.seq == 0)
    assert ana.store.hide(TABLE, uuid)
    duet = share(ana, cleo, shares=OPEN)
    items = [one for part in duet.left.messages(Part) for one in part.versions if len(one) == 33]
    assert len(items) > 3
    assert {one[-1] for one in items} == {HoleKind.ABSENT}


def test_a_taker_that_lets_what_a_guest_gives_count_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting(self: MemoryStore, part: object) -> None:
        self.thrown.clear()

    monkeypatch.setattr(MemoryStore, "pen_part", trusting)
    with pytest.raises(AssertionError):
        test_shared_tables_lie_in_the_pen_with_holes_for_the_rest()


def test_an_answer_before_it_is_durable_is_found_out() -> None:
    ana, cleo = two_teams()
    duet = Guests(ana, cleo, shares=OPEN)
    duet.right.is_storing = False
    duet.roundtrip()
    assert duet.right.batches
    assert not duet.right.messages(Ack)
    assert duet.right.messages(Wish)
    duet.right.is_storing = True
    duet.roundtrip()
    assert duet.right.messages(Ack)
