"""The six digits two people compare, and the commitment without which comparing them would prove nothing.

Both devices hash what this channel is (version, both device keys, the channel's own binding, both introductions as
sent) into a context. The dialler commits to a nonce before it sees the listener's, so an attacker in between has to
fix everything that goes into one screen's code before it can know the other's: it is left with one blind guess in a
million for each try people make. Without the commitment it would search a nonce that makes the codes equal, which
takes a second. The construction is that of Bluetooth's numeric comparison (Core 5.4, volume 2, part H, 7.2.1) and of
ZRTP's hash commitment (RFC 6189, section 4.4.1.1). Cost: five hashes a side.
"""

from enum import StrEnum
from hmac import compare_digest
from typing import Final, NamedTuple

from edenmesh.core.ids import DeviceId, tagged_hash

NONCE_BYTES: Final = 16
CODE_DIGITS: Final = 6


class Role(StrEnum):
    """Who opened the channel: the dialler commits, the listener answers."""

    DIALLER = "dialler"
    LISTENER = "listener"

    @property
    def other(self) -> "Role":
        """The role of the device at the other end."""
        return Role.LISTENER if self is Role.DIALLER else Role.DIALLER


class Ends(NamedTuple):
    """One thing of each end, dialler first: device keys, or introductions as they were sent."""

    dialler: bytes
    listener: bytes


def device_ends(role: Role, ours: DeviceId, theirs: DeviceId) -> Ends:
    """Both device keys in the order both ends hash them."""
    return Ends(ours, theirs) if role is Role.DIALLER else Ends(theirs, ours)


def context(version: int, devices: Ends, binding: bytes, introductions: Ends) -> bytes:
    """What this pairing is about; equal on both ends only if nobody changed a byte of it on the way."""
    return tagged_hash("pairing-context", version.to_bytes(4, "big"), *devices, binding, *introductions)


def commitment(ctx: bytes, nonce: bytes) -> bytes:
    """What the dialler sends before it sees the listener's nonce: it binds the dialler to its own."""
    return tagged_hash("pairing-commitment", ctx, nonce)


def opens(committed: bytes, ctx: bytes, nonce: bytes) -> bool:
    """Whether the nonce, in this context, is the one that was committed to."""
    return compare_digest(committed, commitment(ctx, nonce))


def code_number(ctx: bytes, nonces: Ends, digits: int = CODE_DIGITS) -> int:
    """The number both screens show. The hash is 256 bits long, so no digit is likelier than another to 2^-230."""
    return int.from_bytes(tagged_hash("pairing-code", ctx, *nonces), "big") % int(10**digits)


def code_text(number: int) -> str:
    """The number as people read it aloud: `482 913`."""
    digits = f"{number:0{CODE_DIGITS}d}"
    return f"{digits[:3]} {digits[3:]}"


def guest_door(ctx: bytes, nonces: Ends) -> bytes:
    """What two guests knock with when they meet again. Both nonces went through the channel, so only they know it."""
    return tagged_hash("pairing-door", ctx, *nonces)


def confirmation(ctx: bytes, nonces: Ends, role: Role) -> bytes:
    """What a device sends once its own person said yes; the role keeps it from being sent back as an answer."""
    return tagged_hash("pairing-confirmation", ctx, *nonces, role.encode())


def confirms(received: bytes, ctx: bytes, nonces: Ends, role: Role) -> bool:
    """Whether this is the confirmation the device in that role sends in this pairing."""
    return compare_digest(received, confirmation(ctx, nonces, role))
