"""The switches by which a test makes the stand-in misbehave; all are off at first.

Only what a server may or may not do stands here. What the real server always does (the last arrival wins, unknown
fields vanish, components without a master are orphans) is no fault and cannot be switched off.
"""

from dataclasses import asdict, dataclass, fields
from typing import Literal

from edenmesh.standin.s3json import Json


@dataclass(slots=True)
class Faults:
    """The switches. Those up to `times` concern the answers, the others what a push stores.

    status: answer with this HTTP status instead (500, 503, 401, 403, ...), and do nothing.
    answers_html: do nothing and answer 200 with a page, as a captive portal does.
    cuts_answer: do what was asked, send half of the answer, and close the connection.
    hangs: never answer.
    loses_answer: do what was asked and close the connection without a word.
    delay_seconds: wait before answering.
    concerns: which requests: all, those that read, or those that push.
    skip: let this many of them pass first.
    times: stop after this many; None for no end.

    stores_nothing: answer a push as ever, and forget it.
    drops_field: leave out this field, `name` or `table.name`, and say nothing.
    unique_constraint_times: in this many pushes, refuse the first new record as the real server does when two
        clients push it at once.
    strips_text: trim every text that comes in.
    """

    status: int | None = None
    answers_html: bool = False
    cuts_answer: bool = False
    hangs: bool = False
    loses_answer: bool = False
    delay_seconds: float = 0.0
    concerns: Literal["all", "reads", "pushes"] = "all"
    skip: int = 0
    times: int | None = None

    stores_nothing: bool = False
    drops_field: str | None = None
    unique_constraint_times: int = 0
    strips_text: bool = False

    def strike(self, *, is_push: bool) -> bool:
        """Whether the switches on answers concern this request; counts it."""
        is_on = self.status or self.answers_html or self.cuts_answer or self.hangs or self.loses_answer
        if not (is_on or self.delay_seconds) or self.concerns == ("reads" if is_push else "pushes"):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    def refuse_one_uuid(self) -> bool:
        """Whether this push meets the uniqueness error; counts it."""
        self.unique_constraint_times -= 1
        if self.unique_constraint_times < 0:
            self.unique_constraint_times = 0
            return False
        return True

    def clear(self) -> None:
        """Switch everything off."""
        self.set({field.name: getattr(_OFF, field.name) for field in fields(self)})

    def set(self, switches: dict[str, Json]) -> None:
        """Set some switches by name. Raises `AttributeError` for a name that is none."""
        for name in switches:
            getattr(_OFF, name)
        for name, value in switches.items():
            setattr(self, name, value)

    def encode(self) -> dict[str, Json]:
        """All switches by name."""
        return dict(asdict(self))


_OFF = Faults()
