"""A row: what one S3JSON object says of one record, with its values typed and its file names apart.

A row is a statement, not a record: fields it leaves out keep the value they had. Components are rows of their own
table whose field `$master` refers to their master.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from edenmesh.core.records import MASTER, Content, File, Reference

Key = tuple[str, str]
"""Table and uuid: what names a record."""


class PendingFile(NamedTuple):
    """A file a document names and whose content is not known yet; `url` is where that server gives it out."""

    label: str
    url: str = ""


class Problem(NamedTuple):
    """Something in a document that could not be taken as it stands: where, and what, in words for people."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record as a document gives it.

    `emptied` are fields given as empty. Stamps are UTC to the second, or empty where the document gives none.
    `is_named` is False where the document gave no uuid: `uuid` is then derived from document, table and position, so
    that the same document names it the same on every device. `error` and `errors` are a server's words on the row
    and on its fields, in the tree a push answers.
    """

    table: str
    uuid: str
    fields: Mapping[str, Content] = field(default_factory=dict)
    emptied: tuple[str, ...] = ()
    files: Mapping[str, PendingFile] = field(default_factory=dict)
    is_deleted: bool = False
    is_named: bool = True
    replaced_by: str = ""
    created_on: str = ""
    modified_on: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """Table and uuid."""
        return self.table, self.uuid

    @property
    def master(self) -> Key | None:
        """Table and uuid of the master the row is nested in, where it is."""
        target = self.fields.get(MASTER)
        return (target.table, target.uuid) if isinstance(target, Reference) else None

    @property
    def is_bare(self) -> bool:
        """Whether the row says nothing but that it is there, as a master does that only carries its components."""
        return not (self.fields or self.emptied or self.files or self.is_deleted)

    def with_files(self, contents: Mapping[str, File]) -> "Row":
        """The row with the content of pending files filled in, by field name."""
        known = {name: contents[name] for name in self.files if name in contents}
        pending = {name: file for name, file in self.files.items() if name not in known}
        return replace(self, fields={**self.fields, **known}, files=pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A decoded S3JSON document: its rows in order, masters before their components, and what could not be taken.

    `attributes` are those of the document itself, as the server wrote them: `domain`, `results`, `limit`, `start`.
    `problem_count` may exceed the problems listed. `left_out` counts by table the rows that normalising dropped.
    """

    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
