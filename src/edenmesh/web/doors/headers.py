"""The headers of every answer that leaves by a door.

A page may load what stands under its own address and nothing else, and be framed, opened and read by nobody else
(CSP level 3; Cross-Origin-Opener-Policy and Cross-Origin-Resource-Policy of the Fetch and HTML standards). The referrer
goes to this device alone: under `no-referrer` browsers would send `Origin: null` with every form (Fetch standard,
"append a request Origin header"), and forms of ours could not be told from those of strangers.
"""

from collections.abc import Iterable
from typing import Final

from starlette.types import Message, Send

Headers = list[tuple[bytes, bytes]]

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
ALWAYS: Final[dict[bytes, bytes]] = {
    b"content-security-policy": POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(self), microphone=(), geolocation=(self), payment=(), usb=()",
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
_UNSAID: Final = (b"access-control-", b"server")
"""What no answer says, whatever the application behind the door put there: there is no CORS."""


def guarded(headers: Iterable[tuple[bytes, bytes]], *, is_kept: bool) -> Headers:
    """The headers of an answer as they leave. Unless it may be kept, no browser writes it down, whatever it says.

    What a browser keeps stands on the disk unencrypted, and stays there when an account is revoked.
    """
    kept = [
        (name, value) for name, value in headers if name.lower() not in ALWAYS and not name.lower().startswith(_UNSAID)
    ]
    if not is_kept:
        kept = [(name, value) for name, value in kept if name.lower() != b"cache-control"]
    if not any(name.lower() == b"cache-control" for name, _ in kept):
        kept.append((b"cache-control", b"no-store"))
    return [*kept, *ALWAYS.items()]


def guarding(send: Send, *, is_kept: bool) -> Send:
    """A `send` that gives every answer its headers; `is_kept`: a browser may keep it as long as it says."""

    async def send_guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": guarded(message.get("headers", ()), is_kept=is_kept)}
        await send(message)

    return send_guarded
