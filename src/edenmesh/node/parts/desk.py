"""The one place of a device that writes: local edits and what sessions bring, one change open at a time.

A session stages its batches into an open change and makes them durable together. An open change belongs to one
session: what one peer sends can never undo what another sent, nor what a person writes; whose change was undone hears
why when it stages or commits. A local edit commits at once. After every commit those who listen hear what has grown,
on the next turn of the loop, so that a session has noted what it received before it looks for news to pass on.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Final
from weakref import WeakKeyDictionary

from edenmesh.core.ids import AuthorId
from edenmesh.core.ports import Entropy
from edenmesh.core.records import Pen
from edenmesh.core.session import Batch, CharterReceived, ChunkReceived, FormReceived, HolesReceived
from edenmesh.core.trust import certify
from edenmesh.errors import EdenmeshError, StoreError
from edenmesh.node.parts.acting import acting_account, acting_for
from edenmesh.node.parts.identity import SEED_BYTES, Identity
from edenmesh.store import Committed, Store, Transaction

OnCommitted = Callable[[Committed], None]
IDENTITY: Final = "identity"
"""Where the keys of this device are noted."""
_PLACE: Final = "place"


class _Open:
    """A change begun and not committed yet."""

    def __init__(self, owner: object, block: AbstractContextManager[Transaction]) -> None:
        self.owner = owner
        self.block = block
        self.transaction = block.__enter__()


class Desk:
    """Writes into the store; fulfils the encounter's `Ledger`."""

    def __init__(self, store: Store, identity: Identity, *, wall_clock: Callable[[], float], entropy: Entropy) -> None:
        self._store = store
        self._identity = identity
        self._wall_clock = wall_clock
        self._entropy = entropy
        self._open: _Open | None = None
        self._undone: WeakKeyDictionary[object, EdenmeshError] = WeakKeyDictionary()
        self._is_writing = False
        self._is_placed = False
        self._listeners: list[OnCommitted] = []
        self.has_company: Callable[[], bool] = lambda: False

    def listen(self, listener: OnCommitted) -> Callable[[], None]:
        """Call `listener` after every commit; the function returned stops that."""
        self._listeners.append(listener)

        def stop() -> None:
            with suppress(ValueError):  # the desk was closed before
                self._listeners.remove(listener)

        return stop

    def stage(self, owner: object, batch: Batch) -> None:
        """Write a batch into the owner's open change; it is durable after `commit`.

        Raises what the store says; then nothing staged since the last commit is kept, and `commit` says so, too.
        """
        if owner in self._undone:
            raise self._undone[owner]
        transaction = self._begin(owner)
        try:
            _apply(transaction, batch)
        except BaseException as error:
            self._undo(error)
            raise

    def commit(self, owner: object) -> None:
        """Make everything the owner staged durable, and tell who listens.

        Raises what the store said where it was undone: then none of it may be acknowledged.
        """
        self.leave(owner)
        if owner in self._undone:
            raise self._undone.pop(owner)

    def leave(self, owner: object) -> None:
        """The owner is gone, or commits: what it staged becomes durable, as far as it can."""
        if self._open is not None and self._open.owner is owner:
            self.settle()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A change by a person or a gateway: durable when the block ends, undone where it raises.

        While somebody is connected, what it writes leaves at once, and so is sealed with it.
        """
        self.settle()
        self._renew()
        with self._store.change() as transaction:
            if not self._is_placed and self._store.notes.meta(_PLACE) is None:
                transaction.put_meta(_PLACE, self._store.place)
            self._is_writing = True
            try:
                yield transaction
            finally:
                self._is_writing = False
            if transaction.is_unsealed and self.has_company():
                transaction.seal_own(self._identity.author_key)
        self._announce(transaction.committed)

    def pen(self) -> Pen:
        """Who writes the next version of this device. Inside `writing`, ask once for each version, in order."""
        if not self._is_writing:
            self.settle()
            self._renew()
        author = self._identity.author
        made = int(self._wall_clock() * 1000)
        return Pen(author, self._store.own_log(author).size, made, self._entropy(16), account=acting_account())

    def pens(self) -> Iterator[Pen]:
        """Pens for many versions in one change, each with the next seq."""
        first = self.pen()
        seq = first.seq
        while True:
            made = int(self._wall_clock() * 1000)
            yield Pen(first.author, seq, made, self._entropy(16), account=first.account)
            seq += 1

    def seal(self) -> None:
        """Sign the tree head over what was written since the last time; versions leave only under a seal."""
        own = self._store.own_log(AuthorId(self._identity.author))
        if own.sealed < own.size and own.is_ours:
            with self.writing() as transaction:
                transaction.seal_own(self._identity.author_key)

    def _renew(self) -> None:
        """Take a new author key where somebody else may write with this one, or has: before anything is written.

        What was written with the old key and not sealed yet is sealed with it, so that nothing stays behind.
        """
        if not self._is_copy() and self._store.own_log(self._identity.author).is_ours:
            return
        if not self._store.snapshot.charter().is_member(self._identity.device):
            return
        seed = self._entropy(SEED_BYTES)
        renewed = self._identity.renewed(seed)
        with self._store.change() as transaction:
            transaction.seal_rest(self._identity.author_key)
            transaction.add_charter([certify(transaction.charter, renewed.device_key, renewed.author_key)])
            transaction.put_meta(IDENTITY, renewed.encode())
            transaction.put_meta(_PLACE, self._store.place)
        self._identity.renew(seed)
        self._announce(transaction.committed)

    def _is_copy(self) -> bool:
        """Whether the store stands elsewhere than where it was last written; not asked again once it does not."""
        if not self._is_placed:
            noted = self._store.notes.meta(_PLACE)
            self._is_placed = noted == self._store.place
            return noted is not None and not self._is_placed
        return False

    def _begin(self, owner: object) -> Transaction:
        if self._open is not None and self._open.owner is not owner:
            self.settle()
        if self._open is None:
            self._open = _Open(owner, self._store.change())
        return self._open.transaction

    def settle(self) -> None:
        """Make durable what is staged; where the store cannot, it is its owner's to hear, and nobody else's."""
        if self._open is None:
            return
        opened, self._open = self._open, None
        try:
            opened.block.__exit__(None, None, None)
        except StoreError as error:
            self._note(opened.owner, error)
            return
        except BaseException as error:
            self._note(opened.owner, error)
            raise
        self._announce(opened.transaction.committed)

    def _undo(self, error: BaseException) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            self._note(opened.owner, error)
            with suppress(type(error)):
                opened.block.__exit__(type(error), error, error.__traceback__)

    def _note(self, owner: object, error: BaseException) -> None:
        told = error if isinstance(error, EdenmeshError) else StoreError(what="What had arrived could not be stored.")
        self._undone[owner] = told

    def _announce(self, committed: Committed | None) -> None:
        if committed is None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._tell(committed)
        else:
            loop.call_soon(self._tell, committed)

    def close(self) -> None:
        """Make durable what is staged; nobody hears of a commit any more."""
        try:
            self.settle()
        finally:
            self._listeners.clear()

    def _tell(self, committed: Committed) -> None:
        # Whatever is done because of a commit, the device does, and not the account in whose request it was made.
        with acting_for(""):
            for listener in list(self._listeners):
                listener(committed)


def _apply(transaction: Transaction, batch: Batch) -> None:
    if isinstance(batch, CharterReceived):
        transaction.add_charter(batch.entries)
    elif isinstance(batch, FormReceived) and batch.guest is not None:
        transaction.pen_form(batch.form, batch.guest)
    elif isinstance(batch, FormReceived):
        transaction.add_form(batch.form)
    elif isinstance(batch, HolesReceived):
        transaction.fill(batch.filling)
    elif isinstance(batch, ChunkReceived):
        transaction.add_chunk(batch.file, batch.size, batch.offset, batch.data)
    elif batch.is_penned and transaction.charter.standing(batch.part.author).device is None:
        if batch.part.giver is not None:
            transaction.pen_part(batch.part, batch.part.giver)
    else:
        transaction.add_part(batch.part)
