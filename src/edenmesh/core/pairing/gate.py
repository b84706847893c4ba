"""How often people may try: one pairing at a time, and a pause after three that failed.

Each try gives an attacker in between one guess at six digits, so tries are what must be counted: a failed pairing
counts once this device has sent its nonce, whether or not a code was shown, since from then on the attacker may know
that it would lose and hang up before anybody sees it. With the pause a person who never gives up grants at most 180
guesses an hour: odds of one in 5,500.
"""

from edenmesh.core.limits import PAIRING_PAUSE_SECONDS, PAIRING_TRIES_MAX
from edenmesh.errors import PairingFailed


class AttemptGate:
    """Says whether a pairing may begin now. `now` counts seconds of any clock that never goes back."""

    def __init__(self) -> None:
        self._is_busy = False
        self._failed = 0
        self._opens_at: float | None = None

    def wait_seconds(self, now: float) -> float:
        """Seconds until the pause is over; 0 where there is none."""
        return 0.0 if self._opens_at is None else max(0.0, self._opens_at - now)

    def enter(self, now: float) -> None:
        """Begin a pairing; every `enter` that returns is followed by one `leave`.

        Raises PairingFailed while another one is under way, or during the pause.
        """
        wait = self.wait_seconds(now)
        if wait > 0:
            raise PairingFailed(
                what=f"{PAIRING_TRIES_MAX} pairings failed, one after the other.",
                do=f"Wait {int(wait) + 1} seconds, then start again with both screens in view.",
            )
        if self._is_busy:
            raise PairingFailed(
                what="This device is pairing with another one at this moment.",
                do="Finish or give up that pairing, then start again.",
            )
        self._opens_at = None
        self._is_busy = True

    def leave(self, now: float, *, is_paired: bool, is_try: bool) -> None:
        """End the pairing: `is_paired` if the devices are peers now, `is_try` as its `Failed` event says."""
        self._is_busy = False
        if is_paired:
            self._failed = 0
        elif is_try:
            self._failed += 1
        if self._failed >= PAIRING_TRIES_MAX:
            self._failed = 0
            self._opens_at = now + PAIRING_PAUSE_SECONDS
