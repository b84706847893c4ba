"""The records of this device: its tables, and the list of one table with search, order and pages."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from edenmesh.node import Device
from edenmesh.web.pages.finding import PAGE, Wanted, find
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.statuses import flags
from edenmesh.web.pages.wording import Wording, record_address, table_address

_SHOWN_FIELDS: Final = 3
_ORDERS_MAX: Final = 40


class DataPages:
    """Tables and lists."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self.routes: Final[list[Route]] = [
            page(renderer, "/data", self.tables),
            page(renderer, "/data/{table}", self.table),
        ]

    async def tables(self, visit: Visit) -> Response:
        """All tables: those with records, and those a form is here for."""
        words = Wording(self._device, visit.texts)
        held = {row.table: row for row in self._device.tables()}
        parts = {table for table in held if words.form(table) is None and words.component(table) is not None}
        forms = [form.table.name for form in words.catalogue.forms.values() if form.is_shown and not form.is_lookup]
        lookups = [form.table.name for form in words.catalogue.forms.values() if form.is_lookup]
        main = sorted({*forms, *(held.keys() - parts - {*lookups})}, key=lambda one: words.table(one).lower())
        rest = sorted((parts | {*lookups}) & held.keys(), key=lambda one: words.table(one).lower())
        drafts = self._device.entries.drafts.drafts(visit.visitor.account)

        def entry(table: str) -> dict[str, object]:
            row = held.get(table)
            return {
                "href": table_address(table),
                "title": words.table(table),
                "count": row.records if row is not None else 0,
                "open": row.open if row is not None else 0,
            }

        return visit.render(
            "data.html", main=[entry(one) for one in main], rest=[entry(one) for one in rest], drafts=len(drafts)
        )

    async def table(self, visit: Visit) -> Response:
        """The records of one table."""
        table = visit.part("table")
        words = Wording(self._device, visit.texts)
        wanted = _wanted(visit)
        found = find(self._device, table, wanted)
        fields = [name for name, field in words.fields(table).items() if not field.is_hidden and field.kind != "upload"]
        shown = [name for name in fields if name not in ("name", "title", "label")][:_SHOWN_FIELDS]
        rows = [
            {
                "href": record_address(row.table, row.uuid),
                "title": row.label
                if row.label != row.uuid
                else visit.texts("%(one)s without a name", one=words.one(table)),
                "under": " · ".join(text for name in shown if (text := words.text(table, name, row.fields.get(name)))),
                "flags": flags(row.flags, visit.texts),
            }
            for row in found.rows
        ]
        return visit.render(
            "table.html",
            table=table,
            title=words.table(table),
            one=words.one(table),
            has_form=words.form(table) is not None,
            new_address=f"{table_address(table)}/new",
            here=table_address(table),
            rows=rows,
            found=found,
            wanted=wanted,
            orders=[
                ("", visit.texts("What it is called")),
                *((name, words.field(table, name)) for name in fields[:_ORDERS_MAX]),
            ],
            pages=_pages(visit, wanted, found.total),
        )


def _wanted(visit: Visit) -> Wanted:
    query = visit.query
    offset = query.get("after", "")
    return Wanted(
        text=query.get("q", "").strip()[:200],
        order=query.get("sort", ""),
        is_descending=query.get("dir", "") == "down",
        is_open=query.get("filter", "") == "open",
        offset=min(int(offset), 10_000_000) if offset.isascii() and offset.isdigit() and len(offset) < 9 else 0,
    )


def _pages(visit: Visit, wanted: Wanted, total: int) -> dict[str, str]:
    """The addresses of the pages before and after."""
    kept = {name: visit.query[name] for name in ("q", "sort", "dir", "filter") if visit.query.get(name)}

    def at(offset: int) -> str:
        return f"?{urlencode({**kept, **({'after': offset} if offset else {})})}"

    return {
        "before": at(max(wanted.offset - PAGE, 0)) if wanted.offset else "",
        "after": at(wanted.offset + PAGE) if wanted.offset + PAGE < total else "",
    }
