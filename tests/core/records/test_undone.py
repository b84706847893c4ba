"""What is undone has no effect, and keeps its place (design, section 2.4, 5)."""

from collections.abc import Iterator

from edenmesh.core.encoding import Plain
from edenmesh.core.ids import AuthorId, VersionId
from edenmesh.core.records import RESOLVE, Change, Flag, History, Node, Pen, Version, compose, record_state
from edenmesh.core.records.history.undone import mark_undone
from tests.core.records.pages import TABLE, Page

_DEEP = 10_000
_UNDOS = 1_000


def test_undoing_an_edit_brings_back_what_it_replaced() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    before = page.strand.fields
    undo = page.undo(page.put(first, name="Old well", status="closed"))
    assert page.strand.fields == before
    assert page.strand.heads == (undo,)
    assert page.state.is_clean


def test_undoing_a_resolution_brings_the_conflict_back() -> None:
    page = Page()
    first = page.put(name="Well")
    amina, bo = page.put(first, name="A"), page.put(first, name="B")
    before = page.strand.fields
    chosen = page.resolve(amina, bo, name="A")
    assert page.state.is_clean
    page.undo(chosen)
    assert page.strand.fields == before
    assert page.state.flags == Flag.CONFLICT


def test_undoing_a_retract_brings_the_record_back() -> None:
    page = Page()
    page.undo(page.retract(page.put(name="Well")))
    assert page.strand.values == {"name": "Well"}
    assert not page.strand.retracts
    assert page.state.is_clean


def test_undoing_what_lifted_a_retract_deletes_again() -> None:
    page = Page()
    retract = page.retract(page.put(name="Well"))
    page.undo(page.put(retract, name="Old well"))
    assert page.strand.retracts == (retract,)
    assert page.strand.is_deleted


def test_undoing_an_undo_brings_the_first_thing_back() -> None:
    page = Page()
    first = page.put(name="Well")
    for change in (page.put(first, name="Old well"), page.retract(first)):
        before = page.state
        undo = page.undo(change)
        assert page.strand.fields != before.strands[0].fields or page.state.flags != before.flags
        page.undo(undo)
        after = page.state
        assert (after.flags, after.strands[0].fields) == (before.flags, before.strands[0].fields)
        assert after.strands[0].retracts == before.strands[0].retracts


def test_an_undo_that_its_author_wrote_on_a_deleted_record_does_not_bring_it_back() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    retract = page.retract(edit)
    page.undo(edit, seen=(retract,))
    assert page.strand.is_deleted
    assert page.strand.values == {"name": "Well"}


def test_an_undo_by_one_who_had_not_seen_the_retract_is_an_edit_that_contests_it() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    retract, undo = page.retract(edit), page.undo(edit, seen=(edit,))
    assert (page.strand.retracts, page.strand.concurrent_edits) == ((retract,), (undo,))
    assert page.state.flags == Flag.CONTESTED


def test_an_undo_that_also_says_something_lifts_the_retract_it_saw() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    retract = page.retract(edit)
    page.write(RESOLVE, (retract,), Change(set={"status": "open"}), about={"undoes": [edit]})
    assert page.strand.values == {"name": "Well", "status": "open"}
    assert page.state.is_clean


def test_what_is_undone_stays_a_head_for_those_who_wrote_on_it() -> None:
    page = Page()
    first = page.put(name="Well")
    edit = page.put(first, name="Old well")
    later = page.put(edit, status="open")
    undo = page.undo(edit, seen=(edit,))
    assert page.strand.values == {"name": "Well", "status": "open"}
    assert page.strand.heads == tuple(sorted((later, undo)))
    assert page.state.is_clean


def test_an_undone_addition_is_gone_and_an_undone_removal_gives_the_item_back() -> None:
    page = Page()
    first = page.put(name="Well")
    added = page.add(first, name="needs", item="pump")
    removed = page.remove(added, name="needs", item="pump", additions=[added])
    assert "needs" not in page.strand.values
    page.undo(removed)
    assert page.strand.values["needs"] == ("pump",)
    page.undo(added)
    assert "needs" not in page.strand.values


def test_two_undos_of_one_version_both_hold_until_both_are_undone() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    undos = [page.undo(edit, seen=(edit,)), page.undo(edit, seen=(edit,))]
    page.undo(undos[0])
    assert page.strand.values == {"name": "Well"}
    page.undo(undos[1])
    assert page.strand.values == {"name": "Old well"}


def test_first_versions_and_observations_are_never_undone() -> None:
    page = Page()
    first = page.put(name="Well")
    seen = page.saw(first, values={"name": "Server well"})
    page.undo(first)
    page.undo(seen)
    assert page.strand.values == {"name": "Server well"}


def test_an_undo_of_what_it_does_not_follow_has_no_effect() -> None:
    page = Page()
    first = page.put(name="Well")
    edit, beside = page.put(first, name="Old well"), page.put(first, status="open")
    page.undo(edit, seen=(beside,))
    page.undo(VersionId(bytes(32)), seen=(beside,))
    assert page.strand.values == {"name": "Old well", "status": "open"}


def test_a_quarantined_undo_undoes_nothing() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    page.uncounted = {page.undo(edit)}
    assert page.strand.values == {"name": "Old well"}


def test_an_undo_of_what_is_quarantined_holds_when_its_author_is_trusted_again() -> None:
    page = Page()
    edit = page.put(page.put(name="Well"), name="Old well")
    page.undo(edit)
    page.uncounted = {edit}
    assert page.strand.values == {"name": "Well"}
    page.uncounted = set()
    assert page.strand.values == {"name": "Well"}


def test_a_thousand_undos_in_a_long_history_are_found_in_few_walks() -> None:
    versions = _deep()
    nodes = _Walked(History(versions).nodes)
    for node in nodes:
        node.is_undone = False
    nodes.visits = 0
    mark_undone(nodes, {node.id: node for node in nodes.copy()})
    assert sum(node.is_undone for node in nodes.copy()) == _UNDOS
    assert nodes.visits <= 2 * _DEEP
    assert record_state(versions).is_clean


class _Walked(list[Node]):
    """Nodes, and how many were looked at in walks over them."""

    visits = 0

    def __iter__(self) -> Iterator[Node]:
        for node in super().__iter__():
            self.visits += 1
            yield node


def _deep() -> dict[VersionId, Version]:
    """A long history in which every tenth version undoes the one eight before it."""
    versions: dict[VersionId, Version] = {}
    ids: list[VersionId] = []
    uuid: str | None = None
    for seq in range(_DEEP):
        pen = Pen(AuthorId(bytes(32)), seq, seq, seq.to_bytes(16, "big"))
        is_undo = seq % 10 == 9
        about: dict[str, Plain] = {"undoes": [ids[-8]]} if is_undo else {}
        carried = compose(
            pen,
            TABLE,
            uuid,
            Change() if is_undo else Change(set={"name": str(seq)}),
            parents=tuple(ids[-1:]),
            op=RESOLVE if is_undo else "put",
            about=about,
        )
        uuid = carried.version.uuid
        versions[carried.id] = carried.version
        ids.append(carried.id)
    return versions
