"""The code functions, and an attacker in between who runs both legs with them.

The honest ends follow the protocol to the letter; the attacker holds a key of its own on each leg, so the contexts
of the legs differ, and wins a run when neither end notices and both show the same code. Runs are seeded.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

import pytest

from edenmesh.core.ids import DeviceId
from edenmesh.core.pairing import sas
from edenmesh.core.pairing.sas import NONCE_BYTES, Ends, Role

RUNS = 20_000
DIGITS_REDUCED = 2


class Legs(NamedTuple):
    """What one attack starts from: the contexts of both legs and the nonces the honest ends will draw."""

    near: bytes  # the leg on which the attacker plays the listener to the honest dialler
    far: bytes  # the leg on which the attacker plays the dialler to the honest listener
    dialler_nonce: bytes
    listener_nonce: bytes


class Outcome(NamedTuple):
    is_noticed: bool
    near_code: int
    far_code: int


def draw_legs(random: Random) -> Legs:
    keys = [DeviceId(random.randbytes(32)) for _ in range(3)]
    dialler, listener, attacker = keys
    introductions = Ends(random.randbytes(90), random.randbytes(90))
    near = sas.context(1, Ends(dialler, attacker), random.randbytes(32), introductions)
    far = sas.context(1, Ends(attacker, listener), random.randbytes(32), introductions)
    return Legs(near, far, random.randbytes(NONCE_BYTES), random.randbytes(NONCE_BYTES))


def finish(legs: Legs, *, near_nonce: bytes, far_nonce: bytes, far_commitment: bytes, digits: int) -> Outcome:
    """What the honest ends conclude, given what the attacker sent them: its nonce to each, its commitment to one."""
    is_noticed = not sas.opens(far_commitment, legs.far, far_nonce)
    near_code = sas.code_number(legs.near, Ends(legs.dialler_nonce, near_nonce), digits)
    far_code = sas.code_number(legs.far, Ends(far_nonce, legs.listener_nonce), digits)
    return Outcome(is_noticed, near_code, far_code)


def guess(legs: Legs, random: Random, digits: int) -> Outcome:
    """Near leg and far leg with nonces of the attacker's own: a blind guess."""
    near, far = random.randbytes(NONCE_BYTES), random.randbytes(NONCE_BYTES)
    committed = sas.commitment(legs.far, far)
    return finish(legs, near_nonce=near, far_nonce=far, far_commitment=committed, digits=digits)


def relay_nonce(legs: Legs, random: Random, digits: int) -> Outcome:
    """Far leg first: the listener's nonce, known before the near leg ends, is passed on as the attacker's."""
    far = random.randbytes(NONCE_BYTES)
    committed = sas.commitment(legs.far, far)
    return finish(legs, near_nonce=legs.listener_nonce, far_nonce=far, far_commitment=committed, digits=digits)


def commit_late(legs: Legs, random: Random, digits: int) -> Outcome:
    """Near leg first: its code is fixed, then the attacker commits on the far leg to the nonce the dialler opened."""
    near = random.randbytes(NONCE_BYTES)
    committed = sas.commitment(legs.far, legs.dialler_nonce)
    return finish(legs, near_nonce=near, far_nonce=legs.dialler_nonce, far_commitment=committed, digits=digits)


def reflect(legs: Legs, random: Random, digits: int) -> Outcome:
    """Each honest end gets its own number back, as far as the order of messages lets the attacker know it."""
    far = random.randbytes(NONCE_BYTES)
    reflected = sas.commitment(legs.near, legs.dialler_nonce)[:NONCE_BYTES]
    committed = sas.commitment(legs.far, far)
    return finish(legs, near_nonce=reflected, far_nonce=far, far_commitment=committed, digits=digits)


def relay_commitment(legs: Legs, random: Random, digits: int) -> Outcome:
    """The dialler's commitment and nonce are passed on untouched: they hold for the near leg's context only."""
    committed = sas.commitment(legs.near, legs.dialler_nonce)
    return finish(
        legs,
        near_nonce=legs.listener_nonce,
        far_nonce=legs.dialler_nonce,
        far_commitment=committed,
        digits=digits,
    )


