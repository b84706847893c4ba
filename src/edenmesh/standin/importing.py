"""Committing a pushed tree: what becomes of each item, and what the server says of it.

The order of the real server is kept, since answers depend on it: a record that is referred to goes before the
one that refers to it, every item stands for itself when errors are ignored, and nothing is stored when they are
not and one fails. The last arrival wins, however old its stamp. A component that fails at its own commit does not
take back its master, which is stored already.
"""

from copy import deepcopy
from dataclasses import dataclass, field, replace

from edenmesh.standin.deleting import INTEGRITY_ERROR, delete, is_restricted, merge
from edenmesh.standin.derived import keep_derived
from edenmesh.standin.reading import VALIDATION_ERROR, Item, Method, Pending, Reader, Setting
from edenmesh.standin.s3json import Json, Node, encode
from edenmesh.standin.schema import Refused, Table, Value
from edenmesh.standin.state import Row, State, new_uuid
from edenmesh.standin.values import email_address, international_number, phone_numbers


@dataclass(slots=True)
class Report:
    """What the server answers to a push. The ids are row ids of the table that the URL names."""

    records: int = 0
    created: set[int] = field(default_factory=set)
    updated: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    error: str | None = None
    rejected: list[Node] = field(default_factory=list)
    is_failed: bool = False

    def encode(self) -> dict[str, Json]:
        """The answer's body."""
        status = ("failed", "400") if self.is_failed else ("success", "200")
        body: dict[str, Json] = {"status": status[0], "statuscode": status[1]}
        if self.error:
            body["message"] = self.error
        if not self.is_failed:
            body["records"] = self.records
            for name in ("created", "updated", "deleted"):
                ids: set[int] = getattr(self, name)
                if ids:
                    body[name] = list[Json](sorted(ids))
        if self.rejected:
            body["tree"] = encode(Node("root", "s3xml", children=self.rejected))
        return body


def import_tree(state: State, table: Table, root: Node, setting: Setting, *, ignore_errors: bool) -> Report:
    """Import the records of `table` in a tree, with all that belongs to them."""
    before = None if ignore_errors else state.snapshot()
    reader = Reader(state, root, setting)
    for node in root.find("resource"):
        if node.name == table.name:
            reader.add(node, table)
    commit = _Commit(state, setting, reader)
    report = commit.run(table)
    if report.error and before is not None:
        state.restore(before)
        report.is_failed = True
    elif report.error:
        report.error = f"{report.error} - invalid items ignored"
    return report


