"""Entering and changing a record, with drafts that outlive a reload, a crash and a restart.

Every page carries a key. What is typed is kept under it as a draft; what is saved with it is one record, however often
the page is sent. Buttons within the form (find, add a row) keep the draft and show the page again.
"""

import json
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edenmesh.core.ids import format_id
from edenmesh.core.records import Form, Table
from edenmesh.errors import EdenmeshError, InvalidInput
from edenmesh.node import Device, Draft, Entry, Filled, Json
from edenmesh.web.pages.inputs import Inputs, json_list
from edenmesh.web.pages.layout import VALUES, Layout, Record, rows_posted
from edenmesh.web.pages.page import Refused, Visit, page
from edenmesh.web.pages.posting import TOKEN_FIELD, Posted
from edenmesh.web.pages.reading import Reading
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.wording import Wording, record_address, table_address
from edenmesh.web.visiting import Right

_KEY_CHARS: Final = frozenset("0123456789abcdef")
_KEY_LENGTH: Final = 32
_DO: Final = "do"


@dataclass(frozen=True, slots=True)
class _Target:
    """What a page is about: a table's form, and the record to be changed or none."""

    table: str
    uuid: str
    form: Form
    key: str
    here: str


class FormPages:
    """The form of a record."""

    def __init__(self, device: Device, renderer: Renderer) -> None:
        self._device = device
        self._drafts = device.entries.drafts
        fill = Right.FILL
        self.routes: Final[list[Route]] = [
            page(renderer, "/data/{table}/new", self.show, right=fill, act=self.save, act_right=fill),
            page(renderer, "/data/{table}/find", self.found, right=fill),
            page(renderer, "/data/{table}/{uuid:path}/edit", self.show, right=fill, act=self.save, act_right=fill),
            page(renderer, "/drafts", self.drafts, right=fill, act=self.discard, act_right=fill),
        ]

    # --- showing ------------------------------------------------------------------------------------------------------

    async def show(self, visit: Visit) -> Response:
        """The form: as it was drafted, else as the record is."""
        target = self._target(visit)
        if not target.key:
            return visit.go(f"{target.here}?key={self._drafts.new_key()}")
        account = visit.visitor.account
        entered = self._drafts.entered(account, target.key)
        if entered is not None:
            where = record_address(entered.table, entered.uuid) if entered.uuid else table_address(target.table)
            text = visit.texts("That page was saved already; this is the record.") if entered.uuid else ""
            return visit.go(where, text, kind="warn")
        draft = self._drafts.draft(account, target.key)
        posted = visit.posted if visit.error is not None else Posted(draft.texts) if draft is not None else None
        words = Wording(self._device, visit.texts)
        layout = Layout(self._device, words, visit.texts)
        record, label, heads = self._record(target, layout)
        is_checked = posted is not None and visit.error is None and bool(visit.query.get("check"))
        if is_checked and posted is not None:
            visit = replace(visit, posted=posted, error=self._refusal(visit, target, posted))
        return visit.render(
            "form.html",
            title=label or visit.texts("New: %(what)s", what=words.one(target.table)),
            is_new=not target.uuid,
            items=layout.items(target.form.table, VALUES, record, posted),
            parts=layout.parts(target.form.components, record, posted),
            here=target.here,
            key=target.key,
            back=record_address(target.table, target.uuid) if target.uuid else table_address(target.table),
            # Who was told what had changed meanwhile saves over it knowingly.
            heads=posted.text("heads")
            if posted is not None and "heads" in posted and not is_checked
            else json.dumps(heads),
            draft=draft if visit.error is None else None,
        )

    async def found(self, visit: Visit) -> Response:
        """Records that fit what is typed into the search of a reference, as radios or boxes."""
        table = visit.part("table")
        words = Wording(self._device, visit.texts)
        field = words.catalogue.field(table, visit.query.get("field", ""))
        if field is None:
            raise InvalidInput(what="That form has no such field.")
        inputs = Inputs(self._device, words, visit.texts, table)
        options = inputs.found(field, visit.request.query_params.getlist("chosen")[:50], visit.query.get("q", "")[:200])
        kind = "checkbox" if field.is_list else "radio"
        return visit.render("choices.html", name=visit.query.get("name", ""), options=options, kind=kind)

    def _record(self, target: _Target, layout: Layout) -> tuple[Record, str, list[str]]:
        if not target.uuid:
            return Record(), "", []
        view = self._device.record(target.table, target.uuid)
        if len(view.strands) != 1:
            raise InvalidInput(
                what="Two different records share this name; what you change here could mean either.",
                do="Decide about them first, under Decide.",
            )
        strand = view.strands[0]
        values = {name: one.value for name, one in strand.fields.items()}
        undecided = [name for name, one in strand.fields.items() if one.is_undecided]
        parts = layout.part_rows(target.form.components, target.table, target.uuid)
        return Record(values, True, undecided, parts), view.label, list(strand.heads)

    def _target(self, visit: Visit) -> _Target:
        table, uuid = visit.part("table"), str(visit.request.path_params.get("uuid", ""))
        form = self._device.records.catalogue().form(table)
        if form is None:
            # A record without a form of its own is changed by the fields it is known to have.
            known = self._device.records.catalogue().fields(table)
            if not known:
                raise InvalidInput(
                    what=f"No form for {table} is on this device.",
                    do="Bring it from a colleague, a server or a file; then enter the record.",
                )
            form = Form(format=1, table=Table(name=table, fields=list(known.values())))
        key = visit.query.get("key", "")
        is_key = len(key) == _KEY_LENGTH and set(key) <= _KEY_CHARS
        here = record_address(table, uuid, "/edit") if uuid else f"{table_address(table)}/new"
        return _Target(table, uuid, form, key if is_key else "", here)

    # --- saving -------------------------------------------------------------------------------------------------------

    async def save(self, visit: Visit) -> Response:
        """What the pressed button says: save, keep as a draft, find, add a row, or throw away."""
        target = self._target(visit)
        if not target.key:
            raise InvalidInput(what="This page has no key any more.", do="Open the form anew.")
        account, posted = visit.visitor.account, self._with_files(visit.posted)
        visit.posted.take(posted)
        verb, _, what = posted.text(_DO, "save").partition(":")
        if verb == "discard":
            self._drafts.discard(account, target.key)
            where = record_address(target.table, target.uuid) if target.uuid else table_address(target.table)
            return visit.go(where, visit.texts("The draft was thrown away."))
        if verb != "save":
            if verb == "add":
                posted = posted.with_text(f"p.{what}.rows", str(rows_posted(posted, what) + 1))
            self._keep(target, account, posted)
            if verb == "keep":
                return JSONResponse({"files": _files(posted)}, headers={"Cache-Control": "no-store"})
            if verb == "draft":
                return visit.go("/drafts", visit.texts("The draft is kept on this device."))
            anchor = f"f-{what}" if verb == "find" else f"part-{what}"
            return visit.go(f"{target.here}?key={target.key}#{quote(anchor)}")
        try:
            return self._save(visit, target, posted)
        except InvalidInput:
            # By a redirect, as all else: a page that came by GET can be gone back to and reloaded.
            self._keep(target, account, posted)
            if self._refusal(visit, target, posted) is None:
                raise
            return visit.go(f"{target.here}?key={target.key}&check=1")

    def _refusal(self, visit: Visit, target: _Target, posted: Posted) -> EdenmeshError | None:
        """Why what is in a draft cannot be saved; None where nothing was found."""
        try:
            self._filled(visit, target, posted)
        except EdenmeshError as error:
            return error
        return None

    def _save(self, visit: Visit, target: _Target, posted: Posted) -> Response:
        before = self._device.record(target.table, target.uuid).heads if target.uuid else ()
        entered = self._device.entries.save(self._filled(visit, target, posted))
        view = self._device.record(entered.table, entered.uuid)
        is_changed = bool(target.uuid) and len(view.heads) == 1 and view.heads != before
        undo = record_address(view.table, view.uuid, f"/history?version={view.heads[0]}") if is_changed else ""
        return visit.go(record_address(view.table, view.uuid), visit.texts("Saved on this device."), undo=undo)

    def _filled(self, visit: Visit, target: _Target, posted: Posted) -> Filled:
        """What is to be saved. Raises InvalidInput, with a sentence for each field that does not fit."""
        words = Wording(self._device, visit.texts)
        layout = Layout(self._device, words, visit.texts)
        record, _, heads = self._record(target, layout)
        problems: dict[str, str] = {}
        has_moved = json_list(posted.text("heads", "[]")) != heads and bool(target.uuid)
        reading = Reading(self._device, visit.texts, posted, problems)
        values = reading.values(target.form.table, VALUES, record.values if has_moved else None)
        parts = reading.parts(target.form)
        if problems:
            raise Refused(
                visit.texts.plural(
                    "%(count)d field needs another look.", "%(count)d fields need another look.", len(problems)
                ),
                problems,
            )
        about: dict[str, str] = {"via": f"phone {visit.visitor.account}"} if visit.visitor.account else {}
        if not target.uuid and not values and not parts:
            raise InvalidInput(
                what=visit.texts("Nothing was entered yet."), do=visit.texts("Fill in at least one field.")
            )
        return Filled(
            Entry(target.table, values, target.uuid),
            parts,
            account=visit.visitor.account,
            key=target.key,
            about=dict(about),
        )

    def _with_files(self, posted: Posted) -> Posted:
        """What was sent, with each file kept on this device and named where its control holds it."""
        for name in posted.names():
            uploads = posted.files(name)
            if uploads and name.startswith("file."):
                upload = uploads[-1]
                file = self._device.add_file(upload.content, label=upload.label, media=upload.media)
                told: dict[str, Json] = {
                    "file": format_id("h", file.hash),
                    "label": file.label,
                    "media": file.media,
                    "size": file.size,
                }
                text = json.dumps({key: value for key, value in told.items() if value}, sort_keys=True)
                posted = posted.with_text(name.removeprefix("file."), text)
        return posted

    # --- drafts -------------------------------------------------------------------------------------------------------

    def _keep(self, target: _Target, account: str, posted: Posted) -> None:
        texts = [(name, text) for name, text in posted.pairs() if name not in (TOKEN_FIELD, _DO)]
        label = _label(posted)
        self._drafts.keep(
            Draft(
                account=account,
                key=target.key,
                table=target.table,
                uuid=target.uuid,
                label=label[:80],
                texts=texts,
                files=[one["file"] for one in _files(posted).values() if "file" in one],
            )
        )

    async def drafts(self, visit: Visit) -> Response:
        """What was begun and not saved."""
        words = Wording(self._device, visit.texts)
        rows = [
            {
                "href": (
                    record_address(one.table, one.uuid, "/edit") if one.uuid else f"{table_address(one.table)}/new"
                )
                + f"?key={one.key}",
                "title": one.label or visit.texts("Nothing typed yet"),
                "table": words.table(one.table),
                "changed": one.changed,
                "is_new": not one.uuid,
                "key": one.key,
            }
            for one in self._drafts.drafts(visit.visitor.account)
        ]
        return visit.render("drafts.html", rows=rows)

    async def discard(self, visit: Visit) -> Response:
        """Throw a draft away."""
        self._drafts.discard(visit.visitor.account, visit.posted.text("key"))
        return visit.go("/drafts", visit.texts("The draft was thrown away."))


def _label(posted: Posted) -> str:
    """What to call what was typed so far: by a name, else by the first text in it."""
    names = [posted.text(f"{VALUES}{name}").strip() for name in ("first_name", "last_name")]
    called = [posted.text(f"{VALUES}{name}").strip() for name in ("name", "title", "label")]
    typed = [text.strip() for name, text in posted.pairs() if name.startswith(VALUES)]
    return next((one for one in (" ".join(names).strip(), *called, *typed) if one), "")


def _files(posted: Posted) -> dict[str, dict[str, str]]:
    """The files that stand in a form, by the name of their control."""
    found: dict[str, dict[str, str]] = {}
    for name, text in posted.pairs():
        if text.startswith("{") and '"file"' in text and not name.startswith("was."):
            try:
                told = json.loads(text)
            except ValueError:
                continue
            if isinstance(told, dict) and isinstance(told.get("file"), str):
                found[name] = {"file": told["file"], "label": str(told.get("label", "")), "text": text}
    return found
