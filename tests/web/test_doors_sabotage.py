"""Doors without one of their protections: the tests of that protection fail, so they would if it were lost."""

import gc
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from edenmesh.node import Accounts
from edenmesh.web.doors.guard import Guard
from edenmesh.web.doors.keeping import OwnerKeeper, Session, digest
from edenmesh.web.doors.serving import _Connection
from tests.web import test_doors_loopback as loopback
from tests.web import test_doors_phones as phones

# A test that fails leaves connections unclosed; that is told when they are collected, which is made to be here.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
Patch = pytest.MonkeyPatch
FAILS = (AssertionError, TimeoutError)


def _keep_tokens(patch: Patch) -> None:
    enter = OwnerKeeper.enter

    def keeping(self: OwnerKeeper, token: str) -> str | None:
        until = self._tokens.get(digest(token))
        secret = enter(self, token)
        if until is not None:
            self._tokens[digest(token)] = until
        return secret

    patch.setattr(OwnerKeeper, "enter", keeping)


def _keep_logins(patch: Patch) -> None:
    enter = Accounts.enter

    def keeping(self: Accounts, login: str) -> str | None:
        logins = dict(self._logins)
        secret = enter(self, login)
        self._logins |= logins
        return secret

    patch.setattr(Accounts, "enter", keeping)


def _end_nothing(_self: Guard, _session: Session) -> None:
    pass


LOOPBACK: dict[str, tuple[Callable[[Patch], None], Callable[[], None]]] = {
    "tokens work twice": (
        _keep_tokens,
        loopback.test_a_token_lets_in_once_in_time_and_only_as_the_entrance_page_hands_it_in,
    ),
    "tokens have no end": (
        lambda patch: patch.setattr("edenmesh.web.doors.keeping.TOKEN_SECONDS_MAX", 1e12),
        loopback.test_a_token_lets_in_once_in_time_and_only_as_the_entrance_page_hands_it_in,
    ),
    "tokens have no bound": (
        lambda patch: patch.setattr("edenmesh.web.doors.keeping.TOKENS_MAX", 10**9),
        loopback.test_a_token_lets_in_once_in_time_and_only_as_the_entrance_page_hands_it_in,
    ),
    "guesses have no end": (
        lambda patch: patch.setattr("edenmesh.web.doors.keeping.TRIES_MAX", 10**9),
        loopback.test_wrong_tokens_make_a_pause_even_for_right_ones,
    ),
    "the session before lives on": (
        lambda patch: patch.setattr(Guard, "_end", _end_nothing),
        loopback.test_a_session_is_never_one_that_was_brought_along,
    ),
    "sessions live for ever": (
        lambda patch: patch.setattr("edenmesh.web.doors.keeping.SESSION_SECONDS_IDLE", 1e12),
        loopback.test_sessions_end_when_left_and_when_nobody_uses_them,
    ),
    "streams outlive their session": (
        lambda patch: patch.setattr(Guard, "end", lambda _self, _key: None),
        loopback.test_leaving_breaks_off_what_still_runs_for_the_session,
    ),
    "a link elsewhere is followed": (
        lambda patch: patch.setattr(Guard, "_is_stranger", lambda self, head: self._session(head) is None),
        loopback.test_a_link_elsewhere_leads_to_the_entrance_even_with_a_session,
    ),
    "the names are not asked for": (
        lambda patch: patch.setattr("edenmesh.web.doors.loopback.frozenset", lambda _names: _Anything(), raising=False),
        loopback.test_it_listens_on_loopback_alone_and_answers_to_its_own_names_alone,
    ),
}
HANDED: dict[str, tuple[Callable[[Patch], None], Callable[[Patch], None]]] = {
    "heads have no bound": (
        lambda patch: patch.setattr("edenmesh.web.doors.guard.HEAD_BYTES_MAX", 10**9),
        loopback.test_heads_that_are_huge_slow_or_broken_are_dropped_and_the_door_goes_on,
    ),
    "heads have no deadline": (
        lambda patch: patch.setattr(_Connection, "_hang_up", lambda _self: None),
        loopback.test_heads_that_are_huge_slow_or_broken_are_dropped_and_the_door_goes_on,
    ),
}
PHONES: dict[str, tuple[Callable[[Patch], None], Callable[[Path], None]]] = {
    "logins work twice": (_keep_logins, phones.test_a_login_lets_one_phone_in_once_and_in_time),
    "logins have no end": (
        lambda patch: patch.setattr("edenmesh.node.accounts.accounts.LOGIN_SECONDS_MAX", 1e12),
        phones.test_a_login_lets_one_phone_in_once_and_in_time,
    ),
    "nobody is told of a revocation": (
        lambda patch: patch.setattr(Accounts, "_tell", lambda _self, _name: None),
        phones.test_a_revoked_account_is_out_at_once_open_streams_and_all,
    ),
    "what is written is not marked": (
        lambda patch: patch.setattr("edenmesh.web.doors.phone_door.acting_for", lambda _account: nullcontext()),
        phones.test_an_account_does_what_its_right_allows_and_what_it_writes_is_marked,
    ),
    "sessions live for ever": (
        lambda patch: patch.setattr("edenmesh.node.accounts.accounts.SESSION_MS_MAX", 10**15),
        phones.test_a_phone_stays_let_in_when_the_device_starts_again_and_nothing_in_the_store_lets_in,
    ),
}


class _Anything:
    def __contains__(self, _name: object) -> bool:
        return True


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a failed test left is collected before the next one begins."""
    yield
    gc.collect()


@pytest.mark.parametrize("lost", LOOPBACK)
def test_the_loopback_doors_tests_miss_what_is_lost(lost: str, monkeypatch: Patch) -> None:
    saboteur, test = LOOPBACK[lost]
    saboteur(monkeypatch)
    with pytest.raises(FAILS):
        test()


@pytest.mark.parametrize("lost", HANDED)
def test_the_servers_tests_miss_what_is_lost(lost: str, monkeypatch: Patch) -> None:
    saboteur, test = HANDED[lost]
    saboteur(monkeypatch)
    with pytest.raises(FAILS):
        test(monkeypatch)


@pytest.mark.parametrize("lost", PHONES)
def test_the_phone_doors_tests_miss_what_is_lost(lost: str, tmp_path: Path, monkeypatch: Patch) -> None:
    saboteur, test = PHONES[lost]
    saboteur(monkeypatch)
    with pytest.raises(FAILS):
        test(tmp_path)
