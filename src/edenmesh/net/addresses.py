"""Addresses: those a person types, and those this device has."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Self

import ifaddr

from edenmesh.errors import UsageError

_HOST_CHARS_MAX = 253  # RFC 1035, section 2.3.4, as text


@dataclass(frozen=True, order=True)
class Address:
    """A host and a port. The host is an IPv4 or IPv6 address, the latter with a zone where it needs one, or a name."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, default_port: int | None = None) -> Self:
        """Read `192.0.2.7:4711`, `[2001:db8::7]:4711` or `name:4711`; the port may be absent if there is a default.

        Raises UsageError that says what is wrong.
        """
        host, port = _split(text.strip())
        if not _is_host(host):
            raise UsageError(
                f"{text!r} is not an address: there is no valid host in it.",
                do="Write it like 192.0.2.7:4711, or [2001:db8::7]:4711.",
            )
        if port is None and default_port is not None:
            return cls(host, default_port)
        if port is None or not (port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
            raise UsageError(
                f"{text!r} has no valid port.",
                do="Put the port behind a colon, a number from 1 to 65535: 192.0.2.7:4711, or [2001:db8::7]:4711.",
            )
        return cls(host, int(port))

    @property
    def is_literal(self) -> bool:
        """Whether the host is an address; a name may stand for several."""
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def own_addresses() -> tuple[str, ...]:
    """Return the addresses at which others may reach this device, those most likely to work first.

    Loopback is left out; so are link-local IPv6 addresses (RFC 4291, section 2.5.6), which mean nothing without the
    other device's zone, unless an adapter has no other; and those the system is still probing.
    """
    found = [address for adapter in _adapters() for address in adapter]
    return tuple(dict.fromkeys(sorted(found, key=_is_ipv6)))


def multicast_interfaces() -> tuple[str, ...]:
    """Return one address for each adapter to speak multicast on, IPv4 where it has one."""
    return tuple(min(adapter, key=_is_ipv6) for adapter in _adapters())


def _adapters() -> Iterator[list[str]]:
    for adapter in ifaddr.get_adapters():
        usable = [address for ip in adapter.ips if _is_usable(address := _text(ip.ip))]
        lasting = [address for address in usable if not (_is_ipv6(address) and ip_address(address).is_link_local)]
        if lasting or usable:
            yield lasting or usable


def _text(ip: str | tuple[str, int, int]) -> str:
    if isinstance(ip, str):
        return ip
    host, _, zone = ip
    return f"{host}%{zone}" if IPv6Address(host).is_link_local else host


def _is_usable(address: str) -> bool:
    if ip_address(address).is_loopback:
        return False
    family = socket.AF_INET6 if _is_ipv6(address) else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(socket.getaddrinfo(address, 0, family, socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4])
    except OSError:
        return False
    return True


def _is_ipv6(address: str) -> bool:
    return ":" in address


def _split(text: str) -> tuple[str, str | None]:
    """Split into host and port; a bare IPv6 address has colons but no port."""
    if text.startswith("["):
        host, bracket, behind = text[1:].partition("]")
        if not bracket or not _is_ipv6(host) or (behind and not behind.startswith(":")):
            return "", None
        return host, behind[1:] if behind else None
    if text.count(":") > 1:
        return text, None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        labels = host.removesuffix(".").split(".")
        return len(host) <= _HOST_CHARS_MAX and all(map(_is_label, labels)) and not labels[-1].isdigit()
    return True


def _is_label(label: str) -> bool:
    """RFC 1123, section 2.1."""
    plain = label.replace("-", "a")
    return 0 < len(label) <= 63 and plain.isascii() and plain.isalnum() and label[0] != "-" and label[-1] != "-"
