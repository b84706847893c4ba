import pytest

from edenmesh.core.limits import PAIRING_PAUSE_SECONDS, PAIRING_TRIES_MAX
from edenmesh.core.pairing import AttemptGate
from edenmesh.errors import PairingFailed


def fail(gate: AttemptGate, now: float, *, is_try: bool = True) -> None:
    gate.enter(now)
    gate.leave(now, is_paired=False, is_try=is_try)


def test_three_failed_tries_close_the_gate_for_a_minute() -> None:
    gate = AttemptGate()
    for second in range(PAIRING_TRIES_MAX):
        assert gate.wait_seconds(second) == 0
        fail(gate, second)
    with pytest.raises(PairingFailed, match="3 pairings failed") as raised:
        gate.enter(30)
    assert raised.value.do == "Wait 33 seconds, then start again with both screens in view."
    assert gate.wait_seconds(2) == PAIRING_PAUSE_SECONDS
    gate.enter(2 + PAIRING_PAUSE_SECONDS)


def test_after_the_pause_three_more_tries_are_granted() -> None:
    gate = AttemptGate()
    now = 0.0
    granted = 0
    while now < 600:
        if gate.wait_seconds(now) == 0:
            fail(gate, now)
            granted += 1
        now += 1
    assert granted == 30


def test_success_forgets_the_failures_before_it() -> None:
    gate = AttemptGate()
    for _ in range(10):
        fail(gate, 1)
        fail(gate, 1)
        gate.enter(1)
        gate.leave(1, is_paired=True, is_try=False)
    assert gate.wait_seconds(1) == 0


def test_pairings_that_ended_before_any_nonce_left_do_not_count() -> None:
    gate = AttemptGate()
    for _ in range(10):
        fail(gate, 1, is_try=False)
    assert gate.wait_seconds(1) == 0


def test_second_pairing_at_the_same_time_is_turned_away() -> None:
    gate = AttemptGate()
    gate.enter(0)
    with pytest.raises(PairingFailed, match="pairing with another one"):
        gate.enter(1)
    gate.leave(2, is_paired=False, is_try=False)
    gate.enter(3)
