"""Every record of every recorded exchange comes back from rows as it went in."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from edenmesh.core.records import Form
from edenmesh.eden import Document, decode_answer, decode_document, decode_mform, encode_document, normalise_document
from edenmesh.errors import InvalidInput
from tests.eden.exchanges import FIXTURES, Json, Recorded, bodies, count_rows, documents, essence


class Corpus(NamedTuple):
    """A folder of exchanges and how much must be found in it."""

    pattern: str
    documents: int
    rows: int
    forms: int
    answers: int
    refused_rows: int
    server_rows: int


OURS = Corpus("s3json-*.json", documents=35, rows=57, forms=6, answers=25, refused_rows=7, server_rows=4)
CAPTURED = Corpus("*.json", documents=175, rows=364, forms=5, answers=92, refused_rows=18, server_rows=33)

BROKEN = {
    "bad-json": "the text stops in the middle",
    "json-array": "a list where an object belongs",
    "empty-body": "no text at all",
}
"""Requests that were sent to see what a server says to what is not S3JSON."""

PROBLEMATIC = {
    "bad-modified-on": "a stamp that is no date: the row is kept, the stamp is not",
}
"""Requests whose S3JSON is sound but one part of a row, which is listed as a problem and left out."""

ILL_TYPED = {
    "invalid-value": "text in a field for whole numbers",
    "batch-mixed-without-ignore-errors": "text in a field for whole numbers",
    "batch-mixed-with-ignore-errors": "text in a field for whole numbers",
    "referenced-record-invalid-in-tree": "text in a field for whole numbers",
    "null-value": "the server's `None` for a null in a field for whole numbers",
}
"""Exchanges in which a value does not fit its field's kind; with forms that is a problem, and it is kept as text."""


@pytest.fixture(params=[OURS, pytest.param(CAPTURED, marks=pytest.mark.captures)], ids=["ours", "captured"])
def corpus(request: pytest.FixtureRequest) -> Corpus:
    chosen = request.param
    assert isinstance(chosen, Corpus)
    return chosen


@pytest.fixture
def folder(corpus: Corpus, request: pytest.FixtureRequest) -> Path:
    found = FIXTURES if corpus is OURS else request.getfixturevalue("captures")
    assert isinstance(found, Path)
    return found


def name_of(place: str) -> str:
    return place.partition("/")[2]


def without_stamp(tree: dict[str, Json], stamp: str) -> dict[str, Json]:
    rows = [row for listed in tree.values() if isinstance(listed, list) for row in listed if isinstance(row, dict)]
    dropped = [row.pop("@modified_on") for row in rows if row.get("@modified_on") == stamp]
    assert dropped == [stamp]
    return tree


def read(recorded: Recorded, forms: Mapping[str, Form] | None = None) -> Document:
    return decode_document(json.dumps(recorded.document).encode(), forms)


def forms_of(folder: Path, pattern: str) -> dict[str, Form]:
    found = [
        decode_mform(json.dumps(body).encode())
        for _, _, path, body in bodies(folder, pattern)
        if "mform.json" in path and isinstance(body, dict) and "main" in body
    ]
    return {form.table.name: form for form in found}


def test_every_record_comes_back_json_equal(folder: Path, corpus: Corpus) -> None:
    seen = rows = 0
    for recorded in documents(folder, corpus.pattern):
        document = read(recorded)
        wanted = essence(recorded.document)
        if name_of(recorded.place) in PROBLEMATIC:
            assert document.problem_count == 1, recorded.place
            wanted = without_stamp(wanted, "yesterday")
        else:
            assert document.problems == (), recorded.place
        assert len(document.rows) == count_rows(recorded.document), recorded.place
        assert essence(json.loads(encode_document(document.rows))) == wanted, recorded.place
        seen += 1
        rows += len(document.rows)
    assert (seen, rows) == (corpus.documents, corpus.rows)


def test_every_record_comes_back_also_when_forms_give_the_types(folder: Path, corpus: Corpus) -> None:
    forms = forms_of(folder, corpus.pattern)
    troubled: set[str] = set()
    rows = 0
    for recorded in documents(folder, corpus.pattern):
        document = read(recorded, forms)
        again = decode_document(encode_document(document.rows), forms)
        assert [row.fields for row in again.rows] == [row.fields for row in document.rows], recorded.place
        typed, untyped = (json.loads(encode_document(one.rows)) for one in (document, read(recorded)))
        assert essence(typed) == essence(untyped), recorded.place
        if document.problems:
            troubled.add(name_of(recorded.place))
        rows += len(document.rows)
    assert len(forms) == corpus.forms
    assert rows == corpus.rows
    known = {*ILL_TYPED, *PROBLEMATIC} if corpus is CAPTURED else {"one-good-one-bad", *PROBLEMATIC}
    assert troubled == known


def test_what_is_no_document_is_refused_with_words(folder: Path, corpus: Corpus) -> None:
    refused: Counter[str] = Counter()
    for place, side, path, body in bodies(folder, corpus.pattern):
        if side == "request" and ".s3json" in path and body is not None and not isinstance(body, dict):
            if "$search=form" in path:
                continue
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            with pytest.raises(InvalidInput):
                decode_document(data)
            refused[name_of(place)] += 1
    wanted = set(BROKEN) if corpus is CAPTURED else set(BROKEN) - {"empty-body"}
    assert set(refused) == wanted


def test_no_address_goes_out(folder: Path, corpus: Corpus) -> None:
    addresses = 0
    for recorded in documents(folder, corpus.pattern):
        addresses += json.dumps(recorded.document).count('"@url"')
        assert b"@url" not in encode_document(read(recorded).rows)
    assert addresses >= corpus.documents // 4


def test_every_refusal_of_an_answer_is_found(folder: Path, corpus: Corpus) -> None:
    answers = refused = 0
    for place, side, _, body in bodies(folder, corpus.pattern):
        if side != "response" or not isinstance(body, dict) or "statuscode" not in body:
            continue
        answer = decode_answer(json.dumps(body).encode())
        answers += 1
        assert str(answer.code) == body["statuscode"], place
        assert answer.is_success == (body["status"] == "success"), place
        marked = json.dumps(body.get("tree", {})).count('"@error"')
        assert bool(answer.rejections) == bool(marked), place
        assert all(rejection.what for rejection in answer.rejections), place
        refused += len(answer.rejections)
    assert (answers, refused) == (corpus.answers, corpus.refused_rows)


def test_normalising_leaves_out_what_is_the_servers_own(folder: Path, corpus: Corpus) -> None:
    forms = forms_of(folder, corpus.pattern)
    left_out: Counter[str] = Counter()
    kept = 0
    for recorded in documents(folder, corpus.pattern):
        document = normalise_document(read(recorded, forms), forms)
        left_out.update(document.left_out)
        kept += len(document.rows)
        assert not any("password" in row.fields for row in document.rows)
    assert kept + left_out.total() == corpus.rows
    assert left_out.total() == corpus.server_rows
    assert {"org_site", "pr_role", "pr_person_user", "auth_user"} <= set(left_out)
