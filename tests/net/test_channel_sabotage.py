"""The tests of channel and door can fail: each breakage here must be caught by the test named beside it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from OpenSSL import SSL

from edenmesh.net import channel as channel_module
from edenmesh.net import door as door_module
from edenmesh.net.channel import Channel
from tests.net import test_channel, test_channel_foreign, test_channel_hostile, test_door

Break = Callable[[pytest.MonkeyPatch], None]
CAUGHT = (AssertionError, pytest.fail.Exception)


def let_everyone_in(patch: pytest.MonkeyPatch) -> None:
    real = Channel._verify

    def verify(self: Channel, *args: object) -> bool:
        self._allow = lambda _key: True
        return bool(real(self, *args))  # type: ignore[arg-type]

    patch.setattr(Channel, "_verify", verify)


class Agreeable(bytes):
    """Bytes that differ from nothing."""

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = bytes.__hash__


def accept_any_protocol(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Channel, "_select_alpn", lambda _self, _tls, offered: offered[0])
    patch.setattr(SSL.Connection, "get_alpn_proto_negotiated", lambda _tls: Agreeable())


def believe_in_the_channel_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Channel, "is_open", property(lambda self: self._shaken))


def take_any_first_byte_for_ready(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(channel_module, "_READY", Agreeable(b"\x01"))


def allow_older_tls(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SSL.Context, "set_min_proto_version", lambda *_: None)


def count_nothing_before_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(channel_module, "CHANNEL_BYTES_BEFORE_OPEN_MAX", 1 << 30)


def take_a_cut_for_a_farewell(patch: pytest.MonkeyPatch) -> None:
    def receive_end(self: Channel) -> None:
        self._ending = channel_module.Ending.CLOSED

    patch.setattr(Channel, "receive_end", receive_end)


def bind_to_the_keys_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Channel, "binding", lambda self: bytes(32))


def repeat_the_nonce(patch: pytest.MonkeyPatch) -> None:
    real = door_module.DoorListener.__init__
    patch.setattr(
        door_module.DoorListener,
        "__init__",
        lambda self, policy, _entropy: real(self, policy, bytes),
    )


def open_the_door_to_everyone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(door_module, "compare_digest", lambda _ours, _theirs: True)


def forget_the_latter_secrets(patch: pytest.MonkeyPatch) -> None:
    real = door_module.DoorListener.__init__

    def forgetful(self: door_module.DoorListener, policy: door_module.DoorPolicy, entropy: object) -> None:
        first = door_module.DoorPolicy(policy.secrets[:1], policy.admits_everyone)
        real(self, first, entropy)  # type: ignore[arg-type]

    patch.setattr(door_module.DoorListener, "__init__", forgetful)


@pytest.mark.parametrize(
    ("breakage", "check"),
    [
        (let_everyone_in, test_channel.test_listener_refuses_a_key_it_does_not_expect),
        (let_everyone_in, test_channel.test_dialler_refuses_a_key_it_does_not_expect_before_it_shows_its_own),
        (accept_any_protocol, lambda: test_channel.test_other_protocol_version_is_refused(b"h2", b"edenmesh/1")),
        (
            believe_in_the_channel_at_once,
            test_channel.test_dialler_does_not_believe_in_a_channel_before_the_listener_is_ready,
        ),
        (take_a_cut_for_a_farewell, test_channel.test_cut_keeps_what_came_before_it),
        (bind_to_the_keys_only, test_channel.test_binding_is_equal_at_both_ends_and_new_for_each_channel),
        (
            count_nothing_before_open,
            lambda: test_channel_hostile.test_stranger_who_proves_nothing_is_cut_off_at_the_bound(
                channel_module.Role.LISTENER
            ),
        ),
        (repeat_the_nonce, test_door.test_answer_to_an_earlier_nonce_does_not_open),
        (open_the_door_to_everyone, lambda: test_door.test_stranger_is_refused(b"guess")),
        (forget_the_latter_secrets, lambda: test_door.test_any_of_the_secrets_opens(test_door.QR)),
    ],
)
def test_breakage_is_caught(monkeypatch: pytest.MonkeyPatch, breakage: Break, check: Callable[[], None]) -> None:
    check()
    breakage(monkeypatch)
    with pytest.raises(CAUGHT):
        check()


@pytest.mark.parametrize(
    ("breakage", "check"),
    [
        (take_any_first_byte_for_ready, test_channel_foreign.test_peer_that_speaks_before_it_is_ready_is_refused),
        (
            allow_older_tls,
            lambda path: test_channel_foreign.test_older_tls_is_refused(path, False),
        ),
        (
            accept_any_protocol,
            lambda path: test_channel_foreign.test_peer_that_names_no_protocol_is_refused(path, True),
        ),
    ],
)
def test_breakage_is_caught_by_a_foreign_peer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, breakage: Break, check: Callable[[Path], None]
) -> None:
    check(tmp_path)
    breakage(monkeypatch)
    with pytest.raises(CAUGHT):
        check(tmp_path)
