"""Everything a web page elsewhere can have a browser send, and more: only what is legal reaches the device."""

import asyncio
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import Any

import pytest
from starlette.types import Scope

from edenmesh.web.doors.guard import Guard, Rules
from edenmesh.web.doors.head import Head
from edenmesh.web.doors.keeping import Session, visitor_with
from edenmesh.web.visiting import Right
from tests.web.matrix import HOSTS, LEGAL, SECRET, Behind, Names, all_tries, is_legal, near_tries, wrongs


@dataclass
class OneSession:
    """Keeps a door to which one session belongs."""

    accepts_any: bool = False

    def enter(self, token: str) -> str | None:
        return None

    def session(self, secret: str) -> Session | None:
        known = secret == SECRET or self.accepts_any
        return Session("one", visitor_with(SECRET, Right.RUN)) if known else None

    def leave(self, key: str) -> None:
        raise AssertionError(key)


LOOPBACK = Names()
PHONE = replace(LOOPBACK, scheme="https", own="192.0.2.7", name="192.0.2.8", cookie="__Host-edenmesh-40001")


def guard_of(
    names: Names, behind: Behind, keeper: OneSession | None = None, hosts: Container[str] | None = None
) -> Guard:
    rules = Rules(
        hosts=hosts if hosts is not None else {f"{names.own}:{names.port}", f"{names.name}:{names.port}"},
        scheme=names.scheme,
        cookie=names.cookie,
    )
    return Guard(behind, keeper or OneSession(), rules, time.monotonic)


@pytest.mark.parametrize(("names", "hosts"), [(LOOPBACK, HOSTS), (PHONE, HOSTS[:3])], ids=["loopback", "phone"])
def test_of_all_combinations_only_the_legal_ones_reach_the_device_or_hear_of_it(
    names: Names, hosts: tuple[str, ...]
) -> None:
    behind = Behind()
    wrong, count, legal = asyncio.run(wrongs(guard_of(names, behind), behind, all_tries(hosts), names))
    assert not wrong, (len(wrong), wrong[:5])
    assert count == 11_664 * len(hosts)
    assert 100 < legal < 500
    assert len(behind.heard) == legal


def test_the_table_calls_legal_what_the_legal_examples_are() -> None:
    assert all(map(is_legal, LEGAL))
    assert sum(map(is_legal, near_tries())) > len(LEGAL)


class _Anything:
    def __contains__(self, _item: object) -> bool:
        return True


def _no_host(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    anything: Container[str] = _Anything()
    return {"hosts": anything}


def _no_origin(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(Guard, "_comes_from_elsewhere", lambda _self, _head: False)
    return {}


def _no_site(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    read = Head.read

    def blind(scope: Scope) -> Head | None:
        head = read(scope)
        return replace(head, site="") if head is not None else None

    monkeypatch.setattr(Head, "read", staticmethod(blind))
    return {}


def _own_origin_only_by_host(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    read = Head.read

    def blind(scope: Scope) -> Head | None:
        head = read(scope)
        return replace(head, origin=f"http://{head.host}") if head is not None and head.origin else head

    monkeypatch.setattr(Head, "read", staticmethod(blind))
    return {}


def _no_session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"keeper": OneSession(accepts_any=True)}


def _no_cookie_name(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    sessions = Guard._sessions

    def any_name(self: Guard, head: Head) -> list[Session]:
        return sessions(self, replace(head, cookies=tuple((LOOPBACK.cookie, value) for _, value in head.cookies)))

    monkeypatch.setattr(Guard, "_sessions", any_name)
    return {}


def _no_form_token(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(Guard, "_unproven", lambda _self, _head, _visitor: None)
    return {}


def _no_comparing(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr("edenmesh.web.doors.guard.is_form_token", lambda _visitor, _given: True)
    return {}


def _no_content_type(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr("edenmesh.web.doors.guard._SIMPLE", frozenset())
    return {}


def _no_method(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr("edenmesh.web.doors.guard.READS", _Either())
    monkeypatch.setattr(Head, "is_read", property(lambda _self: True))
    return {}


class _Either:
    def __or__(self, _other: object) -> _Anything:
        return _Anything()


def _no_upgrade(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    read = Head.read

    def blind(scope: Scope) -> Head | None:
        head = read(scope)
        return replace(head, asks_upgrade=False) if head is not None else None

    monkeypatch.setattr(Head, "read", staticmethod(blind))
    return {}


def _no_headers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr("edenmesh.web.doors.guard.guarding", lambda send, *, is_kept: send)
    return {}


SABOTEURS: tuple[Callable[[pytest.MonkeyPatch], dict[str, Any]], ...] = (
    _no_host,
    _no_origin,
    _no_site,
    _own_origin_only_by_host,
    _no_session,
    _no_cookie_name,
    _no_form_token,
    _no_comparing,
    _no_content_type,
    _no_method,
    _no_upgrade,
    _no_headers,
)


@pytest.mark.parametrize("saboteur", SABOTEURS, ids=lambda one: one.__name__.strip("_"))
def test_without_any_one_guard_the_matrix_lets_something_through(
    saboteur: Callable[[pytest.MonkeyPatch], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = Behind()
    wrong, _, _ = asyncio.run(
        wrongs(guard_of(LOOPBACK, behind, **saboteur(monkeypatch)), behind, near_tries(), LOOPBACK)
    )
    assert wrong, "nothing was missed"
