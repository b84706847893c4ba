"""Where a device opened by a command listens and announces itself; a running device was told when it was started."""

from typing import Final

import click

from edenmesh.cli.reaching.calls import Option
from edenmesh.net import Address
from edenmesh.node import Settings

HEARING: Final[tuple[Option, ...]] = (
    click.option(
        "--announce-on",
        multiple=True,
        metavar="ADDRESS",
        help="Announce and look only on the network that has this address of ours; may be repeated.",
    ),
    click.option("--no-announce", is_flag=True, help="Neither announce this device nor look for others."),
)
LISTENING: Final[tuple[Option, ...]] = (
    click.option("--host", metavar="ADDRESS", help="Listen on this address only. [default: all]"),
    click.option(
        "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Listen on this port. [default: any]"
    ),
    *HEARING,
)


def settings_of(announce_on: tuple[str, ...], no_announce: bool, *, host: str | None = None, port: int = 0) -> Settings:
    """Settings as the options say."""
    return Settings(host=host, port=port, interfaces=announce_on or None, is_announcing=not no_announce)


def places(addresses: list[str] | tuple[str, ...], port: int) -> list[str]:
    """Addresses as people type them on the other device."""
    return [str(Address(host, port)) for host in addresses] if port else []
