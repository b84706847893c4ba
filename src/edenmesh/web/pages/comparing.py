"""How a pairing makes two people compare: who may see the code, and among which codes the other person has to find it.

A button "they are the same" is pressed unread. So no screen asks for an agreement while it shows the code: a person
picks, among several, the one that the *other* screen shows, which nobody can do without looking there. The dialler
picks first, and its screen shows the code only then; the screen that was dialled shows it until the other person has
found it, then puts it away and asks in turn. Picking a wrong one ends the pairing, as saying no does: so whoever stands
between the devices has the one guess at six digits that the protocol leaves it (core/pairing/sas.py), not one in four.

Which codes stand beside the right one, and where, follows from the code and the side, so a reload shows the same. They
are no secret: none of them is ever accepted.
"""

from enum import StrEnum
from hashlib import sha256
from typing import Final

from edenmesh.node import CodeView, PairingTask

OFFERED: Final = 4
NONE_OF_THESE: Final = "none"
_DIGITS: Final = 3


class Stage(StrEnum):
    """Where a pairing stands on this screen."""

    NOTHING = "nothing"
    MEETING = "meeting"
    AGREE = "agree"
    SHOW = "show"
    PICK = "pick"
    ANSWERED = "answered"
    OVER = "over"


def stage_of(task: PairingTask | None, *, has_shown: bool) -> Stage:
    """What the person is to see; `has_shown`: they said that the other person has found the code."""
    if task is None:
        return Stage.NOTHING
    if task.is_over:
        return Stage.OVER
    code = task.shown
    if code is None:
        return Stage.MEETING
    if task.is_answered:
        return Stage.ANSWERED
    if not code.must_compare:
        return Stage.AGREE
    # A phone that scanned ours shows the code from the first: only this screen has to ask.
    return Stage.PICK if has_shown or code.is_scanned or not task.is_incoming else Stage.SHOW


def codes_offered(code: CodeView, *, is_incoming: bool) -> list[str]:
    """The code among others, in an order that says nothing. No two agree in their first or their last three digits."""
    seed = f"{'listener' if is_incoming else 'dialler'} {code.device} {code.code}"
    offered = [code.code]
    drawn = 0
    while len(offered) < OFFERED:
        digits = f"{int.from_bytes(_digest(seed, str(drawn))[:8], 'big') % 1_000_000:06d}"
        other = f"{digits[:_DIGITS]} {digits[_DIGITS:]}"
        drawn += 1
        if all(one[:_DIGITS] != other[:_DIGITS] and one[-_DIGITS:] != other[-_DIGITS:] for one in offered):
            offered.append(other)
    return sorted(offered, key=lambda one: _digest(seed, one))


def pairing_name(code: CodeView) -> str:
    """Names one pairing in a form, and says nothing of its code: an answer must not meet a later one."""
    return _digest("pairing", code.device, code.code).hex()[:16]


def _digest(*parts: str) -> bytes:
    return sha256("\0".join(parts).encode()).digest()
