"""The reception: who has come in but has not opened a channel yet, and how many of those there may be.

When all places are taken, the next caller gets the place of the one who waits longest among those of the address that
holds most. So a flood from one address displaces itself, and an honest handshake, which takes milliseconds, gets
through; to refuse the newcomer instead would let sixteen silent strangers lock everybody out.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edenmesh.core.limits import CHANNEL_OPEN_SECONDS_MAX, CHANNELS_HALF_OPEN_MAX
from edenmesh.core.ports import Entropy
from edenmesh.errors import EdenmeshError, NotPaired, PeerUnreachable, ProtocolError
from edenmesh.net.door import DoorPolicy
from edenmesh.net.secure import SecureStream
from edenmesh.net.stream import Stream

OnChannel = Callable[[SecureStream], Awaitable[None]]
OnRefusal = Callable[[str, EdenmeshError], None]


class Reception:
    """Opens the channel to everybody who comes in; `receive` is what a transport's `listen` calls.

    `policy` is asked at each knock whom to let in, `allow` at each handshake whose key to accept. `on_channel` gets
    each open channel, in the task of its stream, and closes it; `on_refusal` the address and the reason of each other.
    """

    def __init__(
        self,
        private_key: Ed25519PrivateKey,
        *,
        allow: Callable[[bytes], bool],
        policy: Callable[[], DoorPolicy],
        entropy: Entropy,
        on_channel: OnChannel,
        on_refusal: OnRefusal | None = None,
        timeout_seconds: float = CHANNEL_OPEN_SECONDS_MAX,
    ) -> None:
        self._private_key = private_key
        self._allow = allow
        self._policy = policy
        self._entropy = entropy
        self._on_channel = on_channel
        self._on_refusal = on_refusal
        self._timeout_seconds = timeout_seconds
        self._waiting: dict[asyncio.Task[object], str] = {}

    @property
    def waiting(self) -> int:
        """How many have come in and not opened a channel yet."""
        return len(self._waiting)

    async def receive(self, stream: Stream) -> None:
        """Open the channel to who came in by `stream` and hand it on, or close the stream."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a stream is received in a task")
        if len(self._waiting) >= CHANNELS_HALF_OPEN_MAX:
            self._displace()
        self._waiting[task] = stream.peer_address.rpartition(":")[0]
        try:
            channel = await SecureStream.accept(
                stream,
                self._private_key,
                allow=self._allow,
                policy=self._policy(),
                entropy=self._entropy,
                timeout_seconds=self._timeout_seconds,
            )
        except (ProtocolError, NotPaired, PeerUnreachable) as error:
            self._refuse(stream, error)
            return
        except asyncio.CancelledError:
            if task in self._waiting:
                raise
            task.uncancel()
            self._refuse(stream, PeerUnreachable(f"{stream.peer_address} gave its place to the next caller."))
            return
        finally:
            self._waiting.pop(task, None)
        await self._on_channel(channel)

    def _displace(self) -> None:
        [(host, _)] = Counter(self._waiting.values()).most_common(1)
        task = next(task for task, its_host in self._waiting.items() if its_host == host)
        del self._waiting[task]
        task.cancel()

    def _refuse(self, stream: Stream, reason: EdenmeshError) -> None:
        if self._on_refusal is not None:
            self._on_refusal(stream.peer_address, reason)
