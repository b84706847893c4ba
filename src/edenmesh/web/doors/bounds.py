"""What a door takes at most from whoever knocks at it: connections, bytes, time and tries."""

from typing import Final

CONNECTIONS_MAX: Final = 256
"""Connections of one door at one time; a browser opens six, and one more for each screen that listens."""
CONNECTIONS_ADDRESS_MAX: Final = 32
"""Those of one address at the phone door. At the loopback door all come from one address."""
HEAD_BYTES_MAX: Final = 32 * 1024
"""A request's line and headers; a browser's have about 1 KiB."""
HEAD_SECONDS_MAX: Final = 15.0
"""From the first byte, or the opened connection, to the end of the headers; TLS has as long before that."""
BODY_SECONDS_MAX: Final = 30.0
"""What a request's body may take, beside its size at the slowest speed."""
BODY_BYTES_PER_SECOND_MIN: Final = 8 * 1024
"""The slowest speed of a body: that of pairing on a bad link."""
BODY_BYTES_ACCOUNT_MAX: Final = 32 * 1024 * 1024
"""One request of an account; a phone's photo has 4 MiB."""
ENTERING_BYTES_MAX: Final = 1024
"""The body of a request that hands in a token."""
IDLE_SECONDS_MAX: Final = 5
"""How long a connection without a request stays open."""
TRIES_MAX: Final = 10
"""Wrong tokens of one address, before the pause."""
TRIES_SECONDS: Final = 60.0
"""How long wrong tokens are remembered, and so the pause after too many."""
TRIERS_MAX: Final = 1024
"""Addresses whose wrong tokens are remembered."""
TOKENS_MAX: Final = 64
"""Tokens of the loopback door that nobody has used yet; the oldest gives way."""
TOKEN_SECONDS_MAX: Final = 600.0
"""How long a token may be used."""
SESSIONS_MAX: Final = 64
"""Sessions of the loopback door; the one not used for longest gives way."""
SESSION_SECONDS_IDLE: Final = 24 * 3600.0
"""How long a session of the loopback door lives without a request."""
