"""Screens that cut a corner: the tests of what a person sees and does catch each of them.

The honest screens come through the same tests clean, in their own modules.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.responses import Response

from edenmesh.node import CodeView, Decision, PairingTask
from edenmesh.web.jobs import Job
from edenmesh.web.pages import bin_pages, comparing, conflict_pages, pairing_pages, sync_pages
from edenmesh.web.pages.comparing import Stage
from edenmesh.web.pages.conflict_pages import ConflictPages
from edenmesh.web.pages.matters import decision_of
from edenmesh.web.pages.nearby_pages import NearbyPages
from edenmesh.web.pages.page import Visit
from edenmesh.web.pages.pairing_pages import PairingPages
from edenmesh.web.pages.peer_pages import PeerPages
from edenmesh.web.pages.posting import Posted
from edenmesh.web.pages.sync_pages import Run
from tests.web.pages import (
    browser,
    test_bin_pages,
    test_conflict_pages,
    test_nearby_pages,
    test_pairing_pages,
    test_people_pages,
)

_honest_run = sync_pages._run
_honest_qr = NearbyPages.qr
_pictures: dict[NearbyPages, Response] = {}


async def decides_the_other_strand(self: ConflictPages, visit: Visit) -> Response:
    """Has the strand keep the uuid that was not chosen."""
    before = self._device.record(visit.part("table"), visit.part("uuid"))
    kept = next(one.id for one in before.strands if one.id != visit.posted.text("keeps"))
    return self._decided(visit, before, self._device.decisions.part(before.table, before.uuid, kept))


def forgets_what_was_shown(posted: Posted) -> Decision:
    """Decides on what is here now, not on what was on the screen."""
    return replace(decision_of(posted), heads=())


def accepts_without_comparing(self: PairingPages, visit: Visit, code: CodeView) -> bool:
    """Takes any press for a yes."""
    return True


def always_says_everything(job: Job) -> Run:
    """Says that everything is there, whatever is missing."""
    run = _honest_run(job)
    return replace(run, updates=tuple(replace(one, missing=() if one.is_done else None) for one in run.updates))


async def bars_without_asking(self: PeerPages, visit: Visit) -> Response:
    """Bars at the first press."""
    peer, _ = self._peer(visit)
    self._device.revoke(peer.device)
    return visit.go("/peers")


async def shows_an_old_picture(self: NearbyPages, visit: Visit) -> Response:
    """Draws the QR code once and keeps it."""
    if self not in _pictures:
        _pictures[self] = await _honest_qr(self, visit)
    return _pictures[self]


def shows_the_code_to_who_must_find_it(task: PairingTask | None, *, has_shown: bool) -> Stage:
    """Lets both screens show the code, and ask nothing."""
    stage = comparing.stage_of(task, has_shown=has_shown)
    return Stage.SHOW if stage is Stage.PICK else stage


def puts_the_right_one_first(code: CodeView, *, is_incoming: bool) -> list[str]:
    """Offers the right code at the first place."""
    return [code.code, "111 111", "222 222", "333 333"]


def asks_nobody(_visit: Visit) -> None:
    """Destroys without a tick."""


def takes_every_form_for_new(_self: ConflictPages, _visit: Visit) -> bool:
    """Decides as often as a form is sent."""
    return False


SABOTEURS: dict[str, tuple[object, str, object, Callable[[Path], None]]] = {
    "decides the other strand": (
        ConflictPages,
        "identify",
        decides_the_other_strand,
        test_conflict_pages.test_same_or_different_side_by_side,
    ),
    "forgets what was shown": (
        conflict_pages,
        "decision_of",
        forgets_what_was_shown,
        test_conflict_pages.test_a_form_sent_twice_decides_once,
    ),
    "decides as often as it is sent": (
        ConflictPages,
        "_is_repeated",
        takes_every_form_for_new,
        test_conflict_pages.test_a_form_sent_twice_decides_once,
    ),
    "accepts without comparing": (
        PairingPages,
        "_is_same",
        accepts_without_comparing,
        test_pairing_pages.test_no_answer_is_taken_that_no_comparing_gave,
    ),
    "shows the code to who must find it": (
        pairing_pages,
        "stage_of",
        shows_the_code_to_who_must_find_it,
        test_pairing_pages.test_two_people_pair_by_finding_each_code_on_the_other_screen,
    ),
    "puts the right one first": (
        test_pairing_pages,
        "codes_offered",
        puts_the_right_one_first,
        lambda _: test_pairing_pages.test_codes_to_choose_from_hold_the_right_one_once_and_no_near_one(),
    ),
    "always says everything": (
        sync_pages,
        "_run",
        always_says_everything,
        test_people_pages.test_a_sync_says_everything_only_where_it_is,
    ),
    "bars without asking": (
        PeerPages,
        "revoke",
        bars_without_asking,
        test_people_pages.test_a_peer_is_stopped_allowed_and_barred_after_its_consequences_were_ticked,
    ),
    "shows an old picture": (
        NearbyPages,
        "qr",
        shows_an_old_picture,
        test_nearby_pages.test_being_visible_shows_the_code_of_this_moment_and_ends,
    ),
    "destroys without a tick": (
        bin_pages,
        "_require_sure",
        asks_nobody,
        test_bin_pages.test_an_erasure_is_asked_for_done_and_confirmed_and_never_by_a_slip,
    ),
}


@pytest.mark.parametrize("name", SABOTEURS)
def test_a_screen_that_cuts_a_corner_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, what, wrong, audit = SABOTEURS[name]
    monkeypatch.setattr(browser, "_LOOKS_MAX", 40)
    monkeypatch.setattr(owner, what, wrong)
    with pytest.raises(AssertionError):
        audit(tmp_path)
