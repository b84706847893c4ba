"""What a person has to decide about a record, matter by matter, and what each answer says to the device.

Matters of one kind (the same field and the same people; the same server; the same two who deleted and edited) have
answers of the same names, so that one answer can be given to all of them. No answer stands for what nobody said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from edenmesh.cli.drawing.screen import moment
from edenmesh.cli.drawing.views import Act, Choice, FieldShown, GoneBack, RecordShown, StrandShown
from edenmesh.node import Json

Body = dict[str, Json]
DELETE: Final = "delete"
NOTE: Final = "comments"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer to a matter. `name` is the same in all matters of a kind; `text` is shown beside its number.

    `ends`: with it nothing else of the record needs to be decided. `version` gave the value, where it is one.
    """

    name: str
    text: str
    beside: str
    body: Body
    ends: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to decide: a title, the replies there are, and the fields for which another value may be typed."""

    kind: tuple[str, ...]
    title: str
    question: str
    replies: tuple[Reply, ...]
    fields: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    def reply(self, name: str) -> Reply | None:
        """The reply of that name, where there is exactly one."""
        found = [one for one in self.replies if one.name == name]
        return found[0] if len(found) == 1 else None

    @property
    def can_be_shared(self) -> bool:
        """Whether its replies are told apart by their names, so that one may be meant for all of the kind."""
        return len({one.name for one in self.replies}) == len(self.replies)


def matters_of(record: RecordShown) -> list[Matter]:
    """What is to be decided of a record with one strand, in the order in which it is asked.

    A server that has gone back comes alone: any other decision would answer it in passing.
    """
    if len(record.strands) != 1:
        return []
    if record.questions:
        return [_gone_back(record)]
    strand = record.strands[0]
    matters = [_deleted(record, strand)] if strand.deletions and not strand.is_deleted else []
    groups = dict.fromkeys(tuple(one.unit) or (name,) for name, one in strand.undecided.items())
    # The note is decided first: what another field does not take may go into it.
    groups_in_order = sorted(groups, key=lambda names: NOTE not in names)
    matters += [_field(record, strand, [one for one in names if one in strand.fields]) for names in groups_in_order]
    return matters


def merged(bodies: Iterable[Mapping[str, Json]]) -> Body:
    """Several answers as one."""
    whole: Body = {}
    for body in bodies:
        for key, value in body.items():
            known = whole.get(key)
            if isinstance(known, dict) and isinstance(value, dict):
                whole[key] = {**known, **value}
            elif isinstance(known, list) and isinstance(value, list):
                whole[key] = [*known, *value]
            else:
                whole[key] = value
    return whole


def said_of(act: Act | Choice) -> str:
    """Who, and when by their clock."""
    return f"by {act.by}, {moment(act.made)}"


def gone_back_words(asked: GoneBack) -> list[str]:
    """A server that has gone back, in words: what it shows, and what is here."""
    seen = f"(seen {said_of(asked.seen)})"
    if asked.is_gone:
        return [f"{asked.server} does not have this record any more {seen}."]
    differs = [f"  {name}: {one.theirs} there, {one.ours} here" for name, one in asked.differs.items()]
    return [f"{asked.server} shows an older state of this record {seen}:", *differs]


def deleted_words(strand: StrandShown) -> list[str]:
    """A record that one deleted and another edited, in words."""
    deleted = ", ".join(dict.fromkeys(said_of(one) for one in strand.deletions))
    edited = ", ".join(dict.fromkeys(said_of(one) for one in strand.edits))
    return [f"Deleted {deleted}.", f"Edited {edited}, without having seen that."]


def choice_text(fields: Iterable[FieldShown], place: int) -> str:
    """The values in one place of fields that are decided as one."""
    return ", ".join(one.choices[place].text for one in fields)


def _field(record: RecordShown, strand: StrandShown, names: list[str]) -> Matter:
    fields = [strand.fields[name] for name in names]
    replies: list[Reply] = []
    for place, choice in enumerate(fields[0].choices):
        picks: dict[str, Json] = {names[0]: [choice.version, place]}
        way = f", {choice.way}" if choice.way else ""
        replies.append(
            Reply(
                choice.by,
                choice_text(fields, place),
                f"{said_of(choice)}{way}",
                {"picks": picks},
                version=choice.version,
            )
        )
    title = ", ".join(names) + (" (decided as one)" if len(names) > 1 else "")
    lines = ("Until this is decided, the most restrictive value is shown.",) if fields[0].is_restrictive else ()
    people = sorted(reply.name for reply in replies)
    kind = ("field", record.table, *names, *people)
    return Matter(kind, title, "Which is right?", tuple(replies), tuple(names), lines)


def _deleted(record: RecordShown, strand: StrandShown) -> Matter:
    kind = ("deleted", record.table, *sorted(set(strand.deleted_by)), "", *sorted(set(strand.edited_by)))
    replies = (
        Reply("keep", "keep it, with the edits", "", {"keep": True}),
        Reply(DELETE, "delete it for all", "", {"keep": False}, ends=True),
    )
    return Matter(kind, "deleted and edited", "Keep it?", replies, (), tuple(deleted_words(strand)))


def _gone_back(record: RecordShown) -> Matter:
    """Where several servers have gone back, only what can be said of all of them can be said."""
    asked = record.questions
    replies = [Reply("ours", "send it again, as it is here", "", {"server": "ours"}, ends=True)]
    if all(one.is_gone for one in asked):
        words = "it was deleted there: delete it here too"
        replies.append(Reply(DELETE, words, "", {"keep": False}, ends=True))
    elif len(asked) == 1:
        replies.append(Reply("older", "take the server's older values", "", {"server": "older"}, ends=True))
    kind = ("server", *(f"{one.server} {'lost it' if one.is_gone else 'is older'}" for one in asked))
    lines = tuple(line for one in asked for line in gone_back_words(one))
    return Matter(kind, "server gone back", "Which is right?", tuple(replies), (), lines)
