"""An answer is believed where it refuses, and never where it does not."""

import json

import pytest

from edenmesh.eden import Answer, Rejection, decode_answer
from edenmesh.errors import AnswerNotUnderstood
from tests.eden.exchanges import FIXTURES, bodies


def answer_to(name: str) -> Answer:
    (body,) = (
        body
        for place, side, _, body in bodies(FIXTURES, "s3json-answers.json")
        if place.endswith(f"/{name}") and side == "response"
    )
    return decode_answer(json.dumps(body).encode())


def uuid(number: int) -> str:
    return f"urn:uuid:5e0a0000-0000-4000-8000-{number:012d}"


def test_refused_rows_are_named_with_the_servers_words() -> None:
    answer = answer_to("one-good-one-bad")
    words = "Validation error; year: Enter an integer between 1850 and 2099"
    assert answer.rejections == (Rejection("org_organisation", uuid(31), words, is_transient=False),)
    assert (answer.is_success, answer.code, answer.record_count, answer.created) == (True, 200, 1, (30,))


def test_a_refused_master_takes_its_components_with_it() -> None:
    rejections = {one.uuid: one for one in answer_to("bad-component").rejections}
    assert set(rejections) == {uuid(32), uuid(33), uuid(34)}
    assert "Value not allowed" in rejections[uuid(33)].what
    assert rejections[uuid(34)].what == "its master was refused: Validation error"


def test_a_refusal_that_may_pass_is_told_from_one_that_will_not() -> None:
    assert [one.is_transient for one in answer_to("unique").rejections] == [True]
    assert [one.is_transient for one in answer_to("still-referenced").rejections] == [False]


def test_success_with_nothing_stored_refuses_nothing() -> None:
    answer = answer_to("nothing-stored")
    assert (answer.is_success, answer.record_count, answer.created, answer.rejections) == (True, 0, (), ())


def test_the_code_in_the_body_counts() -> None:
    answer = answer_to("all-or-nothing")
    assert (answer.is_success, answer.code, answer.message) == (False, 400, "Validation error")
    assert [one.uuid for one in answer.rejections] == [uuid(38)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body><h1>Internal error</h1></body></html>",
        b'{"status":"success","records":',
        b"[]",
        b"{}",
        b'{"status":7}',
        b"null",
    ],
)
def test_anything_else_is_not_understood(data: bytes) -> None:
    with pytest.raises(AnswerNotUnderstood) as caught:
        decode_answer(data)
    assert "still owed" in caught.value.kept


def test_odd_numbers_in_an_answer_do_no_harm() -> None:
    answer = decode_answer(
        b'{"status":"success","statuscode":"-1","records":"many","created":[1,"2",null],"updated":5}'
    )
    assert (answer.code, answer.record_count, answer.created, answer.updated) == (0, 0, (1,), ())
