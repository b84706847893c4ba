"""Records drawn for people: all values, what is provisional marked, and what is open with who and when."""

from typing import Final

from edenmesh.cli.drawing.matters import Matter, deleted_words, matters_of, said_of
from edenmesh.cli.drawing.screen import Screen, moment
from edenmesh.cli.drawing.views import Delivered, Life, RecordShown, StrandShown

MARK: Final = "?"
LEGEND: Final = f"{MARK} nobody has decided yet; it may turn out otherwise."
CLOCKS: Final = "Times are by each device's own clock."
_WIDEST: Final = 40
"""Columns are filled up to it: one long value does not push away who gave the short ones."""


def draw_record(screen: Screen, seen: RecordShown) -> None:
    """A record for people: what is open first, then its values."""
    _draw_head(screen, seen)
    for one in seen.deliveries:
        screen.say(f"At {one.server}: {_standing(one)}")
    if not seen.strands:
        screen.say("Its first change has not come yet; sync with the device that made it.")
    for strand in seen.strands:
        if len(seen.strands) > 1:
            screen.say(f"Strand {strand.id}", style="bold")
        _draw_strand(screen, strand)
    if seen.is_undecided:
        screen.note(f"{LEGEND} {CLOCKS}")


def _standing(one: Delivered) -> str:
    """Where a record stands at a server, in words."""
    if one.is_delivered:
        return "delivered, with a receipt" if one.is_receipt else "delivered, without a receipt"
    owed = ", ".join(one.owed)
    if not one.is_seen:
        return "still owed; nobody has seen it there"
    return f"still owed: {owed}" if owed else "still owed: it is undecided, or was last seen there in another state"


def draw_open(screen: Screen, seen: RecordShown) -> None:
    """What is open about a record, and nothing else."""
    _draw_head(screen, seen)
    if len(seen.strands) > 1:
        draw_strands(screen, seen)
    for matter in matters_of(seen):
        draw_matter(screen, matter, has_ids=True)
    screen.say("")


def draw_flags(screen: Screen, seen: RecordShown, still: str = "") -> None:
    """What is to be known of a record before its values, in a line; "open" only where somebody has to decide."""
    if seen.flags:
        word = f"{still} open".strip().capitalize() if seen.is_open else "State"
        screen.say(f"{word}: {', '.join(seen.flags)}", style="yellow")


def draw_matter(screen: Screen, matter: Matter, *, has_ids: bool = False) -> None:
    """One thing to decide, with its numbered replies; `has_ids` names the versions, too, for who types them."""
    screen.say(f"{matter.title}:", style="bold")
    for line in matter.lines:
        screen.say(f"  {line}")
    width = min(_WIDEST, max(len(one.text) for one in matter.replies))
    for number, one in enumerate(matter.replies, 1):
        beside = "   ".join(["", one.beside, *([one.version] if has_ids else [])]) if one.beside else ""
        screen.say(f"  {number}  {one.text:<{width if beside else 0}}{beside}")


def draw_strands(screen: Screen, seen: RecordShown) -> None:
    """Several strands beside each other, each whole; fields in which they differ are marked."""
    for one in seen.contradictions:
        screen.say(f"Decided {said_of(one)}: {one.text}.")
    if seen.contradictions:
        screen.say("These decisions contradict each other. None of them applies until somebody decides anew.")
    screen.say("Two different beginnings share this uuid. Is it one thing, or are they different?", style="bold")
    names = sorted({name for strand in seen.strands for name in strand.fields})
    rows = [[name, *(_cell(strand, name) for strand in seen.strands)] for name in names]
    heads = [str(number) for number in range(1, len(seen.strands) + 1)]
    marked = [[f"{row[0]}{'' if len(set(row[1:])) == 1 else '  *'}", *row[1:]] for row in rows]
    screen.table(("Field", *heads), marked, empty="They have no values.")
    for number, strand in enumerate(seen.strands, 1):
        begun = f"begun {said_of(strand.begun)}" if strand.begun is not None else ""
        keeps = "; it is offered to keep the uuid" if strand.id == seen.keeper else ""
        gone = "; deleted since" if strand.is_deleted else ""
        screen.say(f"  {number}  {begun}{gone}{keeps}  {strand.id}")
    screen.say("  *  they differ")


def _cell(strand: StrandShown, name: str) -> str:
    field = strand.fields.get(name)
    if field is None:
        return ""
    return "  |  ".join(f"{choice.text} {MARK}" for choice in field.choices) if field.is_undecided else field.text


def _draw_head(screen: Screen, seen: RecordShown) -> None:
    screen.say(seen.label, style="bold")
    screen.say(f"{seen.table} {seen.uuid}")
    draw_flags(screen, seen)


def _draw_strand(screen: Screen, strand: StrandShown) -> None:
    if strand.deletions:
        words = deleted_words(strand) if strand.edits else deleted_words(strand)[:1]
        for line in words:
            screen.say(line, style="yellow")
    rows: list[tuple[str, str, str]] = []
    for name, field in strand.fields.items():
        if not field.is_undecided:
            rows.append((name, field.text, ""))
            continue
        rows += [
            (name, f"{choice.text}  {MARK}", f"{said_of(choice)}, {choice.way}, {choice.version}")
            for choice in field.choices
        ]
    screen.table(("Field", "Value", ""), rows, empty="It has no values.")


def draw_life(screen: Screen, life: Life) -> None:
    """The life of a record, an event a line, with what else is to be known of it below."""
    screen.say(f"{life.label}   {life.table} {life.uuid}", style="bold")
    for one in life.events:
        screen.say(f"{moment(one.made)}  {one.text}")
        for note in one.notes:
            screen.say(f"    {note}", style="yellow")
