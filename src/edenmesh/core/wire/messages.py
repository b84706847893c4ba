"""The messages of a session, one struct each; `m` names the kind. Parsing is validation of shape and bounds.

The order they come in is the session's business. A message has one encoding, like all that is encoded here: its keys
are in order, `m` in its place among them. A field newer than this program is passed over; a kind newer than it ends
the session, since the versions offered in the hello say which kinds both know.
"""

from typing import Final, TypeAlias

import msgspec

from edenmesh.core.encoding import decode
from edenmesh.core.ids import ID_BYTES, tagged_hash
from edenmesh.core.limits import (
    CHUNK_BYTES,
    CLOSE_TEXT_CHARS_MAX,
    CODE_CHARS_MAX,
    COUNT_MAX,
    FILE_BYTES_MAX,
    FORM_BYTES_MAX,
    FORMS_MAX,
    FRAME_BYTES_MAX,
    LISTED_IDS_FRAME,
    LISTED_IDS_MAX,
    LOG_VERSIONS_MAX,
    NAME_CHARS_MAX,
    PART_VERSIONS_MAX,
    TALLY_TABLES_MAX,
    VECTOR_LOGS_FRAME,
)
from edenmesh.core.reconcile import Mark
from edenmesh.core.trust import Seal
from edenmesh.core.wire.filling import HolesFilled, HolesHere, HolesMissing, HolesTaken, HolesWanted
from edenmesh.core.wire.offering import Offer, Wish
from edenmesh.core.wire.shapes import BaseMessage, are_ids, is_text, require, require_log
from edenmesh.errors import RemoteProtocolError

PROTOCOL: Final = 1
"""The version of the session protocol this program speaks."""


class Intent(BaseMessage, frozen=True, tag="intent"):
    """The dialler's first message: what the encounter is for, `pair` or `sync`."""

    kind: str

    def __post_init__(self) -> None:
        require(is_text(self.kind, CODE_CHARS_MAX), "an intent")


