"""Where the records that values refer to are now: a reference that names a strand follows it (design, section 2.5)."""

from collections.abc import Callable
from typing import TypeAlias

from edenmesh.core.records import Content, Reference, Value

Resides: TypeAlias = Callable[[Reference], Reference]
"""Turns a reference to where the strand it names resides now."""


def resided(content: Content, resides: Resides) -> Content:
    """A content with its references turned to where they lead now; those without a strand mean their uuid."""
    if isinstance(content, tuple):
        return tuple(_item(item, resides) for item in content)
    return _item(content, resides)


def _item(value: Value, resides: Resides) -> Value:
    return resides(value) if isinstance(value, Reference) and value.strand else value
