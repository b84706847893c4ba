"""One word for one thing."""

from pathlib import Path

import pytest

from tests.house.checks.words import check_names, check_prose, split_words
from tests.house.conftest import Plant


def test_names_use_the_words_of_the_glossary(root: Path) -> None:
    check_names(root).prove(seen_min=500)


def test_pages_use_the_words_of_the_glossary(root: Path) -> None:
    check_prose(root).prove(seen_min=3)


@pytest.mark.parametrize(
    ("place", "text", "word"),
    [
        ("node/session_manager.py", "", "manager"),
        ("node/x.py", "class FrameHandler: ...", "handler"),
        ("node/x.py", "def peer_info() -> None: ...", "info"),
        ("core/utils.py", "", "utils"),
        ("store/x.py", "class Tombstone: ...", "tombstone"),
        ("store/x.py", "replicas = 3", "replicas"),
        ("store/x.py", "def f(last_revision: int) -> None: ...", "revision"),
        ("store/x.py", "class X:\n    def f(self) -> None:\n        self.contacts = 1", "contacts"),
        ("node/_inner.py", "", "underscored"),
    ],
)
def test_a_wrong_name_is_seen(plant: Plant, place: str, text: str, word: str) -> None:
    report = check_names(plant({"src/edenmesh/" + place: text}))
    assert len(report.complaints) == 1
    assert word in report.complaints[0]


def test_the_right_name_and_edens_own_are_let_through(plant: Plant) -> None:
    files = {
        "src/edenmesh/core/x.py": "def handle_timer(now: float) -> None: ...\nclass Session: ...",
        "src/edenmesh/eden/x.py": "tombstone = 1",
        "src/edenmesh/node/__init__.py": "",
    }
    report = check_names(plant(files))
    assert report.complaints == []
    assert report.seen == 7


def test_a_wrong_word_on_a_page_is_seen(plant: Plant) -> None:
    root = plant({"README.md": "A tombstone\n", "docs/a.md": "two\nReplicas\n", "docs/glossary.md": "replica"})
    assert [complaint.split(" is ")[0] for complaint in check_prose(root).complaints] == [
        "README.md:1: 'tombstone'",
        "docs/a.md:2: 'Replicas'",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("peerHTTPInfo_v2", ["peer", "http", "info", "v2"]),
        ("SEALS_MAX", ["seals", "max"]),
        ("StoreTooNew", ["store", "too", "new"]),
        ("information", ["information"]),
    ],
)
def test_a_name_is_split_into_its_words(name: str, words: list[str]) -> None:
    assert split_words(name) == words