class _Commit:
    def __init__(self, state: State, setting: Setting, reader: Reader) -> None:
        self.state = state
        self.setting = setting
        self.items = reader.items
        self.rejected = reader.rejected
        self._refuses_uuid = setting.refuses_one_uuid

    def run(self, table: Table) -> Report:
        report = Report(rejected=self.rejected)
        for item in self._in_order():
            was_read = item.is_accepted is not False
            if was_read:
                self._commit(item)
            if item.error:
                report.error = item.error
                item.node.attributes.setdefault("error", item.error)
                if was_read:
                    self.rejected.append(deepcopy(item.node))
            elif item.table.name == table.name:
                _count(report, item)
        return report

    def _in_order(self) -> list[Item]:
        ordered: dict[int, Item] = {}
        visiting: set[int] = set()

        def visit(item: Item) -> bool:
            if id(item) in visiting or item.is_accepted is False:
                return False
            visiting.add(id(item))
            for pending in item.references:
                target = pending.target
                if target and id(target) not in ordered and visit(target):
                    ordered[id(target)] = target
            visiting.discard(id(item))
            return True

        for item in self.items:
            visit(item)
            ordered.setdefault(id(item), item)
        return list(ordered.values())

    def _commit(self, item: Item) -> None:
        if item.parent and item.parent.is_skipped:
            return
        for pending in item.references:
            self._resolve(item, pending)
        if not self._is_valid(item):
            item.is_skipped = True
            if item.parent:
                item.parent.error = VALIDATION_ERROR
                item.parent.node.attributes.setdefault("error", VALIDATION_ERROR)
            return
        if item.method in (Method.DELETE, Method.MERGE):
            self._remove(item)
            return
        if any(component.is_accepted is False for component in item.components):
            item.is_skipped, item.error = True, VALIDATION_ERROR
            return
        if item.original:
            self._update(item, item.original)
        elif not self._create(item):
            return
        self._fill_late_references(item)

    def _resolve(self, item: Item, pending: Pending) -> None:
        key, target = pending.key, pending.target
        if target:
            is_gone = target.original is not None and target.original.is_deleted and not target.is_committed
            key = None if is_gone else target.key
        if key:
            item.values[pending.field] = key
        elif target:
            item.values.pop(pending.field, None)
            target.late.append((item, pending.field))

    def _is_valid(self, item: Item) -> bool:
        if item.original is None:
            self._identify(item)
        if item.is_deleted:
            item.method = Method.MERGE if item.replaced_by else Method.DELETE
            # The value of a contact is checked here too, and a deletion has none.
            return item.table.name != "pr_contact" or item.original is None or _is_valid_contact(item)
        item.method = Method.UPDATE if item.original else Method.CREATE
        failed = [pending.field for pending in item.references if self._is_failed(pending)]
        given = {*item.values, *(p.field for p in item.references if p.field not in failed)}
        mandatory = [column.name for column in item.table.fields if column.is_mandatory]
        wanted = [name for name in failed if name not in mandatory] if item.original else [*mandatory, *failed]
        missing = [name for name in dict.fromkeys(wanted) if name not in given]
        errors = []
        if required := [name for name in missing if name not in failed]:
            errors.append(f"{', '.join(required)}: value(s) required")
        if unresolved := [name for name in missing if name in failed]:
            errors.append(f"{', '.join(unresolved)}: reference import(s) failed")
        if errors:
            item.error = "; ".join(errors)
            item.node.attributes["error"] = item.error
            return False
        return item.table.name != "pr_contact" or _is_valid_contact(item)

    def _identify(self, item: Item) -> None:
        if item.uuid:
            item.original = self.state.find(item.table.name, item.uuid)
        elif item.table.natural_key:
            wanted = [_folded(item.values.get(name)) for name in item.table.natural_key]
            matches = (
                row
                for row in self.state.live(item.table.name)
                if [_folded(row.values.get(name)) for name in item.table.natural_key] == wanted
            )
            item.original = next(matches, None) if any(wanted) else None
        item.key = item.original.key if item.original else None

    def _is_failed(self, pending: Pending) -> bool:
        target = pending.target
        if not target or not target.error or target.original:
            return False
        if pending.node is not None:
            pending.node.attributes["error"] = "; ".join(_errors_of(target.node))
        return True

    def _create(self, item: Item) -> bool:
        if self._refuses_uuid:
            self._refuses_uuid = False
            item.is_skipped, item.error = True, f"UNIQUE constraint failed: {item.table.name}.uuid"
            return False
        setting, defaults = self.setting, dict[str, Value | None]()
        for column in item.table.fields:
            if column.default is not None:
                defaults[column.name] = column.default
            elif column.defaults_to_now:
                defaults[column.name] = setting.now
        row = Row(
            self.state.next_key(item.table.name),
            item.uuid or new_uuid(setting.entropy),
            {**defaults, **item.values},
            item.mci,
            item.created_on or setting.now,
            item.modified_on or setting.now,
            item.authors.get("created_by", setting.user),
            item.authors.get("modified_by", setting.user),
            item.authors.get("owned_by_user", setting.user),
            "Authenticated" if item.table.name == "gis_location" else None,
        )
        self._store(item, row)
        return True

    def _update(self, item: Item, original: Row) -> None:
        """Write what differs. When nothing does, not even the stamp is touched."""
        item.is_committed = True
        changed = {name: value for name, value in item.values.items() if original.values.get(name) != value}
        stamped = item.modified_on or self.setting.now
        is_same = (
            not changed
            and not original.is_deleted
            and item.modified_on in (None, original.modified_on)
            and item.created_on in (None, original.created_on)
            and all(getattr(original, name) == author for name, author in item.authors.items())
        )
        if is_same and not item.components and not item.references:
            return
        row = replace(
            original,
            values={**original.values, **changed},
            created_on=item.created_on or original.created_on,
            modified_on=stamped,
            created_by=item.authors.get("created_by", original.created_by),
            modified_by=item.authors.get("modified_by", self.setting.user),
            owned_by_user=item.authors.get("owned_by_user", original.owned_by_user),
        )
        if original.is_deleted:
            user = self.setting.user
            row = replace(row, is_deleted=False, replaced_by=None, created_by=user, modified_by=user)
        self._store(item, row)

    def _store(self, item: Item, row: Row) -> None:
        item.key, item.is_committed = row.key, True
        self.state.put(row)
        keep_derived(self.state, row, self.setting.user, self.setting.now, self.setting.entropy)

    def _remove(self, item: Item) -> None:
        row = item.original
        if row is None or row.is_deleted:
            return
        if item.method is Method.MERGE:
            survivor = self.state.find(item.table.name, item.replaced_by)
            if survivor:
                merge(self.state, row, survivor, self.setting.user, self.setting.now)
        elif is_restricted(self.state, row):
            item.is_skipped, item.error = True, INTEGRITY_ERROR
        else:
            delete(self.state, row, self.setting.user, self.setting.now)

    def _fill_late_references(self, item: Item) -> None:
        for other, name in item.late:
            row = self.state.get(other.key) if other.key and other.is_committed else None
            if row and item.key:
                self.state.put(replace(row, values={**row.values, name: item.key}))


