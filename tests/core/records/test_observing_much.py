"""A member who writes versions by the thousand costs a read of the server no more than an allowance of work."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId
from edenmesh.core.limits import OBSERVED_IDS_MAX, VERSION_PARENTS_MAX
from edenmesh.core.records import (
    Content,
    History,
    Reading,
    Version,
    body_hash,
    last_observations,
    observe,
    open_questions,
    owed_fields,
    record_state,
)
from edenmesh.core.records.states import StrandState
from edenmesh.core.records.writing import bodies, observing
from tests.core.records.pages import SERVER, Page
from tests.oracle.histories import FIELDS, Written, histories
from tests.oracle.observed_histories import observed_histories
from tests.oracle.observing_model import followed

AT_LEAST = {"drafts": 60, "heads followed": 30, "heads left": 30}


def check_what_is_followed(examples: int = 250) -> Counter[str]:
    work: Counter[str] = Counter()
    edits = st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["1", "2"]), max_size=1)

    @settings(
        max_examples=examples, database=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
    )
    @given(st.one_of(histories(), observed_histories()), st.integers(min_value=0, max_value=5), edits)
    def check(held: Written, number: int, edits: Mapping[str, Content]) -> None:
        # The server has what somebody saw, and may have been edited since.
        past = History(held.versions).past([list(held.versions)[-1 - number % len(held.versions)]])
        strand = record_state(past).strand if past else None
        has_it = strand is not None and not strand.is_deleted
        reading = Reading(SERVER, {**strand.values, **edits} if strand is not None and has_it else None)
        draft = observe(held.versions, reading, held.uncounted)
        if draft is None or "after" in draft.about:
            return
        last = last_observations(held.versions, SERVER, held.uncounted)
        heads = followed(held.versions, last.keys(), reading, held.uncounted)
        assert {one for one in draft.parents if one not in last} == heads
        work["drafts"] += 1
        work["heads followed"] += len(heads)
        work["heads left"] += any(version.op == "put" for version in held.versions.values()) and not heads

    check()
    return work


def test_an_observation_follows_the_heads_that_the_model_says_it_follows() -> None:
    work = check_what_is_followed()
    assert {name: count for name, count in AT_LEAST.items() if work[name] < count} == {}, work


def looks_at_no_past(head: Version, texts: Mapping[str, str]) -> bool:
    """A head that changes anything is not followed."""
    return not head.set


def shows_all(pasts: bodies.Pasts, one: VersionId) -> StrandState | None:
    """What everybody together shows is taken for what one saw."""
    return record_state(pasts._history.versions, pasts._history.uncounted).strand


def test_a_program_that_follows_heads_it_did_not_look_at_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies.Pasts, "state_of", shows_all)
    with pytest.raises(AssertionError):
        check_what_is_followed()


def test_a_program_that_passes_over_heads_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "_gives_no_other", looks_at_no_past)
    with pytest.raises(AssertionError):
        check_what_is_followed()


def reads(page: Page, reading: Reading) -> int:
    """How often the server is read until nothing is written."""
    for count in range(10):
        if page.read(reading) is None:
            return count
    raise AssertionError("gateways do not come to rest")


def test_more_last_observations_than_one_may_follow_are_followed_by_several() -> None:
    page = Page()
    first = page.put(name="Well")
    for number in range(VERSION_PARENTS_MAX + 100):
        page.saw(first, values={"name": f"Well {number}"})
    assert reads(page, Reading(SERVER, {"name": "Well 7"})) == 2
    assert len(last_observations(page.versions, SERVER)) == 1
    assert page.texts("name") == ["Well 7"]


def test_more_heads_than_one_may_follow_are_followed_by_several() -> None:
    page = Page()
    first = page.put(name="Well")
    for _ in range(VERSION_PARENTS_MAX + 100):
        page.put(first, name="Old well")
    assert reads(page, Reading(SERVER, {"name": "Old well"})) == 2
    assert len(page.strand.heads) == 1


def test_a_question_after_more_observations_than_it_may_name_is_asked_all_the_same() -> None:
    page = Page()
    first = page.put(name="Well")
    for number in range(VERSION_PARENTS_MAX + 100):
        page.saw(first, values={"name": f"Well {number}"})
    assert 1 <= reads(page, Reading(SERVER, None)) <= 2
    assert open_questions(page.versions, SERVER)


def test_more_versions_than_one_may_name_as_found_leave_some_unnamed() -> None:
    page = Page()
    first = page.put(name="Well", status="open")
    undecided = [page.put(first, name=name) for name in ("Here", "There")]
    for _ in range(OBSERVED_IDS_MAX + 100):
        page.put(*undecided, status="closed")
    seen = page.read(Reading(SERVER, {"name": "Elsewhere", "status": "closed"}))
    assert seen is not None
    assert len(page.versions[seen].observation.found["status"]) == OBSERVED_IDS_MAX
    assert reads(page, Reading(SERVER, {"name": "Elsewhere", "status": "closed"})) == 0


def test_beyond_the_allowance_the_latest_heads_are_followed_and_the_rest_at_further_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = Page()
    first = page.put(name="Well")
    heads = [page.put(first, name="Old well") for _ in range(30)]
    monkeypatch.setattr(bodies, "PASTS_BYTES_MAX", 5000)
    seen = page.read(Reading(SERVER, {"name": "Old well"}))
    assert seen is not None
    assert 5 < len(page.versions[seen].parents) < len(heads)
    assert 1 < reads(page, Reading(SERVER, {"name": "Old well"})) < 9
    assert len(page.strand.heads) == 1


def test_beyond_the_allowance_what_a_server_had_is_not_known_and_so_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()
    first = page.put(name="Well")
    for _ in range(30):
        page.saw(page.put(first, status="open"), body=body_hash({"name": "Well", "status": "open"}))
    state = page.state
    assert owed_fields(state, page.versions, SERVER) == ()
    monkeypatch.setattr(bodies, "PASTS_BYTES_MAX", 2000)
    assert owed_fields(state, page.versions, SERVER) == ("name", "status")
