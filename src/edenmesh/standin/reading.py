"""Reading the records of a pushed tree: which elements become items, and what each says.

Rules of the real server that a client meets here: only records of the table the URL names are taken, with the
components nested in them and the records they refer to; everything else in the tree is passed over without a
word. Unknown tables and fields are too. A file part that is missing is no error, and a field that gives an
address instead makes the server fetch it.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from edenmesh.standin import values
from edenmesh.standin.s3json import Node
from edenmesh.standin.schema import Field, Key, Refused, Table, Value
from edenmesh.standin.state import Row, State

VALIDATION_ERROR = "Validation error"


@dataclass(frozen=True, slots=True)
class Setting:
    """What an import may know of the world. `entropy` gives that many random bytes; `fetch` follows an address."""

    user: str
    emails: Collection[str]
    domain: str
    now: datetime
    entropy: Callable[[int], bytes]
    fetch: Callable[[str], bytes | None]
    files: Mapping[str, bytes] = field(default_factory=dict)
    drops_field: str | None = None
    strips_text: bool = False
    refuses_one_uuid: bool = False


class Method(StrEnum):
    """What is done with an item."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    MERGE = "merge"


@dataclass(slots=True, eq=False)
class Pending:
    """A reference to be resolved at commit: to another item of the tree, or to a row."""

    field: str
    node: Node | None
    target: "Item | None" = None
    key: Key | None = None


@dataclass(slots=True, eq=False)
class Item:
    """One record of the tree on its way into the tables."""

    table: Table
    node: Node
    parent: "Item | None" = None
    uuid: str | None = None
    values: dict[str, Value | None] = field(default_factory=dict)
    created_on: datetime | None = None
    modified_on: datetime | None = None
    authors: dict[str, str] = field(default_factory=dict)
    mci: int = 2
    is_deleted: bool = False
    replaced_by: str | None = None
    original: Row | None = None
    key: Key | None = None
    method: Method | None = None
    is_accepted: bool | None = None
    is_skipped: bool = False
    is_committed: bool = False
    error: str | None = None
    components: list["Item"] = field(default_factory=list)
    references: list[Pending] = field(default_factory=list)
    late: list[tuple["Item", str]] = field(default_factory=list)


def import_uuid(uuid: str | None, domain: str) -> str | None:
    """The uuid as it is stored: without the domain that an export put before it."""
    if not uuid or uuid.startswith("urn:"):
        return uuid
    return uuid.removeprefix(f"{domain}/")


def export_uuid(uuid: str, domain: str) -> str:
    """The uuid as it is exported: one without `urn:` gets the domain put before it."""
    return uuid if uuid.startswith("urn:") or "/" in uuid[1:-1] else f"{domain}/{uuid}"


class Reader:
    """Turns the elements of a tree into items, in the order in which the server comes upon them."""

    def __init__(self, state: State, root: Node, setting: Setting) -> None:
        self.state = state
        self.setting = setting
        self.items: list[Item] = []
        self.rejected: list[Node] = []
        self._by_node: dict[int, Item] = {}
        self._nodes = {
            (node.name, node.attributes["uuid"]): node
            for node in root.walk()
            if node.tag == "resource" and "uuid" in node.attributes
        }

    def add(self, node: Node, table: Table, parent: Item | None = None, joinby: str = "") -> Item:
        """Read one element, and with it its components and the elements it refers to."""
        known = self._by_node.get(id(node))
        if known is not None:
            return known
        item = Item(table, node, parent)
        self.items.append(item)
        self._by_node[id(node)] = item
        if not self._read(item):
            item.error, item.is_accepted = VALIDATION_ERROR, False
            node.attributes.setdefault("error", VALIDATION_ERROR)
            if parent is None:
                self.rejected.append(deepcopy(node))
            return item
        for child in node.find("resource"):
            component = table.component(child.name)
            if component and component.is_imported:
                item.components.append(
                    self.add(child, self.state.tables[child.name], parent=item, joinby=component.joinby)
                )
        item.references.extend(
            pending for reference in node.find("reference") if (pending := self._reference(table, reference))
        )
        if parent is not None:
            item.references.append(Pending(joinby, None, parent))
        return item

    def _read(self, item: Item) -> bool:
        attributes = item.node.attributes
        item.uuid = import_uuid(attributes.get("uuid"), self.setting.domain)
        item.original = self.state.find(item.table.name, item.uuid)
        item.key = item.original.key if item.original else None
        for name in ("created_by", "modified_by", "owned_by_user"):
            if attributes.get(name) in self.setting.emails:
                item.authors[name] = attributes[name]
        is_valid = self._read_stamps(item)
        if attributes.get("deleted", "false").lower() == "true":
            item.is_deleted = True
            item.replaced_by = import_uuid(attributes.get("replaced_by"), self.setting.domain)
            if item.uuid:
                return True
        for node in item.node.find("data"):
            column = item.table.field(node.name)
            if column is None or self._is_dropped(item.table, column):
                continue
            if values.is_cleared(column, node):
                item.values[column.name] = None
                continue
            if column.is_key:
                continue
            try:
                self._read_value(item, column, node)
            except Refused:
                is_valid = False
        return is_valid

    def _read_stamps(self, item: Item) -> bool:
        attributes, is_valid = item.node.attributes, True
        for name in ("created_on", "modified_on"):
            if name in attributes:
                try:
                    setattr(item, name, values.read_stamp(attributes[name]))
                except Refused as refusal:
                    attributes["error"] = f"{name}: {refusal}"
                    is_valid = False
        if attributes.get("mci", "").isdigit():
            item.mci = int(attributes["mci"])
        return is_valid

    def _read_value(self, item: Item, column: Field, node: Node) -> None:
        if column.kind == "upload":
            stored = self._store(item.table, column, node)
            if stored:
                item.values[column.name] = stored
            return
        value = values.read(column, node)
        if value is None:
            return
        if isinstance(value, str) and self.setting.strips_text:
            value = value.strip()
        item.values[column.name] = None if value == "" and column.empties_to_null else value

    def _store(self, table: Table, column: Field, node: Node) -> str | None:
        name, url = node.attributes.get("filename"), node.attributes.get("url")
        content = self.setting.files.get(name) if name else None
        if content is None and url:
            content, name = self.setting.fetch(url), name or url.split("?", maxsplit=1)[0]
        if content is None or not name:
            return None
        encoded = urlsafe_b64encode(name.encode()).decode()
        suffix = name.rsplit(".", 1)[-1] if "." in name else "txt"
        stored = f"{table.name}.{column.name}.{self.setting.entropy(8).hex()}.{encoded}.{suffix}"
        self.state.files[stored] = content
        return stored

    def _reference(self, table: Table, node: Node) -> Pending | None:
        column, uuid = table.field(node.name), node.attributes.get("uuid")
        if column is None or not column.is_key or not uuid or self._is_dropped(table, column):
            return None
        resource = node.attributes.get("resource", column.refers_to)
        element = self._nodes.get((resource, uuid))
        if element is not None and resource in self.state.tables:
            return Pending(column.name, node, self.add(element, self.state.tables[resource]))
        if column.kind == "objectkey":
            return None
        row = self.state.find(column.refers_to, import_uuid(uuid, self.setting.domain))
        return Pending(column.name, node, key=row.key) if row else None

    def _is_dropped(self, table: Table, column: Field) -> bool:
        return self.setting.drops_field in (column.name, f"{table.name}.{column.name}")