def _count(report: Report, item: Item) -> None:
    report.records += 1
    if item.key:
        if item.method is Method.CREATE:
            report.created.add(item.key.id)
        elif item.method is Method.UPDATE:
            report.updated.add(item.key.id)
        elif item.method:
            report.deleted.add(item.key.id)


def _is_valid_contact(item: Item) -> bool:
    """Test a contact's value by its method; what leaves the value out is refused, be it an update or a deletion."""
    known = item.original.values if item.original else {"contact_method": "SMS"}
    checks = {
        "EMAIL": email_address,
        "SMS": international_number,
        "HOME_PHONE": phone_numbers,
        "WORK_PHONE": phone_numbers,
    }
    check = checks.get(str(item.values.get("contact_method") or known.get("contact_method")))
    if check is None:
        return True
    try:
        item.values["value"] = check(str(item.values.get("value") or ""))
    except Refused as refusal:
        text = "Enter a valid email" if check is email_address else str(refusal)
        fields = [node for node in item.node.find("data") if node.name == "value"]
        if fields:
            fields[0].attributes["error"] = text
        else:
            item.node.attributes["error"] = f"[value] {text}"
        item.error = VALIDATION_ERROR
        return False
    return True


def _errors_of(node: Node) -> list[str]:
    """The innermost errors of a rejected element, as the server repeats them where it is referred to."""
    found = []
    for child in node.children:
        if "error" in child.attributes and child.tag == "data":
            value = child.attributes.get("value") or child.text
            found.append(f"{node.name}: '{child.attributes['error']}' (value='{value}')")
        elif "error" in child.attributes and child.tag == "reference":
            found.append(f"{node.name}: '{child.attributes['error']}'")
        elif child.tag == "resource":
            found.extend(_errors_of(child))
    if not found and "error" in node.attributes:
        found.append(f"{node.name}: {node.attributes['error']}")
    return found


def _folded(value: Value | None) -> Value | None:
    return value.lower() if isinstance(value, str) else value
