"""Attackers against whole pairings: in between, replaying, reflecting, stripping versions, lying after the code."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from edenmesh.core.ids import DeviceId
from edenmesh.core.pairing import Pairing, Reason, Role, sas
from edenmesh.core.pairing.messages import (
    Commitment,
    Confirmation,
    Introduction,
    Message,
    Nonce,
    Opening,
    decode_message,
    encode_message,
)
from edenmesh.core.pairing.sas import NONCE_BYTES, Ends
from edenmesh.core.pairing.sides import Link
from tests.core.pairing.duet import (
    MESSAGE_MAX,
    NOW,
    Device,
    Duet,
    End,
    assert_both_failed,
    at_number,
    changed,
    cut_at,
    replacing,
    replaying,
    say_nothing,
    signing_key,
    two_lone,
)

MACHINE_RUNS = 4_000


class Between:
    """Somebody in between with a key of its own, who plays each honest end to the other."""

    def __init__(self, dialler: Device, listener: Device, random: Random) -> None:
        self.random = random
        self.key = DeviceId(signing_key("between").public_key)
        near, far = (Link(role, self.key, random.randbytes(32)) for role in (Role.DIALLER, Role.LISTENER))
        self.near = End(dialler, Pairing(dialler.side, near, random.randbytes, NOW), say_nothing)
        self.far = End(listener, Pairing(listener.side, far, random.randbytes, NOW), say_nothing)
        self.introductions = Ends(*(end.machine.messages_to_send()[0] for end in (self.near, self.far)))
        self.near_ctx = sas.context(1, Ends(dialler.id, self.key), near.binding, self.introductions)
        self.far_ctx = sas.context(1, Ends(self.key, listener.id), far.binding, self.introductions)

    def meet(self) -> None:
        """Pass the introductions on as they are: names and meshes are those that people expect."""
        self.far.machine.receive_bytes(self.introductions.dialler, NOW)
        self.near.machine.receive_bytes(self.introductions.listener, NOW)

    def commit(self, nonce: bytes) -> bytes:
        """Play the dialler to the far end; returns the far end's nonce."""
        message = self.ask(self.far, Commitment(sas.commitment(self.far_ctx, nonce)))
        assert isinstance(message, Nonce)
        return message.nonce

    def answer(self, nonce: bytes) -> bytes:
        """Play the listener to the near end, which has committed; returns what the near end opens."""
        message = self.ask(self.near, Nonce(nonce))
        assert isinstance(message, Opening)
        return message.nonce

    def open(self, nonce: bytes) -> None:
        """Open the commitment towards the far end."""
        self.far.machine.receive_bytes(encode_message(Opening(nonce)), NOW)

    def codes(self) -> tuple[str, str] | None:
        """What both screens show, or None where one shows a failure."""
        for end in (self.near, self.far):
            end.attend(NOW)
        if self.near.has_failed or self.far.has_failed:
            return None
        return self.near.question.code, self.far.question.code

    def ask(self, end: End, message: Message) -> Message:
        """Send a message to one end; returns what it says next."""
        end.machine.receive_bytes(encode_message(message), NOW)
        return decode_message(end.machine.messages_to_send()[-1], MESSAGE_MAX)


def guess(between: Between) -> None:
    far, near = between.random.randbytes(NONCE_BYTES), between.random.randbytes(NONCE_BYTES)
    between.commit(far)
    between.answer(near)
    between.open(far)


def relay_nonce(between: Between) -> None:
    far = between.random.randbytes(NONCE_BYTES)
    between.answer(between.commit(far))
    between.open(far)


def commit_late(between: Between) -> None:
    opened = between.answer(between.random.randbytes(NONCE_BYTES))
    between.commit(opened)
    between.open(opened)


def relay_commitment(between: Between) -> None:
    committed = decode_message(between.near.machine.messages_to_send()[0], MESSAGE_MAX)
    answer = between.ask(between.far, committed)
    assert isinstance(answer, Nonce)
    between.open(between.answer(answer.nonce))


def swap_nonce(between: Between) -> None:
    """The far end's nonce is known before the opening is due: look for a nonce that would make the codes agree."""
    far_nonce = between.commit(between.random.randbytes(NONCE_BYTES))
    near_nonce = between.random.randbytes(NONCE_BYTES)
    wanted = sas.code_number(between.near_ctx, Ends(between.answer(near_nonce), near_nonce), 2)
    found = between.random.randbytes(NONCE_BYTES)
    while sas.code_number(between.far_ctx, Ends(found, far_nonce), 2) != wanted:
        found = between.random.randbytes(NONCE_BYTES)
    between.open(found)


@pytest.fixture(scope="module")
def devices() -> tuple[Device, Device]:
    return Device("Phone"), Device("Laptop")


