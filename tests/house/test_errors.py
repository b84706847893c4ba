"""Every error tells what happened, what was kept and what to do."""

import pickle
from pathlib import Path
from types import ModuleType

import pytest

from edenmesh import errors
from tests.house.checks.errors import check_error_classes, check_raised_texts, error_classes
from tests.house.conftest import Plant

ERRORS = "class StoreError(Exception): ...\n"


def test_every_error_class_is_whole() -> None:
    check_error_classes(errors).prove(seen_min=27)


def test_every_raised_text_is_whole(root: Path) -> None:
    check_raised_texts(root).prove(seen_min=20)


@pytest.mark.parametrize("error", error_classes(errors), ids=lambda error: str(error.__name__))
def test_an_error_survives_the_way_between_processes(error: type[errors.EdenmeshError]) -> None:
    sent = error("The kettle is cold.", kept="The tea was kept.", do="Heat it.")
    received = pickle.loads(pickle.dumps(sent))
    assert type(received) is error
    assert str(received) == "The kettle is cold. The tea was kept. Heat it."


def test_a_clause_is_shown_as_a_sentence() -> None:
    clause = errors.InvalidInput(what="it is too long")
    assert str(errors.InvalidInput(what=f"A form is not valid: {clause.what}", do="Cut it.")) == (
        "A form is not valid: it is too long. Nothing was changed. Cut it."
    )


def test_a_poor_error_class_is_seen() -> None:
    class Poor(Exception):
        what, kept, do = "gone", "Nothing.", "Run it again."

    module = ModuleType("poor", "The tree:\n\n    Other\n\nThat is all.\n")
    Poor.__module__ = "poor"
    Poor.__doc__ = None
    vars(module).update(Poor=Poor, __all__=["Ghost"])
    assert check_error_classes(module).complaints == [
        "Poor: has no docstring",
        "Poor: is missing from __all__",
        "Poor: its `what` is not a whole sentence: 'gone'",
        "Poor: its text leaves out `kept`",
        "Poor: its text leaves out `do`",
        "Ghost: stands in __all__ and is no error class",
        "Other: the tree in the docstring puts it under Exception, the code under None",
        "Poor: the tree in the docstring puts it under None, the code under Exception",
    ]


@pytest.mark.parametrize(
    "call", ["StoreError('broken')", "StoreError(what='It broke')", "StoreError(f'It broke: {x}', do='retry')"]
)
def test_a_poor_raised_text_is_seen(plant: Plant, call: str) -> None:
    report = check_raised_texts(plant({"src/edenmesh/errors.py": ERRORS, "src/edenmesh/node/x.py": f"raise {call}\n"}))
    assert report.seen == 1
    assert report.complaints


@pytest.mark.parametrize("what", ["f'{x} is gone.'", "f'A form is not valid: {error.what}'", "'it is too long'"])
def test_a_whole_raised_text_is_let_through(plant: Plant, what: str) -> None:
    text = f"raise StoreError({what}, kept=kept, do='Look again.')\n"
    report = check_raised_texts(plant({"src/edenmesh/errors.py": ERRORS, "src/edenmesh/node/x.py": text}))
    assert (report.seen, report.complaints) == (1, [])
