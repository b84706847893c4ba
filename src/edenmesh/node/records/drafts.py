"""Drafts: what somebody has begun to enter and not saved yet. Durable in the store, encrypted with it, never sent.

A draft is named by the key that was given out with its page, and belongs to the account that types. When it is saved,
its record and the word that this key has become that record are one commit: whoever sends the same page again, by a
back button or from a second tab, finds the record instead of making another.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, TypeVar

import msgspec

from edenmesh.core.encoding import encode, normal_text
from edenmesh.core.ids import FileHash, parse_id
from edenmesh.errors import InvalidInput, RemoteProtocolError
from edenmesh.node.parts import Desk
from edenmesh.store import Store, Transaction

_T = TypeVar("_T")
_KEY_BYTES: Final = 16
_DRAFTS_MAX: Final = 500
_DRAFT_BYTES_MAX: Final = 512 * 1024
_ENTERED_MAX: Final = 2000
_DRAFT: Final = "draft/"
_ENTERED: Final = "entered/"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed into one form: texts by name, in order.

    `uuid` is empty for a record to be; `changed` is wall time in milliseconds since 1970; `files` are ids of files
    kept for it.
    """

    account: str
    changed: int = 0
    files: list[str] = []
    key: str
    label: str = ""
    table: str
    texts: list[tuple[str, str]] = []
    uuid: str = ""


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """What a key has become: a record that was saved, or nothing where its draft was thrown away."""

    made: int
    table: str = ""
    uuid: str = ""


_DRAFT_DECODER: Final = msgspec.msgpack.Decoder(Draft)
_ENTERED_DECODER: Final = msgspec.msgpack.Decoder(Entered)


class Drafts:
    """The drafts of one device."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk

    def new_key(self) -> str:
        """A key for a page that is shown now."""
        return self._desk.pen().salt[:_KEY_BYTES].hex()

    def draft(self, account: str, key: str) -> Draft | None:
        """A draft, or None where nothing is kept under that key."""
        return _read(_DRAFT_DECODER, self._store.notes.meta(_name(_DRAFT, account, key)))

    def drafts(self, account: str) -> list[Draft]:
        """All drafts of an account, the last changed first."""
        found = [_read(_DRAFT_DECODER, data) for _, data in self._store.notes.metas(_name(_DRAFT, account))]
        return sorted((one for one in found if one is not None), key=lambda one: (-one.changed, one.key))

    def entered(self, account: str, key: str) -> Entered | None:
        """What a key has become, or None while nothing was saved with it."""
        return _read(_ENTERED_DECODER, self._store.notes.meta(_name(_ENTERED, account, key)))

    def keep(self, draft: Draft) -> Draft:
        """Keep a draft in place of what was kept under its key. Raises InvalidInput where it is too much.

        Nothing is kept under a key that has become a record: a page left open in another tab brings no draft back.
        """
        if self.entered(draft.account, draft.key) is not None:
            return draft
        texts = [(normal_text(name), normal_text(text)) for name, text in draft.texts]
        draft = msgspec.structs.replace(draft, texts=texts, changed=self._desk.pen().made)
        data = encode(draft)
        if len(data) > _DRAFT_BYTES_MAX:
            raise InvalidInput(what=f"The draft has {len(data)} bytes; {_DRAFT_BYTES_MAX} are the most.")
        before = self.draft(draft.account, draft.key)
        if before is None and len(self.drafts(draft.account)) >= _DRAFTS_MAX:
            raise InvalidInput(what=f"There are {_DRAFTS_MAX} drafts already.", do="Save or throw away some of them.")
        with self._desk.writing() as writing:
            writing.put_meta(_name(_DRAFT, draft.account, draft.key), data)
            if before is not None:
                writing.drop_unnamed_files(_files(set(before.files) - set(draft.files)))
        return draft

    def discard(self, account: str, key: str) -> bool:
        """Throw a draft away. Returns whether there was one."""
        draft = self.draft(account, key)
        if draft is None:
            return False
        with self._desk.writing() as writing:
            self.settle(writing, account, key, Entered(made=self._desk.pen().made))
        return True

    def settle(self, writing: Transaction, account: str, key: str, entered: Entered) -> None:
        """Within a change: the key has become this. Files kept for the draft that no record names are dropped."""
        draft = self.draft(account, key)
        writing.drop_meta(_name(_DRAFT, account, key))
        writing.put_meta(_name(_ENTERED, account, key), encode(entered))
        if draft is not None:
            writing.drop_unnamed_files(_files(draft.files))
        known = [(_read(_ENTERED_DECODER, data), name) for name, data in self._store.notes.metas(_ENTERED)]
        known.sort(key=lambda one: one[0].made if one[0] is not None else 0)
        for _, name in known[: max(len(known) - _ENTERED_MAX, 0)]:
            writing.drop_meta(name)


def _name(kind: str, account: str, key: str = "") -> str:
    # Neither contains a slash: an account is written as hex.
    return f"{kind}{account.encode().hex()}/{key}"


def _files(ids: Sequence[str] | set[str]) -> list[FileHash]:
    found: list[FileHash] = []
    for one in sorted(ids):
        with suppress(InvalidInput):
            found.append(FileHash(parse_id("h", one)))
    return found


def _read(decoder: "msgspec.msgpack.Decoder[_T]", data: bytes | None) -> _T | None:
    """What was kept; None where another program version kept something else."""
    try:
        return decoder.decode(data) if data is not None else None
    except (msgspec.ValidationError, RemoteProtocolError):
        return None
