"""What an Eden server is known to make of some values as it stores them, and what it must be given together.

A value that comes back in the server's form of it is the value that was sent, not an edit (design, section 2.6). Only
what was measured stands here; docs/eden.md tells people the same.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import unescape

from edenmesh.core.records import Content, content_text

NEEDED_TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {"pr_contact": ("contact_method", "value")}
"""Fields without which a change of a record is refused, though they stay as they are."""

_ENTITIES: Final = {"&apos;": "'", "&quot;": '"'}
_LEFT_TO_RIGHT: Final = "\u200e"
_NUMBER: Final = re.compile(r"[\d+]+")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_ADDRESSES: Final = frozenset(("website", "url"))
_NUMBERS: Final = frozenset(("phone", "phone1", "phone2", "fax"))
_WRITTEN_NUMBERS: Final = frozenset(("HOME_PHONE", "WORK_PHONE", "FAX"))


def is_same_when_stored(table: str, name: str, ours: Content, fields: Mapping[str, Content]) -> bool:
    """Whether what a server shows in this field, among `fields`, is its form of our value."""
    theirs = fields.get(name)
    if not isinstance(ours, str) or theirs is None:
        return False
    stored = _stored(table, name, ours, fields)
    # Plain fields are unescaped once more when they are given out.
    return content_text(theirs) in (stored, unescape(stored, _ENTITIES))


def _stored(table: str, name: str, text: str, fields: Mapping[str, Content]) -> str:
    if table == "pr_contact" and name == "value":
        method = fields.get("contact_method")
        if method == "SMS":
            return "".join(_NUMBER.findall(text))
        return _trimmed(text) if method in _WRITTEN_NUMBERS else text
    if name in _NUMBERS:
        return _trimmed(text)
    if name in _ADDRESSES and not _SCHEME.match(text):
        return f"http://{text}"
    return text


def _trimmed(text: str) -> str:
    return text.strip().removeprefix(_LEFT_TO_RIGHT)
