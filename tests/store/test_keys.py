"""The wrapped key: what opens it, what does not, and what is told apart."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edenmesh.core.encoding import encode
from edenmesh.errors import StoreDamaged, StoreTooNew, WrongPassphrase
from edenmesh.store import keys
from edenmesh.store.keys import AEGIS, CHACHA20, KeyCost, choose_cipher, make_key, read_cpu_flags, unwrap_key, wrap_key
from tests.store.making import QUICK, entropy

KEY = make_key(AEGIS, entropy())
FILE = wrap_key(KEY, "caf\u00e9", entropy(1), QUICK)


def test_the_passphrase_gives_the_key_back() -> None:
    assert unwrap_key(FILE, "caf\u00e9") == KEY
    assert len(KEY.secret) == 32
    assert KEY.secret not in FILE


def test_one_passphrase_typed_on_two_keyboards_is_one() -> None:
    assert unwrap_key(FILE, "cafe\u0301") == KEY


@pytest.mark.parametrize("wrong", ["", "cafe", "caf\u00e9 ", "CAF\u00c9"])
def test_another_passphrase_does_not(wrong: str) -> None:
    with pytest.raises(WrongPassphrase) as caught:
        unwrap_key(FILE, wrong)
    assert "passphrase" in caught.value.do.lower()


@given(at=st.integers(0, len(FILE) - 1), bit=st.integers(0, 7))
def test_a_damaged_key_file_is_not_taken_for_a_wrong_passphrase(at: int, bit: int) -> None:
    damaged = bytearray(FILE)
    damaged[at] ^= 1 << bit
    with pytest.raises(StoreDamaged, match="key file"):
        unwrap_key(bytes(damaged), "caf\u00e9")


@given(st.binary(max_size=300))
def test_anything_else_is_a_damaged_key_file(data: bytes) -> None:
    with pytest.raises(StoreDamaged):
        unwrap_key(data, "caf\u00e9")


def test_a_key_of_a_newer_format_says_so() -> None:
    newer = wrap_key(make_key("cipher-of-2031", entropy()), "caf\u00e9", entropy(), QUICK)
    with pytest.raises(StoreTooNew):
        unwrap_key(newer, "caf\u00e9")


def test_a_key_file_cannot_ask_for_all_memory() -> None:
    greedy = KeyCost(memory_kib=2**31 - 1, passes=1, lanes=1)
    header = encode(keys._Header(AEGIS, 1, greedy.lanes, greedy.memory_kib, b"n" * 12, greedy.passes, b"s" * 16))
    file = encode(keys._Wrapped(sha256(header + b"x").digest(), header, b"x"))
    with pytest.raises(StoreDamaged):
        unwrap_key(file, "caf\u00e9")


def test_nothing_random_is_used_twice() -> None:
    source = entropy(3)
    files = {wrap_key(KEY, "caf\u00e9", source, QUICK) for _ in range(5)}
    assert len(files) == 5


@pytest.mark.parametrize(
    ("flags", "cipher"),
    [
        ("processor\t: 0\nflags\t\t: fpu sse2 aes avx2\n", AEGIS),
        ("processor\t: 0\nFeatures\t: fp asimd aes pmull\n", AEGIS),
        ("processor\t: 0\nflags\t\t: fpu sse2 vaesx\n", CHACHA20),
        ("processor\t: 0\nmodel name\t: aes\n", CHACHA20),
        ("", CHACHA20),
    ],
)
def test_the_cipher_fits_the_processor(flags: str, cipher: str) -> None:
    assert choose_cipher(lambda: flags) == cipher


def test_this_processor_has_an_answer() -> None:
    assert choose_cipher(read_cpu_flags) in (AEGIS, CHACHA20)


def test_trying_a_passphrase_costs_what_rfc_9106_recommends() -> None:
    assert KeyCost() == (64 * 1024, 3, 4)


def test_the_secret_is_not_shown() -> None:
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)
