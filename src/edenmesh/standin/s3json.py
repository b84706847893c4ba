"""S3JSON as the server reads it: a tree of elements, since inside the server everything is XML.

JSON in gives a tree, and the tree of rejected elements goes back out as JSON. The detour through XML is what
makes the format odd (numbers become text, `null` becomes `None`, control characters break the whole request),
so it is followed and not tidied. This module shares nothing with the client's codec: it is the other side.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Tag: TypeAlias = Literal["root", "resource", "reference", "options", "data"]

_PREFIXES: tuple[tuple[str, Tag], ...] = (("$k_", "reference"), ("$o_", "options"), ("$_", "resource"))
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotXml(ValueError):
    """A text that XML cannot hold; the real server breaks with status 500 over it."""


@dataclass(slots=True, eq=False)
class Node:
    """One element: a record, a reference or a field, by the name of its table or field."""

    tag: Tag
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    children: list["Node"] = field(default_factory=list)

    def find(self, tag: Tag) -> Iterator["Node"]:
        """The children of one kind."""
        return (child for child in self.children if child.tag == tag)

    def walk(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def decode(document: Json) -> Node | None:
    """Read a JSON document; None when it holds no tree. Raises `NotXml`."""
    if not isinstance(document, dict) or not document:
        return None
    return _fill(Node("root", "s3xml"), document)


def encode(root: Node) -> dict[str, Json]:
    """Write a tree as JSON."""
    written = _write(root)
    return written if isinstance(written, dict) else {}


def _named(key: str) -> Node:
    for prefix, tag in _PREFIXES:
        if key.startswith(prefix):
            return Node(tag, key.removeprefix(prefix))
    return Node("data", key)


def _fill(node: Node, members: dict[str, Json]) -> Node:
    for key, member in members.items():
        if isinstance(member, dict):
            node.children.append(_fill(_named(key), member))
        elif isinstance(member, list):
            if key.startswith("@"):
                node.attributes[key[1:]] = _legal(json.dumps(member))
            else:
                node.children.extend(_item(key, item) for item in member)
        elif key == "$":
            node.text = None if member is None else _legal(str(member))
        elif key.startswith("@"):
            node.attributes[key[1:]] = _legal(str(member))
        else:
            node.children.append(Node("data", key, text=_legal(str(member))))
    return node


def _item(key: str, item: Json) -> Node:
    if isinstance(item, dict):
        return _fill(_named(key), item)
    return Node("data", key, text=_legal(str(item)))


def _legal(text: str) -> str:
    if _NOT_XML.search(text):
        raise NotXml(text)
    return text


def _write(node: Node) -> Json:
    written: dict[str, Json] = {}
    for child in node.children:
        prefix = next((prefix for prefix, tag in _PREFIXES if tag == child.tag), "")
        key, value = f"{prefix}{child.name}", _write(child)
        present = written.get(key)
        if isinstance(present, list):
            present.append(value)
        elif present is not None:
            written[key] = [present, value]
        else:
            written[key] = [value] if child.tag == "resource" else value
    for name, attribute in node.attributes.items():
        written[f"@{name}"] = _loaded(attribute) if name == "value" else attribute
    if node.text:
        written["$"] = node.text
    return node.text if list(written) == ["$"] else written


def _loaded(attribute: str) -> Json:
    try:
        return cast("Json", json.loads(attribute))
    except ValueError:
        return attribute