def search_without_commitment(legs: Legs, random: Random, digits: int) -> Outcome:
    """A protocol that forgot the commitment: the attacker hears the listener's nonce, then searches its own."""
    near = random.randbytes(NONCE_BYTES)
    wanted = sas.code_number(legs.near, Ends(legs.dialler_nonce, near), digits)
    far = random.randbytes(NONCE_BYTES)
    while sas.code_number(legs.far, Ends(far, legs.listener_nonce), digits) != wanted:
        far = random.randbytes(NONCE_BYTES)
    unchecked = sas.commitment(legs.far, far)
    return finish(legs, near_nonce=near, far_nonce=far, far_commitment=unchecked, digits=digits)


Attack = Callable[[Legs, Random, int], Outcome]
BLIND: tuple[Attack, ...] = (guess, relay_nonce, commit_late, reflect)


def wins(attack: Attack, digits: int, runs: int) -> int:
    random = Random(f"{attack.__name__} {digits}")
    count = 0
    for _ in range(runs):
        outcome = attack(draw_legs(random), random, digits)
        count += not outcome.is_noticed and outcome.near_code == outcome.far_code
    return count


@pytest.mark.parametrize("attack", BLIND)
def test_attacker_guesses_two_digits_in_one_run_of_a_hundred(attack: Attack) -> None:
    rate = wins(attack, DIGITS_REDUCED, RUNS) / RUNS
    assert 0.005 < rate < 0.016


@pytest.mark.parametrize("attack", BLIND)
def test_attacker_never_guesses_six_digits(attack: Attack) -> None:
    assert wins(attack, sas.CODE_DIGITS, RUNS) == 0


def test_relayed_commitment_is_noticed_every_time() -> None:
    random = Random(1)
    outcomes = [relay_commitment(draw_legs(random), random, DIGITS_REDUCED) for _ in range(RUNS)]
    assert len(outcomes) == RUNS
    assert all(outcome.is_noticed for outcome in outcomes)


def test_without_a_commitment_the_attacker_always_wins() -> None:
    assert wins(search_without_commitment, DIGITS_REDUCED, 300) == 300


def test_code_is_the_same_on_both_ends_and_depends_on_every_part() -> None:
    devices, introductions, nonces = (
        Ends(b"d" * 32, b"l" * 32),
        Ends(b"intro d", b"intro l"),
        Ends(b"1" * 16, b"2" * 16),
    )
    ctx = sas.context(1, devices, b"b" * 32, introductions)
    assert sas.device_ends(Role.DIALLER, DeviceId(b"d" * 32), DeviceId(b"l" * 32)) == devices
    assert sas.device_ends(Role.LISTENER, DeviceId(b"l" * 32), DeviceId(b"d" * 32)) == devices
    others = {
        sas.context(2, devices, b"b" * 32, introductions),
        sas.context(1, Ends(devices.listener, devices.dialler), b"b" * 32, introductions),
        sas.context(1, devices, b"c" * 32, introductions),
        sas.context(1, devices, b"b" * 32, Ends(b"intro D", b"intro l")),
        sas.context(1, devices, b"b" * 32, Ends(b"intro d", b"intro L")),
        sas.context(1, devices, b"b" * 32, Ends(b"intro di", b"ntro l")),
    }
    assert len(others) == 6
    assert ctx not in others
    assert sas.code_number(ctx, nonces, 60) != sas.code_number(ctx, Ends(nonces.listener, nonces.dialler), 60)


def test_confirmation_of_one_role_is_none_of_the_other() -> None:
    ctx, nonces = b"c" * 32, Ends(b"1" * 16, b"2" * 16)
    sent = sas.confirmation(ctx, nonces, Role.DIALLER)
    assert sas.confirms(sent, ctx, nonces, Role.DIALLER)
    assert not sas.confirms(sent, ctx, nonces, Role.LISTENER)
    assert not sas.confirms(sent, b"d" * 32, nonces, Role.DIALLER)


def test_code_is_read_in_two_groups_with_leading_zeros() -> None:
    assert sas.code_text(482_913) == "482 913"
    assert sas.code_text(7) == "000 007"
