"""One record: what it shows, where it stands, its life in words with undo, and the three ways to delete it."""

from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from edenmesh.errors import InvalidInput
from edenmesh.node import Device, FieldView, RecordView
from edenmesh.web.pages.finding import find_parts
from edenmesh.web.pages.page import Visit, page
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.statuses import flags, standing
from edenmesh.web.pages.wording import Wording, record_address, table_address
from edenmesh.web.visiting import Right

_HIDDEN: Final = ("$alias",)


class RecordPages:
    """The screens of one record."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        at = "/data/{table}/{uuid:path}"
        decide = Right.DECIDE
        self.routes: Final[list[Route]] = [
            page(renderer, f"{at}/history", self.history, act=self.undo, act_right=decide),
            page(renderer, f"{at}/delete", self.deleting, right=decide, act=self.delete, act_right=decide),
            page(renderer, at, self.show),
        ]

    async def show(self, visit: Visit) -> Response:
        """The record with all it shows."""
        table, uuid = visit.part("table"), visit.part("uuid")
        words = Wording(self._device, visit.texts)
        view = self._device.record(table, uuid)
        where = record_address(view.table, view.uuid)
        title = view.label if view.label != view.uuid else words.one(view.table)
        given, rejected = (
            self._device.deletions.given_to(view.table, view.uuid),
            self._device.exchanges.rejected(view.table, view.uuid),
        )
        return visit.render(
            "record.html",
            record=view,
            title=title,
            where=where,
            table_title=words.table(view.table),
            back=table_address(view.table),
            is_deleted=bool(view.strands) and all(one.is_deleted for one in view.strands),
            is_open=bool(set(view.flags) & {"conflict", "identity conflict", "deleted and edited", "server gone back"}),
            can_edit=len(view.strands) == 1,
            strands=[self._fields(words, view, one.fields) for one in view.strands],
            parts=self._parts(words, view),
            flags=flags(view.flags, visit.texts),
            standing=standing(view, given, rejected, visit.texts),
            given_to=given,
        )

    def _fields(self, words: Wording, view: RecordView, fields: object) -> list[dict[str, object]]:
        """The fields that hold something, in the order of the form."""
        found: list[dict[str, object]] = []
        known: dict[str, FieldView] = dict(fields) if isinstance(fields, dict) else {}
        for name in words.order(view.table, known):
            one = known[name]
            if name in _HIDDEN or (one.value is None and not one.is_undecided):
                continue
            found.append(
                {
                    "label": words.field(view.table, name),
                    "shown": words.value(view.table, name, one.value),
                    "is_undecided": one.is_undecided,
                    "is_restrictive": one.is_restrictive,
                    "choices": [
                        {"shown": words.value(view.table, name, choice.value), "by": choice.by, "made": choice.made}
                        for choice in one.choices
                    ],
                }
            )
        return found

    def _parts(self, words: Wording, view: RecordView) -> list[dict[str, object]]:
        """The rows of the components that belong to the record."""
        form = words.form(view.table)
        found: list[dict[str, object]] = []
        for component in form.components if form is not None else ():
            rows = find_parts(self._device, component.table.name, (view.table, view.uuid))
            if rows:
                shown = [
                    {
                        "href": record_address(row.table, row.uuid),
                        "title": row.label if row.label != row.uuid else words.one(row.table),
                        "fields": [
                            (words.field(row.table, name), words.value(row.table, name, row.fields[name]))
                            for name in words.order(row.table, row.fields)
                            if name not in ("$master", component.joinby)
                        ],
                        "flags": row.flags,
                    }
                    for row in rows
                ]
                title = component.plural or component.label or words.table(component.table.name)
                found.append({"title": title, "rows": shown})
        return found

    # --- history ------------------------------------------------------------------------------------------------------

    async def history(self, visit: Visit) -> Response:
        """The life of the record, the last first."""
        told = self._device.records.history(visit.part("table"), visit.part("uuid"))
        where = record_address(told.table, told.uuid)
        return visit.render("history.html", told=told, events=told.events[::-1], where=where)

    async def undo(self, visit: Visit) -> Response:
        """Take one change back, or take that back again."""
        table, uuid, version = (
            visit.part("table"),
            visit.part("uuid"),
            visit.posted.text("version", visit.query.get("version", "")),
        )
        self._device.decisions.undo(table, uuid, version, why=visit.posted.text("why"))
        where = record_address(table, uuid, "/history")
        return visit.go(where, visit.texts("Undone. The record shows what it did before; this can be undone, too."))

    # --- deleting -----------------------------------------------------------------------------------------------------

    async def deleting(self, visit: Visit) -> Response:
        """The three ways to delete, and what each means."""
        table, uuid = visit.part("table"), visit.part("uuid")
        words = Wording(self._device, visit.texts)
        view = self._device.record(table, uuid)
        purge = self._device.deletions.purging.look(table, uuid)
        return visit.render(
            "delete.html",
            record=view,
            where=record_address(view.table, view.uuid),
            purge=purge,
            is_deleted=bool(view.strands) and all(one.is_deleted for one in view.strands),
            is_steward=self._is_steward,
            covered=[words.label(*one) for one in self._device.deletions.erasing.covered(view.table, view.uuid)]
            if len(view.strands) == 1
            else [],
        )

    @property
    def _is_steward(self) -> bool:
        return any(one.is_self and {"founder", "steward"} & {*one.roles} for one in self._device.members())

    async def delete(self, visit: Visit) -> Response:
        """One of the three."""
        table, uuid, way = visit.part("table"), visit.part("uuid"), visit.posted.text("way")
        where = table_address(table)
        if way == "retract":
            view = self._device.retract(table, uuid)
            deletions = [act for strand in view.strands for act in strand.deletions]
            undo = record_address(table, uuid, f"/history?version={deletions[0].version}") if deletions else ""
            return visit.go(
                record_address(table, uuid), visit.texts("Deleted for all. It can be brought back."), undo=undo
            )
        if visit.visitor.may(Right.RUN) and way == "purge":
            is_accepted = visit.posted.is_on("accepted")
            self._device.deletions.purging.purge([(table, uuid)], is_unreceived_accepted=is_accepted)
            return visit.go(
                where, visit.texts("Removed from this device. Others keep it, and the bin can fetch it back.")
            )
        if visit.visitor.may(Right.RUN) and way == "erase":
            if visit.posted.text("sure").strip() != "erase":
                raise InvalidInput(
                    what="To erase, the word erase must be typed.", do="Type it, or choose another way to delete."
                )
            if not self._is_steward:
                self._device.deletions.erasing.ask(table, uuid, visit.posted.text("why"))
                return visit.go(
                    where, visit.texts("The stewards are asked to erase it. They hear of it with the next sync.")
                )
            self._device.deletions.erasing.erase(table, uuid)
            return visit.go(where, visit.texts("The erasure is in force. The bin says when the content is destroyed."))
        raise InvalidInput(what="No way to delete was chosen.", do="Choose one of those shown.")
