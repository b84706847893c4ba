"""What servers that have gone back would change is told within a bound, however many of them ask."""

import pytest

from edenmesh.core.ids import VersionId
from edenmesh.node.records import questions
from edenmesh.store import RecordVersions
from tests.core.records.calls import calls_of
from tests.core.records.pages import Page

FEW = 40


def asking(count: int) -> RecordVersions:
    """A line of edits, and after each of them a server that went back and lacks a field it had."""
    page = Page()
    last = page.put(name="Well", status="open")
    for number in range(count):
        last = page.put(last, name=str(number))
        seen: VersionId = page.saw(last)
        page.saw(after=[seen], values={"name": "Well"})
    assert page.uuid is not None
    return RecordVersions(page.versions, frozenset(), page.uuid)


def calls(count: int) -> int:
    held = asking(count)
    strand = held.state().strand
    return calls_of(lambda: questions.questions_of(held, strand))


def test_what_a_server_lacks_now_is_told_field_by_field() -> None:
    held = asking(3)
    found = questions.questions_of(held, held.state().strand)
    assert [one.older for one in found] == [{"name": "Well", "status": None}] * 3


def test_four_times_the_questions_are_about_four_times_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "PASTS_BYTES_MAX", 1)
    small, large = calls(FEW), calls(4 * FEW)
    assert large < 5 * small, (small, large)


def test_beyond_the_bound_no_field_is_emptied_that_nobody_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "PASTS_BYTES_MAX", 1)
    held = asking(3)
    older = sorted(len(one.older) for one in questions.questions_of(held, held.state().strand))
    assert older == [1, 1, 2]


def test_a_program_that_looks_everywhere_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "PASTS_BYTES_MAX", 1 << 40)
    assert calls(4 * FEW) > 8 * calls(FEW)
