"""Where a record stands, in a word: saved here, given to others, delivered, to be decided about, deleted."""

from typing import Final, NamedTuple

from edenmesh.node import RecordView
from edenmesh.web.texts import Texts, mark


class Status(NamedTuple):
    """A word, and how it looks: good, warn, bad or quiet."""

    text: str
    kind: str


_FLAGS: Final[dict[str, tuple[str, str]]] = {
    "conflict": (mark("Undecided: several values"), "warn"),
    "identity conflict": (mark("Two records under one name"), "warn"),
    "deleted and edited": (mark("Deleted by one, changed by another"), "warn"),
    "server gone back": (mark("A server went back"), "warn"),
    "deleted": (mark("Deleted"), "bad"),
    "waiting": (mark("Waits for a change that has not come"), "quiet"),
    "quarantined": (mark("Part of it is in quarantine"), "bad"),
    "from a newer version": (mark("Needs a newer program"), "quiet"),
    "form awaited": (mark("Its form has not come yet"), "quiet"),
    "contradicting decisions": (mark("Decisions contradict each other"), "warn"),
}


def flags(words: tuple[str, ...], texts: Texts) -> list[Status]:
    """What is open about a record, in words."""
    known = [_FLAGS.get(word, (word, "quiet")) for word in words]
    return [Status(texts(text), kind) for text, kind in known]


def standing(record: RecordView, given_to: tuple[str, ...], rejected: tuple[str, ...], texts: Texts) -> list[Status]:
    """How far a record has come: who has all of it, and which servers hold what is shown."""
    found = [Status(texts("Saved on this device"), "good")]
    if given_to:
        found.append(
            Status(texts.plural("Given to %(count)d device", "Given to %(count)d devices", len(given_to)), "good")
        )
    else:
        found.append(Status(texts("Not known to be on another device"), "quiet"))
    for one in record.deliveries:
        if one.is_delivered:
            found.append(Status(texts("Delivered to %(server)s", server=one.server), "good"))
        elif one.owed or not one.is_seen:
            found.append(Status(texts("Not delivered to %(server)s yet", server=one.server), "quiet"))
    found += [Status(texts("Rejected by a server: %(why)s", why=why), "bad") for why in rejected]
    return found
