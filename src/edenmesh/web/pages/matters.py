"""What a person has to decide about a record, as a screen asks it: one matter after the other, each with its answers.

The state of a record says what is open; this gives it an order and names. A server that has gone back is asked about
alone, since any other decision would answer it in passing; the note is decided first, as what another field does not
take may go into it. No answer stands for what nobody said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edenmesh.node import ActView, ChoiceView, Decision, FieldView, Json, QuestionView, RecordView, StrandView
from edenmesh.web.pages.posting import Posted

NOTE: Final = "comments"
OWN: Final = "own"
OPEN: Final = ("conflict", "identity conflict", "deleted and edited", "server gone back", "contradicting decisions")
"""The words of a record's flags that ask a person something."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value, or one row of values that belong together: who gave it, and how a form names it."""

    values: tuple[Json, ...]
    said: ChoiceView
    place: int

    @property
    def answer(self) -> str:
        """What a form says for it."""
        return f"{self.said.version} {self.place}"


@dataclass(frozen=True, slots=True)
class FieldMatter:
    """Fields decided as one, often a single one, with the values that stand against each other."""

    names: tuple[str, ...]
    choices: tuple[Choice, ...]
    is_restrictive: bool

    @property
    def name(self) -> str:
        """The field by which it is named in a form."""
        return self.names[0]


@dataclass(frozen=True, slots=True)
class Matters:
    """All that is open about a record with one strand."""

    fields: tuple[FieldMatter, ...] = ()
    deletions: tuple[ActView, ...] = ()
    edits: tuple[ActView, ...] = ()
    questions: tuple[QuestionView, ...] = ()

    @property
    def is_contested(self) -> bool:
        """Whether one deleted what another edited."""
        return bool(self.deletions)

    @property
    def is_lost(self) -> bool:
        """Whether every server that has gone back has lost the record."""
        return bool(self.questions) and all(one.is_gone for one in self.questions)

    @property
    def can_take_older(self) -> bool:
        """Whether there is one older state that could be taken."""
        return len(self.questions) == 1 and not self.questions[0].is_gone


def is_open(record: RecordView) -> bool:
    """Whether a person has anything to decide about it."""
    return any(one in OPEN for one in record.flags)


def matters_of(record: RecordView) -> Matters:
    """What is to be decided; nothing for a record whose strands are to be told apart first."""
    if len(record.strands) != 1:
        return Matters()
    strand = record.strands[0]
    if record.questions:
        return Matters(questions=record.questions)
    is_contested = bool(strand.deletions) and not strand.is_deleted
    return Matters(
        tuple(_fields(strand)),
        strand.deletions if is_contested else (),
        strand.edits if is_contested else (),
    )


def decision_of(posted: Posted) -> Decision:
    """What a form says about a record. It follows exactly the heads that were on the screen.

    The form alone says it: what is open by now may be something else.
    """
    picks: dict[str, tuple[str, int]] = {}
    values: dict[str, str] = {}
    both: list[str] = []
    for name in posted.all("matter"):
        typed = {one: posted.text(f"own.{one}") for one in posted.all(f"fields.{name}")}
        # Who typed a value and chose none of those shown means the one they typed.
        answer = posted.text(f"choice.{name}") or (OWN if any(typed.values()) else "")
        if answer == OWN:
            values.update(typed)
        elif answer:
            version, _, place = answer.partition(" ")
            picks[name] = (version, int(place) if place.isascii() and place.isdigit() else -1)
        if answer and posted.is_on(f"both.{name}"):
            both.append(name)
    keep = {"keep": True, "delete": False}.get(posted.text("keep"))
    return Decision(
        values=values,
        picks=picks,
        both=both,
        keep=False if posted.text("server") == "delete" else keep,
        server=posted.text("server") if posted.text("server") in ("ours", "older") else "",
        heads=posted.all("head"),
        why=posted.text("why").strip(),
    )


def _fields(strand: StrandView) -> Iterator[FieldMatter]:
    undecided = {name: one for name, one in strand.fields.items() if one.is_undecided}
    groups = dict.fromkeys(tuple(one.unit) or (name,) for name, one in undecided.items())
    for names in sorted(groups, key=lambda group: NOTE not in group):
        shown = [strand.fields[name] for name in names if name in strand.fields]
        yield FieldMatter(names, tuple(_choices(shown)), any(one.is_restrictive for one in shown))


def _choices(fields: list[FieldView]) -> Iterator[Choice]:
    for place, said in enumerate(fields[0].choices):
        yield Choice(tuple(one.choices[place].value for one in fields), said, place)
