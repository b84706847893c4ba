"""Whatever a stranger's file or server holds, reading it ends in rows and words or in one of our own errors."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edenmesh.core.records import Form
from edenmesh.eden import (
    decode_answer,
    decode_document,
    decode_form_list,
    decode_mform,
    encode_document,
    normalise_document,
    plan_delivery,
    read_form_file,
)
from edenmesh.errors import AnswerNotUnderstood, InvalidInput, RemoteProtocolError
from tests.eden.exchanges import FIXTURES, bodies
from tests.eden.rows import FORMS

SAMPLES = [
    body.encode() if isinstance(body, str) else json.dumps(body).encode()
    for _, _, _, body in bodies(FIXTURES, "s3json-*.json")
    if body is not None
]
WORDS = """
@uuid @value $ @url @filename @deleted @alias @created_on @resource @error $_t_master $_t_part $_ $k_ $k_target
$k_targets whole double yes day moment tags numbers layout picture text status statuscode tree created main schema
tablename type
"""
KEYS = st.sampled_from(WORDS.split()) | st.text(max_size=3)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(("true", "[", "|a|")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
TREES = st.dictionaries(KEYS, JSON, max_size=6).map(lambda tree: json.dumps(tree).encode())


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sound sample with a stretch of it replaced."""
    sample = draw(st.sampled_from(SAMPLES))
    start = draw(st.integers(0, len(sample)))
    stop = draw(st.integers(start, min(len(sample), start + 12)))
    piece = draw(st.binary(max_size=6) | st.sampled_from((b"[", b"{}", b"null", b'"', b",", b"1e999", b"\\ud800")))
    return sample[:start] + piece + sample[stop:]


INPUTS = st.binary(max_size=60) | damaged() | TREES


@given(INPUTS, st.booleans())
@settings(max_examples=400)
def test_any_bytes_are_a_document_or_refused_with_words(data: bytes, has_forms: bool) -> None:
    forms = FORMS if has_forms else None
    try:
        document = decode_document(data, forms)
    except InvalidInput:
        return
    assert document.problem_count >= len(document.problems)
    again = decode_document(encode_document(document.rows), forms)
    assert len([row for row in again.rows if not row.is_bare]) >= len([row for row in document.rows if not row.is_bare])
    kept = normalise_document(document, forms)
    batches = plan_delivery(kept.rows, forms)
    sent = {row.key for batch in batches for row in batch.rows}
    assert {row.key for row in kept.rows} <= sent


@given(INPUTS)
@settings(max_examples=300)
def test_any_bytes_are_an_answer_or_not_understood(data: bytes) -> None:
    try:
        answer = decode_answer(data)
    except AnswerNotUnderstood:
        return
    assert answer.code >= 0


@given(INPUTS)
@settings(max_examples=300)
def test_any_bytes_are_a_form_or_refused_with_words(data: bytes) -> None:
    for read in (decode_mform, decode_form_list, read_form_file):
        try:
            found = read(data)
        except (AnswerNotUnderstood, InvalidInput):
            continue
        if isinstance(found, Form):
            assert Form.decode(found.encode()) == found


@given(st.binary(max_size=80))
def test_any_bytes_are_a_form_of_ours_or_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        Form.decode(data)


def test_there_is_something_to_damage() -> None:
    assert len(SAMPLES) >= 60
