"""What all messages are, and the checks they share: each checks its own bounds when it is made."""

import msgspec

from edenmesh.core.encoding import is_normal
from edenmesh.core.ids import ID_BYTES
from edenmesh.core.limits import LOG_VERSIONS_MAX
from edenmesh.core.reconcile import Mark


class BaseMessage(msgspec.Struct, frozen=True, tag_field="m"):
    """What all messages are. Each checks its own bounds when it is made, so one out of bounds cannot be had."""


def require(condition: bool, what: str) -> None:
    """Raise ValueError, which msgspec turns into a DecodeError that names the place when it happens in decoding."""
    if not condition:
        raise ValueError(what)


def require_log(log: Mark) -> None:
    """Raise ValueError unless a log is named as logs are."""
    is_named = are_ids(log.author, log.root) and 0 < log.size <= LOG_VERSIONS_MAX
    require(is_named, "a log is not named as logs are")


def are_ids(*values: bytes) -> bool:
    """Whether all are 32 bytes."""
    return all(len(value) == ID_BYTES for value in values)


def is_text(text: str, chars_max: int) -> bool:
    """Whether it is text in normal form within bounds."""
    return len(text) <= chars_max and is_normal(text)
