"""The sets of versions in versions.json: what each is an example of, and in plain words what it shows.

`section` is the paragraph of docs/protocol/versions.md that it follows from.
"""

from typing import Final, NamedTuple


class Case(NamedTuple):
    """A set of versions; those of `uncounted` are by a quarantined author, and `missing_forms` have not come."""

    kind: str
    section: str
    meaning: str
    versions: tuple[str, ...]
    uncounted: tuple[str, ...] = ()
    missing_forms: tuple[str, ...] = ()


_EDITS: Final = ("first", "rename by Amina", "rename by Bo", "status by Bo")
_SERVER: Final = ("first", "rename by Amina", "receipt", "edit on the server")
_STRANDS: Final = ("imported well", "another import")
_PLACES: Final = ("first", "place by Amina", "place by Bo")
_STATUSES: Final = ("first", "rename by Bo", "closed by Amina", "opened by Bo", "empty the status")
_APART: Final = (*_STRANDS, "different", "edit of who left", "edit of who stayed")
_UNDONE: Final = ("first", "rename by Amina", "undo of the rename")

BASIC: Final = (
    Case("one version", "Fields", "a record written once", ("first",)),
    Case("values", "Fields", "every kind of value", ("first", "every kind of value")),
    Case(
        "field conflict",
        "Fields",
        "concurrent values are a conflict; the deeper, then the larger id is shown first",
        _EDITS,
    ),
    Case("resolution", "Fields", "a resolution settles the heads it saw", (*_EDITS, "resolution")),
    Case("late edit", "Fields", "a late edit reopens only the field it touched", (*_EDITS, "resolution", "late edit")),
    Case(
        "emptied field",
        "Fields",
        "an emptied field contradicts a value given apart",
        ("first", "empty the status", "rename by Bo", "status by Bo"),
    ),
    Case(
        "items",
        "Lists",
        "an item stays while one addition of it was not seen by a removal",
        ("first", "two needs", "one more need", "remove the needs"),
    ),
    Case("retract", "Retracts", "a retract covers what its author saw", ("first", "retract")),
    Case(
        "retract and edit",
        "Retracts",
        "a concurrent edit keeps the record visible",
        ("first", "retract", "rename by Amina"),
    ),
    Case("waiting", "What counts", "a version waits for its parents", ("first", "status by Bo")),
    Case(
        "quarantine",
        "What counts",
        "quarantined versions keep their place without effect",
        _EDITS,
        uncounted=("rename by Bo",),
    ),
    Case("delivered", "Delivered", "a delivered record", ("first", "receipt")),
    Case("edit on the server", "Follows", "an edit on the server follows what it saw and what it found", _SERVER),
    Case("echo", "Fields", "what came back from the server is an echo", ("first", "rename by Amina", "pulled back")),
    Case(
        "equal first versions",
        "Nodes",
        "first versions of equal content are one",
        ("imported well", "the same import", "edit of the same"),
    ),
    Case("two strands", "Strands", "unequal first versions are two strands: an identity conflict", _STRANDS),
    Case("newer", "What counts", "what is newer is carried", ("first", "newer op", "newer field", "newer format")),
)

UNDONE: Final = (
    Case(
        "undo of an edit",
        "Undo",
        "the rename has no effect, so the name is that of the first version again; the undo is the only head",
        _UNDONE,
    ),
    Case(
        "undo of an undo",
        "Undo",
        "the undo is undone itself, so it undoes nothing: the name is that of the rename",
        (*_UNDONE, "undo of the undo"),
    ),
    Case(
        "undo of a resolution",
        "Undo",
        "the resolution decides nothing any more: the name is in conflict as it was before",
        (*_EDITS, "resolution", "undo of the resolution"),
    ),
    Case(
        "undo of a retract",
        "Undo",
        "the retract is not live, and the record is there again",
        ("first", "retract", "undo of the retract"),
    ),
    Case(
        "undo of what it does not follow",
        "Undo",
        "an undo that does not follow the version it names says nothing",
        ("first", "rename by Amina", "undo of a rename not seen"),
    ),
)

