"""What a device is told from outside: where it listens, and which clocks, randomness and transport it uses."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from edenmesh.core.ports import Entropy
from edenmesh.net import TcpTransport, Transport
from edenmesh.store import KeyCost


@dataclass(frozen=True, slots=True)
class Settings:
    """Defaults fit a laptop in the field.

    `host` None listens on all addresses, `port` 0 on any free one. `interfaces` restricts announcements to these
    addresses, such as 127.0.0.1; `is_announcing` False neither announces nor watches. `wall_clock` gives seconds
    since 1970 for display, `clock` seconds of a clock that never goes back.
    """

    host: str | None = None
    port: int = 0
    interfaces: tuple[str, ...] | None = None
    is_announcing: bool = True
    redial_seconds: float = 30.0
    key_cost: KeyCost | None = None
    transport: Transport = field(default_factory=TcpTransport)
    clock: Callable[[], float] = time.monotonic
    wall_clock: Callable[[], float] = time.time
    entropy: Entropy = os.urandom
