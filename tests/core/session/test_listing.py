"""Lists of forked logs: compared piece by piece they say the same as compared whole, and keep nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.ids import VersionId, tagged_hash
from edenmesh.core.reconcile import Held, Mark, common_prefix
from edenmesh.core.session.listing import Lister, OpenList
from edenmesh.core.session.outbox import Outbox
from edenmesh.core.trust import Frontier
from edenmesh.core.wire import Ids
from edenmesh.errors import RemoteProtocolError
from tests.duets.team import Device, team
from tests.oracle.memory_store import MemoryStore

AUTHOR = Device("Ana").author


def ids(text: str) -> list[VersionId]:
    return [VersionId(tagged_hash("letter", text[: end + 1].encode())) for end in range(len(text))]


class Branches(MemoryStore):
    """Branches of one author's log, given as texts; asked for their ids only."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__()
        self.texts = texts

    def ids_between(self, author: bytes, branch: int, start: int, stop: int) -> list[VersionId]:
        return ids(self.texts[branch])[start:stop]

    @property
    def held(self) -> list[Held]:
        return [Held(AUTHOR, branch, len(text), b"r" * 32) for branch, text in enumerate(self.texts)]


def read(text: str, texts: list[str], piece: int) -> int:
    listed, store = ids(text), Branches(texts)
    log = Mark(AUTHOR, len(text), Frontier.EMPTY.extended(listed).root())
    opened = OpenList(log, store.held, store)
    for start in range(0, len(text), piece):
        assert not opened.is_whole
        opened.extend(Ids([*listed[start : start + piece]], log, start))
    assert opened.is_whole
    return opened.common()


letters = st.text("xy", min_size=1, max_size=12)


@given(letters, st.lists(letters, max_size=4), st.integers(1, 13))
def test_pieces_say_what_the_whole_would(text: str, texts: list[str], piece: int) -> None:
    expected = max((common_prefix(ids(text), ids(other)) for other in texts), default=0)
    assert read(text, texts, piece) == expected


def test_a_list_under_another_root_is_refused() -> None:
    opened = OpenList(Mark(AUTHOR, 2, b"r" * 32), [], MemoryStore())
    opened.extend(Ids([*ids("xy")], opened.log, 0))
    with pytest.raises(RemoteProtocolError):
        opened.common()


def test_only_a_log_whose_list_was_sent_whole_can_be_wanted() -> None:
    ana, _ = team("Ana", "Ben")
    ana.write(3)
    outbox, (held,) = Outbox(), ana.store.log_heads()
    lister = Lister(outbox, ana.store)
    lister.add(held)
    with pytest.raises(RemoteProtocolError):
        lister.take_answered(held.mark)
    lister.pump()
    assert lister.is_listing(held)
    assert lister.take_answered(held.mark) == held
    assert lister.is_idle
    with pytest.raises(RemoteProtocolError):
        lister.take_answered(held.mark)