DECLARED: Final = (
    Case(
        "unit in conflict",
        "Units",
        "lat and lon are both in conflict; the first value of one belongs to the first value of the other",
        _PLACES,
    ),
    Case(
        "partial writer",
        "Units",
        "who gives the longitude alone takes over the latitude: the rows are 1, 5 and 6, 7, in conflict",
        ("first", "place by Amina", "longitude by Bo", "place again by Amina"),
    ),
    Case(
        "partial writer over a conflict",
        "Units",
        "who gives the longitude alone takes over both latitudes: the rows are 1, 8 and 3, 8, so that 8 stands twice",
        (*_PLACES, "longitude of both"),
    ),
    Case(
        "protective field",
        "Protective fields",
        "the status is in conflict; closed, then the empty one are shown first, though half open is the deepest",
        _STATUSES,
    ),
    Case(
        "form awaited",
        "What forms declare",
        "the same without the form of the status: the record says form awaited, and the deepest value is shown first",
        _STATUSES,
        missing_forms=("status",),
    ),
    Case(
        "list in place of a value",
        "Lists",
        "the single value was emptied and items added in one version: the status holds the items alone",
        ("first", "list in place of the status"),
    ),
    Case(
        "list against a value",
        "Lists",
        "while somebody else gave a single value: emptied and that value are in conflict, with the items last",
        ("first", "rename by Bo", "status by Bo", "list in place of the status"),
    ),
    Case(
        "value in place of a list",
        "Lists",
        "a value was set and the items removed in one version: the needs hold the value alone",
        ("first", "two needs", "value in place of the needs"),
    ),
)

DECIDED: Final = (
    Case(
        "same",
        "Decisions",
        "the two strands are one, and what both gave is a field conflict",
        (*_STRANDS, "same"),
    ),
    Case(
        "different",
        "Residence",
        "the strand that leaves resides under the uuid made of its first version, and what is written there names it; "
        "no identity conflict is left",
        _APART,
    ),
    Case(
        "contradiction",
        "Decisions",
        "same and different, neither of which follows the other: none applies, both strands stay in identity conflict",
        (*_STRANDS, "same", "different"),
    ),
    Case(
        "undone decision",
        "Decisions",
        "all is back under the old uuid as two strands, and each keeps what was written while they were apart",
        (*_APART, "undo of different"),
    ),
    Case(
        "strand named",
        "Strands",
        "an edit that follows both strands and names one of them is in that one alone",
        (*_STRANDS, "edit of the clinic"),
    ),
    Case(
        "no strand named",
        "Strands",
        "an edit that follows both strands and names none is in both",
        (*_STRANDS, "edit of both"),
    ),
)

OBSERVED: Final = (
    Case(
        "observation twins",
        "Nodes",
        "two observations of one destination with equal body, stamps and parents are one node: the edit that follows "
        "one follows both, so nothing is in conflict; and they assign only what both set, so the name is still given "
        "by the first version alone",
        ("first", "shut, says the gateway", "shut, says Bo", "edit of what the gateway saw"),
    ),
    Case(
        "two observed values",
        "Fields",
        "observations of different bodies that do not follow each other are in conflict",
        ("first", "shut, says the gateway", "full, says Bo"),
    ),
    Case(
        "ends",
        "Fields",
        "a third observation assigns nothing and names in `ends` the observed status that is there no more: that one "
        "is not live, and the other one is the value",
        ("first", "shut, says the gateway", "full, says Bo", "full again"),
    ),
    Case(
        "repeated value of ours",
        "Fields",
        "an observation gives the name that the first version, which it follows, gave before the rename: it ends no "
        "value of ours, so the name is in conflict",
        ("first", "rename by Amina", "the old name again"),
    ),
    Case(
        "question",
        "Fields",
        "the server has gone back: it lacks what it held, and says so with `after`. The values stay, and it is a "
        "question until a resolve or retract follows it",
        ("first", "receipt", "gone back"),
    ),
    Case(
        "question with values",
        "Fields",
        "the server has gone back to an older state: a question, and its values stand against ours",
        (*_SERVER, "restored"),
    ),
    Case(
        "question answered",
        "Fields",
        "a resolve follows the observation with `after`: no question is left, and the values are those decided",
        (*_SERVER, "restored", "answer"),
    ),
)

CASES: Final = (*BASIC, *UNDONE, *DECLARED, *DECIDED, *OBSERVED)
