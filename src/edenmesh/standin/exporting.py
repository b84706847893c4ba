"""Writing rows as an S3JSON export: the records asked for, what hangs on them, and what they refer to.

A pull of one table brings records of others along: components inside their master, and referenced records at
the top level, three references deep, without their own components. A mobile export (`mdata=1`) keeps to the
fields of the mobile form for masters and referenced records, yet not for components.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from edenmesh.standin.queries import Query
from edenmesh.standin.reading import export_uuid
from edenmesh.standin.s3json import Json
from edenmesh.standin.schema import Field, Key, Table
from edenmesh.standin.state import Row, State
from edenmesh.standin.values import show, show_stamp

_DEPTH = 3


@dataclass(slots=True)
class Exporter:
    """Writes exports of one state under one address."""

    state: State
    domain: str
    base_url: str

    def export(self, table: Table, query: Query, admits: Callable[[Row], bool]) -> dict[str, Json]:
        """Write what a query asks for of one table."""
        selected = query.page(query.select(self.state, table, admits))
        written: dict[str, Json] = {}
        self._write_all(written, table, selected, query)
        self._write_references(written, table, selected, query)
        if not written:
            written["@success"] = "false"
        else:
            written["@success"] = "true"
        if query.start is not None:
            written["@start"] = str(query.start)
        if query.limit is not None:
            written["@limit"] = str(query.limit)
        written["@results"] = str(len(selected))
        written["@domain"] = self.domain
        if query.has_urls:
            written["@url"] = self.base_url
        return written

    def _write_all(self, written: dict[str, Json], table: Table, rows: list[Row], query: Query) -> None:
        if rows:
            written[f"$_{table.name}"] = [
                self._record(table, row, query, f"{self.base_url}/{table.controller}/{table.function}/{row.key.id}")
                for row in rows
            ]

    def _write_references(self, written: dict[str, Json], table: Table, rows: list[Row], query: Query) -> None:
        exported = {row.key for row in rows}
        plain = replace(query, has_components=False)
        keys = [key for row in rows for key in self._keys(table, row, query)]
        for _ in range(_DEPTH if query.depth is None else query.depth):
            found = {key: row for key in keys if key not in exported and (row := self._live(key))}
            exported |= set(found)
            keys = []
            for name in sorted({key.table for key in found}):
                target = self.state.tables[name]
                referenced = [row for key, row in sorted(found.items()) if key.table == name]
                more: dict[str, Json] = {}
                self._write_all(more, target, referenced, plain)
                for key, records in more.items():
                    present = written.setdefault(key, [])
                    if isinstance(present, list) and isinstance(records, list):
                        present.extend(records)
                keys.extend(key for row in referenced for key in self._keys(target, row, plain))

    def _keys(self, table: Table, row: Row, query: Query) -> list[Key]:
        """The keys a written row shows, its own and those of its components."""
        names = [field.name for field in table.fields if field.kind == "reference" and _is_asked(field, query)]
        found = [value for name in names if isinstance(value := row.values.get(name), Key)]
        for component in table.components if query.has_components else ():
            part = self.state.tables[component.table]
            shown = [
                field.name for field in part.fields if field.kind == "reference" and field.name != component.joinby
            ]
            for hanging in self._hanging(row, table, query).get(component.table, []):
                found.extend(value for name in shown if isinstance(value := hanging.values.get(name), Key))
        return found

    def _hanging(self, row: Row, table: Table, query: Query) -> dict[str, list[Row]]:
        since = query.modified_since
        return {
            component.table: [
                part
                for part in self.state.components(row, component)
                if since is None or part.modified_on is None or part.modified_on >= since
            ]
            for component in table.components
        }

    def _record(self, table: Table, row: Row, query: Query, url: str) -> dict[str, Json]:
        written = self._fields(row, [field for field in table.fields if _is_asked(field, query)])
        if query.has_components:
            hanging = self._hanging(row, table, query)
            for component in table.components:
                part = self.state.tables[component.table]
                fields = [field for field in part.fields if field.name != component.joinby]
                records: list[Json] = []
                for child in hanging[component.table]:
                    child_url = f"{url}/{component.alias}/{child.key.id}" if query.has_urls else None
                    records.append({**self._fields(child, fields), **self._attributes(child, child_url)})
                if records:
                    written[f"$_{component.table}"] = records
        return {**written, **self._attributes(row, url if query.has_urls else None)}

    def _fields(self, row: Row, fields: list[Field]) -> dict[str, Json]:
        written: dict[str, Json] = {}
        for field in fields:
            value = row.values.get(field.name)
            if isinstance(value, Key):
                target = self._live(value) if value.table in self.state.tables else None
                if target:
                    written[f"$k_{field.name}"] = self._reference(target)
            elif value is not None:
                written[field.name] = show(field, value, f"{self.base_url}/default/download")
        return written

    def _reference(self, target: Row) -> dict[str, Json]:
        written: dict[str, Json] = {"@resource": target.key.table, "@uuid": export_uuid(target.uuid, self.domain)}
        lat, lon = target.values.get("lat"), target.values.get("lon")
        if isinstance(lat, float) and isinstance(lon, float):
            written["@lat"], written["@lon"] = f"{lat:.4f}", f"{lon:.4f}"
            written["$"] = f"{abs(lat):.6f} {'S' if lat < 0 else 'N'}, {abs(lon):.6f} {'W' if lon < 0 else 'E'}"
        else:
            names = (target.values.get(name) for name in ("name", "first_name", "last_name"))
            written["$"] = " ".join(str(name) for name in names if name) or "-"
        return written

    def _attributes(self, row: Row, url: str | None) -> dict[str, Json]:
        written: dict[str, Json] = {"@uuid": export_uuid(row.uuid, self.domain)}
        if row.mci is not None:
            written["@mci"] = str(row.mci + 1)
        for name in ("created_on", "modified_on"):
            moment = getattr(row, name)
            if moment:
                written[f"@{name}"] = show_stamp(moment)
        if url:
            written["@url"] = url
        for name in ("created_by", "modified_by", "owned_by_user", "owned_by_group"):
            author = getattr(row, name)
            if author:
                written[f"@{name}"] = author
        return written

    def _live(self, key: Key) -> Row | None:
        row = self.state.get(key)
        return row if row and not row.is_deleted else None


def _is_asked(field: Field, query: Query) -> bool:
    if query.is_mobile:
        return field.is_offered and field.kind != "objectkey"
    names = query.references if field.is_key else query.fields
    return names is None or field.name in names
