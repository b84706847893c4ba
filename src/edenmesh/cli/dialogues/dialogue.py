"""One pairing as a person lives it: the code, the question whether both screens show it, the answer, and how it ended.

The question has no default and takes whole words, so that nobody agrees by habit. It is given up when the other side
ends the pairing first. A script answers on standard input: `yes`, `no`, or the digits it read from the other device,
which is yes exactly when they are the same.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from edenmesh.cli.reaching import Answer, Asking, Call, ExitCode
from edenmesh.errors import EdenmeshError, InvalidInput, PairingFailed
from edenmesh.node import CodeView, PairedView

_GIVE_UP_SECONDS: Final = 2.0
_ANSWERS: Final = {"yes": True, "no": False}
_WELCOMES: Final = {
    "we join": "This device is now in the team of {name}.",
    "they join": "{name} is now in your team.",
    "nobody joins": "{name} and this device know each other now.",
    "as guests": "{name} is a guest now and is given nothing yet: `edenmesh share` says what.",
}


class PairingLine(msgspec.Struct, frozen=True):
    """One line of a pairing: waiting for somebody, the code, or the new peer."""

    waiting: bool = False
    code: CodeView | None = None
    paired: PairedView | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Follows pairings and asks the person, where `asks`; `answer` takes the code they saw and what they said."""

    call: Call
    asking: Asking
    answer: Callable[[str, bool], Awaitable[None]]
    asks: bool = True

    async def follow(self, lines: AsyncIterator[Answer]) -> ExitCode:
        """One pairing to its end. Raises PairingFailed with why it came to nothing."""
        async for answer in lines:
            if self.call.is_json:
                self.call.screen.write_json(answer.value)
            line = answer.read(PairingLine)
            if line.code is not None:
                line = await self._decide(line.code, lines)
            if line.paired is not None:
                self._welcome(line.paired)
                return ExitCode.OK
        raise PairingFailed(what="The device stopped before the pairing was done.")

    async def _decide(self, code: CodeView, lines: AsyncIterator[Answer]) -> PairingLine:
        """Show the code and ask, until there is an answer or no need for one; then the last line."""
        self._show(code)
        last = asyncio.ensure_future(_next(lines))
        try:
            if self.asks:
                await self._ask(code, last)
            answer = await last
        except BaseException:
            if not last.done() or last.cancelled():
                await self._give_up(code)
            last.cancel()
            raise
        if self.call.is_json:
            self.call.screen.write_json(answer.value)
        return answer.read(PairingLine)

    async def _ask(self, code: CodeView, last: "asyncio.Future[Answer]") -> None:
        while not last.done():
            typed = asyncio.ensure_future(self.asking.ask(_question(code)))
            waiting: set[asyncio.Future[Any]] = {typed, last}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if not typed.done():
                typed.cancel()
                self.call.screen.note("The other side was faster.")
                return
            said = _meaning(typed.result(), code)
            if said is not None:
                with suppress(InvalidInput):  # somebody answered it in another window: the last line tells how
                    await self.answer(code.code, said)
                return

    async def _give_up(self, code: CodeView) -> None:
        """Whoever leaves without an answer has said no; the other person should not wait for it."""
        with suppress(EdenmeshError, TimeoutError):
            async with asyncio.timeout(_GIVE_UP_SECONDS):
                await self.answer(code.code, False)

    def _show(self, code: CodeView) -> None:
        screen = self.call.screen
        if self.call.is_json:
            return
        screen.say(f"Pairing with {code.peer_name}.")
        screen.say(code.sentence, style="bold")
        screen.code(code.code)
        if not self.asks:
            screen.say("It is answered where `edenmesh visible --wait` runs.")

    def _welcome(self, paired: PairedView) -> None:
        sentence = _WELCOMES.get(paired.joining, "{name} is a peer now.").format(name=paired.name)
        self.call.screen.say(f"Paired. {sentence}", style="green")


def _question(code: CodeView) -> str:
    if not code.must_compare:
        return f"The QR code proves who {code.peer_name} is. Pair? [yes/no] "
    return f"Do both screens show {code.code}? [yes/no] "


def _meaning(typed: str | None, code: CodeView) -> bool | None:
    """What was said; None where it was neither word. No answer at all is a no."""
    if typed is None:
        return False
    digits = "".join(typed.split())
    if digits.isascii() and digits.isdigit():
        return digits == "".join(code.code.split())
    return _ANSWERS.get(typed.casefold())


async def _next(lines: AsyncIterator[Answer]) -> Answer:
    async for answer in lines:
        return answer
    raise PairingFailed(what="The device stopped before the pairing was done.")
