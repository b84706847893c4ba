"""The messages of a session, one struct each; `m` names the kind. Parsing is validation of shape and bounds.

The order they come in is the session's business. A field newer than this program is passed over; a kind newer than
it ends the session, since the versions offered in the hello say which kinds both know.
"""

from typing import Final, TypeAlias

import msgspec

from edenmesh.core.encoding import encode
from edenmesh.core.ids import ID_BYTES
from edenmesh.core.limits import (
    CHUNK_BYTES,
    CLOSE_TEXT_CHARS_MAX,
    FILE_BYTES_MAX,
    FORM_BYTES_MAX,
    FORMS_MAX,
    LISTED_IDS_FRAME,
    LISTED_IDS_MAX,
    PART_VERSIONS_MAX,
    VECTOR_LOGS_MAX,
)
from edenmesh.core.reconcile import Mark
from edenmesh.core.trust import Seal
from edenmesh.errors import RemoteProtocolError

PROTOCOL: Final = 1
"""The version of the session protocol this program speaks."""


class _Message(msgspec.Struct, frozen=True, tag_field="m"):
    """What all messages are. Each checks its own bounds when it is made, so one out of bounds cannot be had."""


class Intent(_Message, frozen=True, tag="intent"):
    """The dialler's first message: what the encounter is for, `pair` or `sync`."""

    kind: str