class Hello(BaseMessage, frozen=True, tag="hello"):
    """Opens a session: the mesh, the hash of the charter held, 16 fresh bytes, the protocol versions offered.

    Mesh and charter are `blinded` by the nonce: whoever knows them sees whether they are the same, and nobody else
    learns them, or meets them again. `port` is where the sender listens, so that the listener of today can dial
    tomorrow; 0 where it does not.
    """

    charter: bytes
    mesh: bytes
    nonce: bytes
    port: int
    versions: list[int]

    def __post_init__(self) -> None:
        require(are_ids(self.charter, self.mesh) and len(self.nonce) == ID_BYTES // 2, "a hello names no mesh")
        is_offer = len(self.versions) <= ID_BYTES and all(0 <= one <= COUNT_MAX for one in self.versions)
        require(is_offer, "the versions a hello offers")
        require(0 <= self.port < 1 << 16, "a hello names no port")


class CharterIds(BaseMessage, frozen=True, tag="charter_ids"):
    """Ids of all charter entries held, in as many messages as they need; `is_last` marks the last.

    A device that does not know the peer as a member names none.
    """

    ids: list[bytes]
    is_last: bool

    def __post_init__(self) -> None:
        require(len(self.ids) <= LISTED_IDS_FRAME and are_ids(*self.ids), "charter ids")
        require(self.is_last or bool(self.ids), "no charter ids")


class CharterEntries(BaseMessage, frozen=True, tag="charter_entries"):
    """Charter entries the peer does not have, parents before children."""

    entries: list[bytes]

    def __post_init__(self) -> None:
        require(bool(self.entries), "no charter entries")


class CharterDone(BaseMessage, frozen=True, tag="charter_done"):
    """All charter entries the peer lacked were sent, and all it sent are durable; the hash of the result."""

    charter: bytes

    def __post_init__(self) -> None:
        require(are_ids(self.charter), "a charter hash")


class Have(BaseMessage, frozen=True, tag="have"):
    """The hash over the hashes of all forms held, and the set hash over the logs held."""

    forms: bytes
    set_hash: bytes

    def __post_init__(self) -> None:
        require(are_ids(self.forms, self.set_hash), "the hash of forms or of logs")


class Forms(BaseMessage, frozen=True, tag="forms"):
    """Hashes of all forms held: said where they are not the peer's."""

    forms: list[bytes]

    def __post_init__(self) -> None:
        require(len(self.forms) <= FORMS_MAX and are_ids(*self.forms), "the forms held")


class FormBytes(BaseMessage, frozen=True, tag="form"):
    """One form the peer does not have."""

    form: bytes

    def __post_init__(self) -> None:
        require(len(self.form) <= FORM_BYTES_MAX, "a form is too long")


class Vector(BaseMessage, frozen=True, tag="vector"):
    """Every log held: author, size, root; in as many messages as they need, of which `is_last` marks the last."""

    is_last: bool
    logs: list[Mark]

    def __post_init__(self) -> None:
        require(len(self.logs) <= VECTOR_LOGS_FRAME, "too many logs")
        require(self.is_last or bool(self.logs), "no logs")
        for log in self.logs:
            require_log(log)


class Differ(BaseMessage, frozen=True, tag="differ"):
    """The peer's log is no beginning of ours: list its ids."""

    log: Mark

    def __post_init__(self) -> None:
        require_log(self.log)


class Ids(BaseMessage, frozen=True, tag="ids"):
    """Ids of a log from `start` on; the list is whole when it has reached the log's size."""

    ids: list[bytes]
    log: Mark
    start: int

    def __post_init__(self) -> None:
        require_log(self.log)
        require(0 < len(self.ids) <= LISTED_IDS_FRAME and are_ids(*self.ids), "listed ids")
        require(self.log.size <= LISTED_IDS_MAX and 0 <= self.start <= self.log.size, "a list of ids is too long")


class Want(BaseMessage, frozen=True, tag="want"):
    """Give the versions of a listed log from `start` on."""

    log: Mark
    start: int

    def __post_init__(self) -> None:
        require_log(self.log)
        require(0 <= self.start <= self.log.size, "a wanted log begins after its end")


class Part(BaseMessage, frozen=True, tag="part", omit_defaults=True):
    """Versions of one log in seq order from `start`; `base` is the tree head before the part's first version.

    In the place of a version that the giver does not have stands a hole: its id and a byte that says why. A part may
    take several messages; the last has the seal.
    """

    author: bytes
    base: bytes
    start: int
    versions: list[bytes]
    seal: Seal | None = None

    def __post_init__(self) -> None:
        require(are_ids(self.author, self.base) and 0 <= self.start <= LOG_VERSIONS_MAX, "the head of a log part")
        require(0 < len(self.versions) <= PART_VERSIONS_MAX, "the length of a log part")


class Given(BaseMessage, frozen=True, tag="given"):
    """All versions the peer lacked were sent."""


class Ack(BaseMessage, frozen=True, tag="ack"):
    """The log up to here is durable at the sender of this message."""

    log: Mark

    def __post_init__(self) -> None:
        require_log(self.log)


class Refused(BaseMessage, frozen=True, tag="refused"):
    """The log up to here was not taken: its author is not named here, has forked too often, or seals too seldom."""

    log: Mark

    def __post_init__(self) -> None:
        require_log(self.log)


class FileWanted(BaseMessage, frozen=True, tag="file_wanted"):
    """Give this file of `size` bytes from `offset` on."""

    file: bytes
    offset: int
    size: int

    def __post_init__(self) -> None:
        require(are_ids(self.file) and 0 <= self.offset < self.size <= FILE_BYTES_MAX, "a wanted file")


class FileChunk(BaseMessage, frozen=True, tag="file_chunk"):
    """A piece of a wanted file; `size` is that of the whole."""

    data: bytes
    file: bytes
    offset: int
    size: int

    def __post_init__(self) -> None:
        require(are_ids(self.file) and 0 < len(self.data) <= CHUNK_BYTES, "a piece of a file")
        is_inside = 0 <= self.offset <= self.size - len(self.data)
        require(is_inside and self.size <= FILE_BYTES_MAX, "the place of a piece in its file")


class FileTaken(BaseMessage, frozen=True, tag="file_taken"):
    """The first `have` bytes of a file were stored by the sender of this message, who then looks if its hash holds."""

    file: bytes
    have: int

    def __post_init__(self) -> None:
        require(are_ids(self.file) and 0 < self.have <= FILE_BYTES_MAX, "what was taken of a file")


class FileMissing(BaseMessage, frozen=True, tag="file_missing"):
    """The wanted file is not here whole, or has another size."""

    file: bytes

    def __post_init__(self) -> None:
        require(are_ids(self.file), "a missing file")


class FileHere(BaseMessage, frozen=True, tag="file_here"):
    """A file that was missing when it was wanted has come."""

    file: bytes

    def __post_init__(self) -> None:
        require(are_ids(self.file), "a file that has come")


class Tally(BaseMessage, frozen=True, kw_only=True, tag="tally", omit_defaults=True):
    """What the sender holds at the end: the word on which "everything" rests (design, section 4).

    Counts are of records by table, of versions absent, waiting, quarantined and purged, and of files not whole.
    `forms` is a hash over the hashes of all forms held. A tally that is no answer asks for one.
    """

    absent: int = 0
    charter: bytes
    files_missing: int = 0
    forms: bytes
    is_answer: bool = False
    purged: int = 0
    quarantined: int = 0
    records: dict[str, int] = msgspec.field(default_factory=dict)
    set_hash: bytes
    waiting: int = 0

    def __post_init__(self) -> None:
        require(are_ids(self.charter, self.forms, self.set_hash), "the hashes of a tally")
        require(len(self.records) <= TALLY_TABLES_MAX, "a tally counts too many tables")
        counts = (self.absent, self.files_missing, self.purged, self.quarantined, self.waiting, *self.records.values())
        require(all(0 <= count <= COUNT_MAX for count in counts), "a count of a tally")
        require(all(is_text(table, NAME_CHARS_MAX) for table in self.records), "a table of a tally")


class Ping(BaseMessage, frozen=True, tag="ping"):
    """Asks whether anybody is there."""


class Pong(BaseMessage, frozen=True, tag="pong"):
    """Yes."""


class Close(BaseMessage, frozen=True, tag="close"):
    """The last message, with a word for the program and a sentence for the person."""

    code: str
    text: str

    def __post_init__(self) -> None:
        is_said = is_text(self.code, CODE_CHARS_MAX) and is_text(self.text, CLOSE_TEXT_CHARS_MAX)
        require(is_said and self.text.isprintable(), "the closing words")


Message: TypeAlias = (
    Intent
    | Hello
    | CharterIds
    | CharterEntries
    | CharterDone
    | Have
    | Forms
    | FormBytes
    | Vector
    | Differ
    | Ids
    | Want
    | Part
    | Given
    | Ack
    | Refused
    | HolesWanted
    | HolesFilled
    | HolesMissing
    | HolesTaken
    | HolesHere
    | FileWanted
    | FileChunk
    | FileTaken
    | FileMissing
    | FileHere
    | Offer
    | Wish
    | Tally
    | Ping
    | Pong
    | Close
)

_DECODER: Final[msgspec.msgpack.Decoder[Message]] = msgspec.msgpack.Decoder(Message)
# Sorts the keys of structs too, and so puts the tag in its place; structs inside stand in key order already.
_ENCODER: Final = msgspec.msgpack.Encoder(order="sorted")


def encode_message(message: Message) -> bytes:
    """The body of the frame that carries a message."""
    return _ENCODER.encode(message)


def decode_message(body: bytes) -> Message:
    """Read a frame's body. Raises RemoteProtocolError where it is no message within bounds in canonical encoding."""
    try:
        message = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RemoteProtocolError(what=f"A frame holds no message this program knows: {error}.") from error
    if _ENCODER.encode(message) != body:
        # Either not canonical or with fields this program does not know: only the slower generic check can tell.
        decode(body, FRAME_BYTES_MAX)
    return message


def blinded(nonce: bytes, value: bytes) -> bytes:
    """How a hello names a mesh or a charter to those who know it."""
    return tagged_hash("hello", nonce, value)