@pytest.mark.parametrize("attack", [guess, relay_nonce, commit_late])
def test_two_digits_would_fall_in_one_of_a_hundred_and_six_do_not(
    attack: Callable[[Between], None], devices: tuple[Device, Device]
) -> None:
    random = Random(attack.__name__)
    wins: Counter[int] = Counter()
    for _ in range(MACHINE_RUNS):
        between = Between(*devices, random)
        between.meet()
        attack(between)
        codes = between.codes()
        assert codes is not None
        for digits in (2, 6):
            wins[digits] += codes[0].replace(" ", "")[-digits:] == codes[1].replace(" ", "")[-digits:]
    assert 0.005 < wins[2] / MACHINE_RUNS < 0.016
    assert wins[6] == 0


@pytest.mark.parametrize("attack", [relay_commitment, swap_nonce])
def test_commitment_that_does_not_fit_is_noticed_at_once(
    attack: Callable[[Between], None], devices: tuple[Device, Device]
) -> None:
    random = Random(attack.__name__)
    for _ in range(100):
        between = Between(*devices, random)
        between.meet()
        attack(between)
        assert between.codes() is None
        assert between.far.failed.reason is Reason.COMMITMENT
        assert between.far.failed.is_try


def test_every_changed_byte_of_an_introduction_is_noticed() -> None:
    length = min(len(data) for _, data in two_lone().run(cut_at(2)).carried[:2])
    noticed: Counter[Reason] = Counter()
    for number in range(2):
        for place in range(length):
            change = 1 + place % 255

            def flip(data: bytes, place: int = place, change: int = change) -> bytes:
                return data[:place] + bytes([data[place] ^ change]) + data[place + 1 :]

            duet = two_lone().run(at_number(number, flip))
            for end in duet.ends:
                assert not end.is_paired
                noticed[end.failed.reason] += 1
    assert sum(noticed.values()) == 4 * length
    assert noticed[Reason.COMMITMENT] > length


def test_version_that_is_stripped_on_the_way_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edenmesh.core.pairing.sides.VERSIONS", (1, 2))
    stripped = 0

    def strip(data: bytes) -> bytes:
        nonlocal stripped
        stripped += 1
        return changed(data, versions=[1])

    assert_both_failed(two_lone().run(replacing(Introduction, strip)), Reason.COMMITMENT)
    assert stripped == 2
    assert two_lone().run().dialler.is_paired


def test_devices_without_a_common_version_say_so() -> None:
    duet = two_lone().run(replacing(Introduction, lambda data: changed(data, versions=[2, 3])))
    assert_both_failed(duet, Reason.VERSION)


def test_reflected_messages_never_pair() -> None:
    """Each end alone, hearing only itself."""
    for role in Role:
        for ahead in range(4):
            device = Device("Mirror")
            end = End(device, Pairing(device.side, Link(role, Device("Other").id, bytes(32)), Random(1).randbytes, NOW))
            heard: list[bytes] = []
            for _ in range(8):
                end.attend(NOW)
                heard += end.machine.messages_to_send()
                if end.machine.is_over or not heard[ahead:]:
                    break
                end.machine.receive_bytes(heard.pop(ahead if len(heard) > ahead else 0), NOW)
            assert not end.is_paired


def test_reflected_confirmation_is_no_confirmation() -> None:
    duet = two_lone()
    duet.listener.answer = say_nothing
    duet.run()
    sent = duet.carried[-1][1]
    duet.dialler.machine.receive_bytes(sent, NOW)
    duet.dialler.attend(NOW)
    assert_both_failed(duet.run(), Reason.CONFIRMATION)


def test_messages_replayed_from_another_pairing_of_the_same_devices_never_pair() -> None:
    """Whatever the persons say: here they say yes without looking."""
    old = two_lone().run()
    replayed = []
    for place, (_, stale) in enumerate(old.carried):
        duet = Duet(Device("Phone"), Device("Laptop"), binding=b"n" * 32, seed="new")
        duet.run(replaying(place, stale))
        if duet.carried[place][1] != stale:
            replayed.append(type(decode_message(stale, MESSAGE_MAX)))
            assert not duet.dialler.is_paired
            assert not duet.listener.is_paired
    assert replayed == [Commitment, Nonce, Opening, Confirmation, Confirmation]


def test_whole_pairing_replayed_to_one_end_shows_nothing_but_failure() -> None:
    old = two_lone().run()
    for role in Role:
        duet = Duet(Device("Phone"), Device("Laptop"), binding=b"n" * 32, seed="new")
        end = duet.dialler if role is Role.DIALLER else duet.listener
        for sender, data in old.carried:
            if sender is not role and not end.machine.is_over:
                end.machine.receive_bytes(data, NOW)
                end.attend(NOW)
        assert not end.is_paired
        assert end.failed.reason in (Reason.COMMITMENT, Reason.CONFIRMATION)
