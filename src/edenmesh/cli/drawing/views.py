"""What commands draw of the local API's answers; what else it tells is for those who ask for JSON."""

from typing import Any

import msgspec


class Choice(msgspec.Struct, frozen=True):
    """One value a field may have: what, by whom, when their clock said (milliseconds since 1970), in which version."""

    value: Any
    text: str
    by: str
    made: int
    version: str
    way: str = ""


class FieldShown(msgspec.Struct, frozen=True):
    """One field: its value, and all choices where no one has chosen yet; `unit` are those decided as one with it."""

    text: str
    is_undecided: bool
    choices: list[Choice] = []
    unit: list[str] = []
    is_restrictive: bool = False


class Act(msgspec.Struct, frozen=True):
    """That somebody did something, and when their clock said."""

    by: str
    made: int
    version: str
    text: str = ""


class StrandShown(msgspec.Struct, frozen=True):
    """One strand of a record: normally the only one."""

    id: str
    fields: dict[str, FieldShown]
    is_deleted: bool
    deleted_by: list[str] = []
    edited_by: list[str] = []
    heads: list[str] = []
    begun: Act | None = None
    deletions: list[Act] = []
    edits: list[Act] = []

    @property
    def undecided(self) -> dict[str, FieldShown]:
        """Fields with several values no one has chosen between."""
        return {name: field for name, field in self.fields.items() if field.is_undecided}


class OlderValue(msgspec.Struct, frozen=True):
    """A field of a server that has gone back: what it shows now, and what is shown here."""

    theirs: str
    ours: str


class GoneBack(msgspec.Struct, frozen=True):
    """A server that has gone back: it lost the record, or shows an older state of it."""

    server: str
    is_gone: bool
    seen: Act
    differs: dict[str, OlderValue] = {}


class Delivered(msgspec.Struct, frozen=True):
    """Where a record stands at one server."""

    server: str
    is_delivered: bool
    is_receipt: bool
    owed: list[str] = []
    is_seen: bool = False


class RecordShown(msgspec.Struct, frozen=True):
    """One record, whole."""

    table: str
    uuid: str
    label: str
    flags: list[str]
    strands: list[StrandShown]
    delivered_to: list[str] = []
    versions: int = 0
    is_undecided: bool = False
    heads: list[str] = []
    keeper: str = ""
    questions: list[GoneBack] = []
    contradictions: list[Act] = []
    deliveries: list[Delivered] = []

    @property
    def is_open(self) -> bool:
        """Whether a person has something to decide about it."""
        return self.is_undecided or bool(self.questions or self.contradictions)


class Event(msgspec.Struct, frozen=True):
    """One version in the life of a record, in words."""

    version: str
    by: str
    made: int
    text: str
    notes: list[str] = []
    can_undo: bool = False


class Life(msgspec.Struct, frozen=True):
    """The life of a record, oldest first."""

    table: str
    uuid: str
    label: str
    events: list[Event]


class RecordListed(msgspec.Struct, frozen=True):
    """One record in a list."""

    table: str
    uuid: str
    label: str
    flags: list[str]
    is_undecided: bool = False


class RecordPage(msgspec.Struct, frozen=True):
    """Some records of a table as JSON, and where the next ones begin; 0 where there are none."""

    records: list[Any]
    after: int


class FormListed(msgspec.Struct, frozen=True):
    """One form."""

    table: str
    title: str
    fields: int


class NearbyListed(msgspec.Struct, frozen=True):
    """A device seen on the network."""

    call_sign: str
    addresses: list[str]
    port: int
    is_member: bool


class ShownNow(msgspec.Struct, frozen=True):
    """How others see this device now: `until` is wall time in seconds since 1970."""

    call_sign: str
    until: float
    addresses: list[str]
    port: int
    qr: str


class CheckSeen(msgspec.Struct, frozen=True):
    """One check of the doctor."""

    name: str
    is_well: bool
    text: str
    do: str = ""


class DestinationListed(msgspec.Struct, frozen=True):
    """A server this device may deliver to, or one that a steward pinned."""

    name: str
    url: str
    user: str = ""
    pin: str = ""
    is_pinned: bool = False
    team_pin: str = ""
    is_disputed: bool = False
    is_set_up: bool = True


class LeftOver(msgspec.Struct, frozen=True):
    """A record that is still owed, wholly or in part: held back for a reason, or rejected for what the server said."""

    table: str
    uuid: str
    label: str
    reason: str = ""
    what: str = ""


class Result(msgspec.Struct, frozen=True):
    """What a delivery or a pull came to."""

    delivered: int = 0
    receipts_total: int = 0
    read_again: int = 0
    is_pinned: bool = False
    sent: int = 0
    already_there: int = 0
    owed_total: int = 0
    held: list[LeftOver] = []
    rejected: list[LeftOver] = []
    forms: int = 0
    seen: int = 0
    written: int = 0
    problems: list[str] = []


class Step(msgspec.Struct, frozen=True):
    """How far a delivery or a pull is; `total` is None where nobody knows it. The last one holds the result."""

    step: str
    table: str = ""
    done: int = 0
    total: int | None = None
    result: Result | None = None


class PlannedField(msgspec.Struct, frozen=True):
    """A value that would be sent, and what the server shows now; empty for nothing."""

    name: str
    ours: str
    theirs: str = ""


class PlanLine(msgspec.Struct, frozen=True):
    """What a delivery would do about one record, and why not more."""

    table: str
    uuid: str
    label: str
    action: str
    fields: list[PlannedField] = []
    reasons: list[str] = []


class FormOfTable(msgspec.Struct, frozen=True):
    """A form of a table, and whether a steward chose it."""

    table: str
    id: str
    title: str
    fields: int
    rules: int
    is_current: bool
    is_here: bool = True


class HeldRecord(msgspec.Struct, frozen=True):
    """A record with versions without effect."""

    table: str
    uuid: str
    label: str
    versions: int


class HeldBack(msgspec.Struct, frozen=True):
    """What of one author has no effect, and why."""

    author: str
    name: str
    why: str
    versions: int
    records: list[HeldRecord]


class Handed(msgspec.Struct, frozen=True):
    """What a guest handed in."""

    author: str
    device_name: str
    versions: int
    size_bytes: int
    records: list[HeldRecord]
    withheld: int = 0
    after: int = 0


class Quarantined(msgspec.Struct, frozen=True):
    """All that has no effect."""

    held_back: list[HeldBack]
    pen: list[Handed]
    entries: int = 0
    is_whole: bool = True
