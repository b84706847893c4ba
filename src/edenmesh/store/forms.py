"""The forms held, read when they are asked for, and what they declare.

A form that this program cannot read counts as one that has not come: what it declares is not known either.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from edenmesh.core.ids import FormHash
from edenmesh.core.records import Declarations, Form
from edenmesh.errors import RemoteProtocolError
from edenmesh.store.database import Link


class Forms(Mapping[FormHash, Form]):
    """Forms by hash, each read once. One whose coming is committed later calls for another of these."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._read: dict[FormHash, Form | None] = {}
        self.declarations: Final = Declarations(self)

    def __getitem__(self, form: FormHash) -> Form:
        found = self._find(form)
        if found is None:
            raise KeyError(form)
        return found

    def __contains__(self, form: object) -> bool:
        return isinstance(form, bytes) and self._find(FormHash(form)) is not None

    def __iter__(self) -> Iterator[FormHash]:
        hashes = (FormHash(row[0]) for row in self._link.rows("SELECT hash FROM forms ORDER BY hash"))
        return (form for form in hashes if form in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _find(self, form: FormHash) -> Form | None:
        if form not in self._read:
            row = self._link.row("SELECT data FROM forms WHERE hash = ?", (form,))
            self._read[form] = _decoded(row[0]) if row else None
        return self._read[form]


def _decoded(data: bytes) -> Form | None:
    try:
        return Form.decode(data)
    except RemoteProtocolError:
        return None