class Hello(_Message, frozen=True, tag="hello"):
    """Opens a session: the mesh, the hash of the charter held, 16 fresh bytes, the protocol versions offered.

    `port` is where the sender listens, so that the listener of today can dial tomorrow; 0 where it does not.
    """

    charter: bytes
    mesh: bytes
    nonce: bytes
    port: int
    versions: list[int]

    def __post_init__(self) -> None:
        _require(_are_ids(self.charter, self.mesh) and len(self.nonce) == ID_BYTES // 2, "a hello names no mesh")
        _require(len(self.versions) <= ID_BYTES, "a hello offers too many versions")
        _require(0 <= self.port < 1 << 16, "a hello names no port")


class CharterIds(_Message, frozen=True, tag="charter_ids"):
    """Ids of all charter entries held, in as many messages as they need; `is_last` marks the last.

    A device that does not know the peer as a member names none.
    """

    ids: list[bytes]
    is_last: bool

    def __post_init__(self) -> None:
        _require(len(self.ids) <= LISTED_IDS_FRAME and _are_ids(*self.ids), "charter ids")


class CharterEntries(_Message, frozen=True, tag="charter_entries"):
    """Charter entries the peer does not have, parents before children."""

    entries: list[bytes]


class CharterDone(_Message, frozen=True, tag="charter_done"):
    """All charter entries the peer lacked were sent, and all it sent are durable; the hash of the result."""

    charter: bytes

    def __post_init__(self) -> None:
        _require(_are_ids(self.charter), "a charter hash")


class Have(_Message, frozen=True, tag="have"):
    """Hashes of the forms held, and the set hash over the logs held."""

    forms: list[bytes]
    set_hash: bytes

    def __post_init__(self) -> None:
        _require(len(self.forms) <= FORMS_MAX and _are_ids(*self.forms, self.set_hash), "forms or the set hash")


class FormBytes(_Message, frozen=True, tag="form"):
    """One form the peer does not have."""

    form: bytes

    def __post_init__(self) -> None:
        _require(len(self.form) <= FORM_BYTES_MAX, "a form is too long")


class Vector(_Message, frozen=True, tag="vector"):
    """Every log held: author, size, root."""

    logs: list[Mark]

    def __post_init__(self) -> None:
        _require(len(self.logs) <= VECTOR_LOGS_MAX, "too many logs")
        for log in self.logs:
            _require_log(log)


class Differ(_Message, frozen=True, tag="differ"):
    """The peer's log is no beginning of ours: list its ids."""

    log: Mark

    def __post_init__(self) -> None:
        _require_log(self.log)


class Ids(_Message, frozen=True, tag="ids"):
    """Ids of a log from `start` on; the list is whole when it has reached the log's size."""

    ids: list[bytes]
    log: Mark
    start: int

    def __post_init__(self) -> None:
        _require_log(self.log)
        _require(len(self.ids) <= LISTED_IDS_FRAME and _are_ids(*self.ids), "listed ids")
        _require(self.log.size <= LISTED_IDS_MAX and self.start >= 0, "a list of ids is too long")


class Want(_Message, frozen=True, tag="want"):
    """Give the versions of a listed log from `start` on."""

    log: Mark
    start: int

    def __post_init__(self) -> None:
        _require_log(self.log)
        _require(0 <= self.start <= self.log.size, "a wanted log begins after its end")


class Part(_Message, frozen=True, tag="part", omit_defaults=True):
    """Versions of one log in seq order from `start`; `base` is the tree head before the part's first version.

    A part may take several messages; the last has the seal.
    """

    author: bytes
    base: bytes
    start: int
    versions: list[bytes]
    seal: Seal | None = None

    def __post_init__(self) -> None:
        _require(_are_ids(self.author, self.base) and self.start >= 0, "the head of a log part")
        _require(0 < len(self.versions) <= PART_VERSIONS_MAX, "the length of a log part")


class Given(_Message, frozen=True, tag="given"):
    """All versions the peer lacked were sent."""


class Ack(_Message, frozen=True, tag="ack"):
    """The log up to here is durable at the sender of this message."""

    log: Mark

    def __post_init__(self) -> None:
        _require_log(self.log)


class FileWanted(_Message, frozen=True, tag="file_wanted"):
    """Give this file from `offset` bytes on."""

    file: bytes
    offset: int

    def __post_init__(self) -> None:
        _require(_are_ids(self.file) and self.offset >= 0, "a wanted file")


class FileChunk(_Message, frozen=True, tag="file_chunk"):
    """A piece of a wanted file; `size` is that of the whole."""

    data: bytes
    file: bytes
    offset: int
    size: int

    def __post_init__(self) -> None:
        _require(_are_ids(self.file) and self.offset >= 0, "a piece of a file")
        _require(0 < len(self.data) <= CHUNK_BYTES and self.size <= FILE_BYTES_MAX, "the size of a piece or its file")


class FileMissing(_Message, frozen=True, tag="file_missing"):
    """The wanted file is not here whole."""

    file: bytes

    def __post_init__(self) -> None:
        _require(_are_ids(self.file), "a missing file")


class Tally(_Message, frozen=True, tag="tally"):
    """What the sender holds at the end: the word on which "everything" rests (design, section 4).

    Counts are of records by table, of versions waiting, quarantined and purged, and of files not whole.
    """

    charter: bytes
    files_missing: int
    purged: int
    quarantined: int
    records: dict[str, int]
    set_hash: bytes
    waiting: int

    def __post_init__(self) -> None:
        _require(_are_ids(self.charter, self.set_hash), "the hashes of a tally")


class Ping(_Message, frozen=True, tag="ping"):
    """Asks whether anybody is there."""


class Pong(_Message, frozen=True, tag="pong"):
    """Yes."""


class Close(_Message, frozen=True, tag="close"):
    """The last message, with a word for the program and a sentence for the person."""

    code: str
    text: str

    def __post_init__(self) -> None:
        _require(len(self.text) <= CLOSE_TEXT_CHARS_MAX, "the closing words are too many")


Message: TypeAlias = (
    Intent
    | Hello
    | CharterIds
    | CharterEntries
    | CharterDone
    | Have
    | FormBytes
    | Vector
    | Differ
    | Ids
    | Want
    | Part
    | Given
    | Ack
    | FileWanted
    | FileChunk
    | FileMissing
    | Tally
    | Ping
    | Pong
    | Close
)

_DECODER: Final[msgspec.msgpack.Decoder[Message]] = msgspec.msgpack.Decoder(Message)


def encode_message(message: Message) -> bytes:
    """The body of the frame that carries a message."""
    return encode(message)


def decode_message(body: bytes) -> Message:
    """Read a frame's body. Raises RemoteProtocolError where it is no message within bounds."""
    try:
        message = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RemoteProtocolError(what=f"A frame holds no message this program knows: {error}.") from error
    return message


def _require(condition: bool, what: str) -> None:
    # msgspec turns a ValueError raised while decoding into a DecodeError that names the place.
    if not condition:
        raise ValueError(what)


def _require_log(log: Mark) -> None:
    _require(_are_ids(log.author, log.root) and log.size >= 0, "a log is not named as logs are")


def _are_ids(*values: bytes) -> bool:
    return all(len(value) == ID_BYTES for value in values)
