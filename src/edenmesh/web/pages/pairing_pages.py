"""The screen of one pairing, from the code to the new peer.

The state is the device's: a reload, a second window or the back button shows where the pairing stands, and an answer
sent twice is one answer.
"""

from dataclasses import dataclass

from starlette.responses import Response

from edenmesh.errors import EdenmeshError, InvalidInput, PairingFailed
from edenmesh.node import CodeView, Device, PairedView, PairingTask
from edenmesh.web.pages.comparing import NONE_OF_THESE, Stage, codes_offered, pairing_name, stage_of
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.visiting import Right

_SCREEN = "/nearby/pairing"


@dataclass(frozen=True, slots=True)
class PairingShown:
    """What the screen draws of a pairing. `name` names it in forms; `codes` are those to pick from."""

    stage: Stage
    name: str = ""
    code: CodeView | None = None
    codes: tuple[str, ...] = ()
    is_incoming: bool = False
    paired: PairedView | None = None
    failure: EdenmeshError | None = None

    @property
    def is_wrong_code(self) -> bool:
        """Whether a person said no once there was a code: of all that may fail, only that has no other way on."""
        return self.code is not None and self.failure is not None and self.failure.do == PairingFailed.do


class PairingPages:
    """Comparing codes, and how it ended."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        run = Right.RUN
        self.routes = [
            page(renderer, _SCREEN, self.show, right=run),
            page(renderer, f"{_SCREEN}/state", self.state, right=run),
            page(renderer, f"{_SCREEN}/answer", self.show, right=run, act=self.answer),
            page(renderer, f"{_SCREEN}/stop", self.show, right=run, act=self.stop),
            page(renderer, f"{_SCREEN}/block", self.show, right=run, act=self.block),
        ]

    async def show(self, visit: Visit) -> Response:
        """The whole screen."""
        return visit.render("pairing.html", pairing=await self._shown(visit))

    async def state(self, visit: Visit) -> Response:
        """The part of the screen that changes."""
        return visit.render("pairing_state.html", pairing=await self._shown(visit))

    async def answer(self, visit: Visit) -> Response:
        """The code that the person saw on the other screen; where nothing was to compare, that they agree."""
        task = self._device.latest_pairing
        code = task.shown if task is not None else None
        if task is None or code is None or visit.posted.text("pairing") != pairing_name(code):
            raise PairingFailed(
                what="The pairing that was answered is not under way any more.",
                do="See below where pairing stands now; compare anew what the screens show.",
            )
        # Sent twice, or answered in another window: the screen says how that one went.
        if not (task.is_answered or task.is_over):
            is_same = self._is_same(visit, code)
            task.answer(is_same, code=code.code, introducer=visit.posted.is_on("introducer"))
        return visit.go(_SCREEN)

    async def stop(self, visit: Visit) -> Response:
        """Give the pairing up."""
        task = self._device.latest_pairing
        if task is not None and not task.is_over:
            task.give_up()
        return visit.go("/nearby" if task is None else _SCREEN)

    async def block(self, visit: Visit) -> Response:
        """Never meet that device again: the one whose code was on this screen, whichever came since."""
        device = visit.posted.text("device")
        self._device.block(device)
        return visit.go(f"/peers/{device}", visit.texts("It is blocked on this device."))

    def _is_same(self, visit: Visit, code: CodeView) -> bool:
        picked = visit.posted.text("picked")
        if not code.must_compare:
            return picked != NONE_OF_THESE
        task = self._device.latest_pairing
        offered = codes_offered(code, is_incoming=task is not None and task.is_incoming)
        if picked not in (*offered, NONE_OF_THESE):
            raise InvalidInput(
                what="It was not said which code the other screen shows.",
                do="Look at the other screen, then choose the code it shows, or say that it is none of these.",
            )
        return picked == code.code

    async def _shown(self, visit: Visit) -> PairingShown:
        task = self._device.latest_pairing
        stage = stage_of(task, has_shown=visit.query.get("found") == _named(task))
        if task is None:
            return PairingShown(stage)
        paired, failure = await _outcome(task)
        code = task.shown
        return PairingShown(
            stage,
            name=_named(task),
            code=code,
            codes=tuple(codes_offered(code, is_incoming=task.is_incoming)) if code is not None else (),
            is_incoming=task.is_incoming,
            paired=paired,
            failure=failure,
        )


def _named(task: PairingTask | None) -> str:
    code = task.shown if task is not None else None
    return pairing_name(code) if code is not None else "-"


async def _outcome(task: PairingTask) -> tuple[PairedView | None, EdenmeshError | None]:
    """How a pairing ended, where it has."""
    if not task.is_over:
        return None, None
    try:
        return await task.result(), None
    except EdenmeshError as error:
        return None, error
