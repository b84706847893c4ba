"""How devices meet: find each other, knock, and speak over a channel nobody else can read or join.

A stream of bytes (TCP, a pipe in memory, later Bluetooth) passes the door (`door`), becomes a channel between two
Ed25519 keys (`channel`), and only then carries anything of the mesh. Invariant: whoever is at the other end of an open
channel has proven to hold the key it is known by. TLS and multicast stand in this room only; what travels is none of
its business, `node` introduces the two. May import the core's lowest floor.
"""

from edenmesh.net.addresses import Address, own_addresses
from edenmesh.net.call_sign import call_sign
from edenmesh.net.channel import ALPN, Channel, Ending, Role
from edenmesh.net.discovery import Advertiser, Browser, Nearby
from edenmesh.net.door import DoorPolicy
from edenmesh.net.memory import MemoryTransport, pipe
from edenmesh.net.reception import Reception
from edenmesh.net.secure import SecureStream
from edenmesh.net.stream import Listening, OnStream, Stream, Transport
from edenmesh.net.tcp import TcpTransport

__all__ = [
    "ALPN",
    "Address",
    "Advertiser",
    "Browser",
    "Channel",
    "DoorPolicy",
    "Ending",
    "Listening",
    "MemoryTransport",
    "Nearby",
    "OnStream",
    "Reception",
    "Role",
    "SecureStream",
    "Stream",
    "TcpTransport",
    "Transport",
    "call_sign",
    "own_addresses",
    "pipe",
]
