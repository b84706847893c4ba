"""The messages of a session, one struct each; `m` names the kind. Parsing is validation of shape and bounds.

The order they come in is the session's business. A field newer than this program is passed over; a kind newer than
it ends the session, since the versions offered in the hello say which kinds both know.
"""

from typing import Final, TypeAlias

import msgspec

from edenmesh.core.encoding import encode
from edenmesh.core.ids import ID_BYTES
from edenmesh.core.limits import (
    CHARTER_ENTRIES_MAX,
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
    """What all messages are."""


class Intent(_Message, frozen=True, tag="intent"):
    """The dialler's first message: what the encounter is for, `pair` or `sync`."""

    kind: str


class Hello(_Message, frozen=True, tag="hello"):
    """Opens a session: the mesh, the hash of the charter held, 16 fresh bytes, the protocol versions offered."""

    charter: bytes
    mesh: bytes
    nonce: bytes
    versions: list[int]


class CharterIds(_Message, frozen=True, tag="charter_ids"):
    """Ids of all charter entries held; empty from a device that does not know the peer as a member."""

    ids: list[bytes]


class CharterEntries(_Message, frozen=True, tag="charter_entries"):
    """Charter entries the peer does not have, parents before children."""

    entries: list[bytes]


class CharterDone(_Message, frozen=True, tag="charter_done"):
    """All charter entries the peer lacked were sent, and all it sent are durable; the hash of the result."""

    charter: bytes


class Have(_Message, frozen=True, tag="have"):
    """Hashes of the forms held, and the set hash over the logs held."""

    forms: list[bytes]
    set_hash: bytes


class FormBytes(_Message, frozen=True, tag="form"):
    """One form the peer does not have."""

    form: bytes


class Vector(_Message, frozen=True, tag="vector"):
    """Every log held: author, size, root."""

    logs: list[Mark]


class Differ(_Message, frozen=True, tag="differ"):
    """The peer's log is no beginning of ours: list its ids."""

    log: Mark


class Ids(_Message, frozen=True, tag="ids"):
    """Ids of a log from `start` on; the list is whole when it has reached the log's size."""

    ids: list[bytes]
    log: Mark
    start: int


class Want(_Message, frozen=True, tag="want"):
    """Give the versions of a listed log from `start` on."""

    log: Mark
    start: int


class Part(_Message, frozen=True, tag="part", omit_defaults=True):
    """Versions of one log in seq order from `start`; `base` is the tree head before the part's first version.

    A part may take several messages; the last has the seal.
    """

    author: bytes
    base: bytes
    start: int
    versions: list[bytes]
    seal: Seal | None = None


class Given(_Message, frozen=True, tag="given"):
    """All versions the peer lacked were sent."""


class Ack(_Message, frozen=True, tag="ack"):
    """The log up to here is durable at the sender of this message."""

    log: Mark


class FileWanted(_Message, frozen=True, tag="file_wanted"):
    """Give this file from `offset` bytes on."""

    file: bytes
    offset: int


class FileChunk(_Message, frozen=True, tag="file_chunk"):
    """A piece of a wanted file; `size` is that of the whole."""

    data: bytes
    file: bytes
    offset: int
    size: int


class FileMissing(_Message, frozen=True, tag="file_missing"):
    """The wanted file is not here whole."""

    file: bytes


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


class Ping(_Message, frozen=True, tag="ping"):
    """Is anybody there?"""


class Pong(_Message, frozen=True, tag="pong"):
    """Yes."""


class Close(_Message, frozen=True, tag="close"):
    """The last message, with a word for the program and a sentence for the person."""

    code: str
    text: str


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

_DECODER: Final = msgspec.msgpack.Decoder(Message)


def encode_message(message: Message) -> bytes:
    """The body of the frame that carries a message."""
    return encode(message)


def decode_message(body: bytes) -> Message:
    """Read a frame's body. Raises RemoteProtocolError where it is no message within bounds."""
    try:
        message = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RemoteProtocolError(what=f"A frame holds no message this program knows: {error}.") from error
    problem = _problem(message)
    if problem:
        raise RemoteProtocolError(what=f"A message is out of bounds: {problem}.")
    return message


def _problem(message: Message) -> str:  # noqa: PLR0911 - one line a message reads best
    match message:
        case Part():
            return _part_problem(message)
        case FileChunk():
            well = _are_ids(message.file) and len(message.data) <= CHUNK_BYTES and 0 <= message.offset
            return "" if well and message.size <= FILE_BYTES_MAX else "a piece of a file"
        case FileWanted():
            return "" if _are_ids(message.file) and message.offset >= 0 else "a wanted file"
        case FileMissing():
            return "" if _are_ids(message.file) else "a missing file"
        case Ack(log=log) | Differ(log=log):
            return _log_problem([log])
        case Vector():
            return _log_problem(message.logs) if len(message.logs) <= VECTOR_LOGS_MAX else "too many logs"
        case Want():
            return _log_problem([message.log]) if 0 <= message.start <= message.log.size else "a wanted log"
        case Ids():
            well = len(message.ids) <= LISTED_IDS_FRAME and message.log.size <= LISTED_IDS_MAX and message.start >= 0
            return _log_problem([message.log]) if well and _are_ids(*message.ids) else "a list of ids"
        case CharterIds():
            return "" if len(message.ids) <= CHARTER_ENTRIES_MAX and _are_ids(*message.ids) else "charter ids"
        case Have():
            return "" if len(message.forms) <= FORMS_MAX and _are_ids(*message.forms, message.set_hash) else "forms"
        case FormBytes():
            return "" if len(message.form) <= FORM_BYTES_MAX else "a form"
        case Hello():
            well = _are_ids(message.charter, message.mesh) and len(message.nonce) == ID_BYTES // 2
            return "" if well and len(message.versions) <= ID_BYTES else "the hello"
        case Close():
            return "" if len(message.text) <= CLOSE_TEXT_CHARS_MAX else "the closing words"
        case _:
            return ""


def _part_problem(part: Part) -> str:
    if not _are_ids(part.author, part.base) or part.start < 0:
        return "the head of a log part"
    return "" if len(part.versions) <= PART_VERSIONS_MAX else "the length of a log part"


def _log_problem(logs: list[Mark]) -> str:
    return "" if all(_are_ids(log.author, log.root) and log.size >= 0 for log in logs) else "a log"


def _are_ids(*values: bytes) -> bool:
    return all(len(value) == ID_BYTES for value in values)
