"""What was typed into a form, as the device takes it: what was changed and nothing else, each field checked alone."""

from collections.abc import Mapping
from typing import Final

from edenmesh.core.records import Field, Form, Table
from edenmesh.errors import InvalidInput
from edenmesh.node import Device, Entry, Json
from edenmesh.web.pages.inputs import as_json, json_list, texts_of, typed
from edenmesh.web.pages.layout import fields_of, rows_posted
from edenmesh.web.pages.posting import Posted
from edenmesh.web.texts import Texts


class Reading:
    """Reads one page. `problems` gathers what is wrong, by the name of its control."""

    def __init__(self, device: Device, texts: Texts, posted: Posted, problems: dict[str, str]) -> None:
        self._device = device
        self._texts = texts
        self._posted = posted
        self._problems: Final = problems

    def values(self, table: Table, prefix: str, moved: Mapping[str, Json] | None = None) -> dict[str, Json]:
        """What was changed in the fields of a table.

        `moved` is what the record shows now, where it was changed since the page was drawn: a field that both changed
        is shown to its writer once more, with the other value.
        """
        values: dict[str, Json] = {}
        for field in fields_of(table):
            name = f"{prefix}{field.name}"
            if field.is_locked or f"was.{name}" not in self._posted:
                continue
            now = typed(field, name, self._posted)
            was = json_list(self._posted.text(f"was.{name}"))
            if field.is_required and not now:
                self._problems[name] = self._texts("%(field)s is required.", field=field.label or field.name)
            elif now != was and self._is_free(field, name, moved, now):
                values[field.name] = self._checked(table.name, field, now, name)
        return values

    def parts(self, form: Form) -> list[Entry]:
        """The rows of a form's components: those changed, those taken away, those new ones that are not empty."""
        entries: list[Entry] = []
        for component in form.components:
            for number in range(rows_posted(self._posted, component.alias)):
                prefix = f"p.{component.alias}.{number}."
                uuid, is_dropped = self._posted.text(f"{prefix}uuid"), self._posted.is_on(f"{prefix}drop")
                if not uuid and (is_dropped or self._is_untouched(component.table, f"{prefix}v.")):
                    continue
                values = {} if is_dropped else self.values(component.table, f"{prefix}v.")
                if values or is_dropped:
                    entries.append(
                        Entry(component.table.name, values, uuid, is_dropped=is_dropped, alias=component.alias)
                    )
        return entries

    def _is_free(self, field: Field, name: str, moved: Mapping[str, Json] | None, now: list[str]) -> bool:
        """Whether nobody else has changed the field meanwhile."""
        was = json_list(self._posted.text(f"was.{name}"))
        there = texts_of(field, moved.get(field.name)) if moved is not None else was
        if there in (was, now):
            return True
        value = ", ".join(there) or self._texts("nothing")
        self._problems[name] = self._texts(
            "Somebody changed this meanwhile to: %(value)s. Save again to keep yours.", value=value
        )
        return False

    def _checked(self, table: str, field: Field, texts: list[str], name: str) -> Json:
        try:
            value = as_json(field, texts)
            self._device.records.read(table, {field.name: value})
        except InvalidInput as error:
            self._problems[name] = _why(error)
            return None
        return value

    def _is_untouched(self, table: Table, prefix: str) -> bool:
        """Whether nothing was typed into a row but what stood in it by itself."""
        return all(
            typed(field, f"{prefix}{field.name}", self._posted) in ([], texts_of(field, field.default or None))
            for field in fields_of(table)
        )


def _why(error: InvalidInput) -> str:
    """What is wrong with one value, without what goes for every file and value that is handed in."""
    cause = error.__cause__ if isinstance(error.__cause__, InvalidInput) else error
    return cause.what if cause.do == InvalidInput.do else f"{cause.what} {cause.do}"
