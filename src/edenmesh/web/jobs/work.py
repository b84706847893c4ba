"""The long work there is: syncs, pulls and deliveries as jobs, each under the key by which it is one and the same."""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Final, Literal, TypeAlias

from edenmesh.errors import EdenmeshError, InvalidInput
from edenmesh.node import Device, SyncUpdate
from edenmesh.web.jobs.job import Job
from edenmesh.web.jobs.jobs import Jobs

What: TypeAlias = Literal["all", "forms", "records"]
_ID_CHARS_MIN: Final = 6


class Work:
    """Begins long work, or finds it under way. `is_kept`: it goes on where nobody follows it."""

    def __init__(self, device: Device, jobs: Jobs) -> None:
        self._device = device
        self._jobs = jobs

    def sync(self, peer: str = "", *, address: str = "", is_kept: bool = True) -> Job:
        """Sync with a peer, by name or id; with all chosen ones in turn, where none is named."""
        if not peer:
            return self._jobs.start(self.sync_key(), self._sync_all, is_kept=is_kept)
        return self._jobs.start(self.sync_key(peer), lambda: self._device.sync(peer, address=address), is_kept=is_kept)

    async def stop_sync(self, peer: str) -> bool:
        """Stop the exchange with a peer until it is synced with again; returns whether one was open."""
        job = self._jobs.latest(self.sync_key(peer))
        was_open = await self._device.end_session(peer)
        # One that was open ends its job with words of its own; one that still looks for the peer has none.
        if job is not None and not (was_open or job.is_over):
            await job.stop()
        return was_open

    def pull(self, server: str = "", what: What = "all", *, is_kept: bool = True) -> Job:
        """Bring from a server, by its name, or from the only one. Raises ConfigError where another pull is on."""
        wanted = "" if what == "all" else f"{what} only"
        return self._jobs.start(
            self.pull_key(server), lambda: self._device.pull(server, what), wanted=wanted, is_kept=is_kept
        )

    def deliver(self, server: str = "", *, is_again: bool = False, is_kept: bool = True) -> Job:
        """Deliver to a server, by its name, or to the only one. Raises ConfigError where it runs in another way."""
        return self._jobs.start(
            self.deliver_key(server),
            lambda: self._device.deliver(server, is_again=is_again),
            wanted="with what was rejected" if is_again else "",
            is_kept=is_kept,
        )

    def sync_key(self, peer: str = "") -> str:
        """The key of a sync with a peer, or with all."""
        return f"sync {self._device_of(peer)}".strip()

    def pull_key(self, server: str = "") -> str:
        """The key of a pull from a server, or from the only one."""
        return f"pull {self._server_of(server)}".strip()

    def deliver_key(self, server: str = "") -> str:
        """The key of a delivery to a server, or to the only one."""
        return f"deliver {self._server_of(server)}".strip()

    async def _sync_all(self) -> AsyncGenerator[object]:
        """One peer after the other; one that cannot be reached keeps no other from its turn."""
        names = self._device.sync_peers()
        if not names:
            raise InvalidInput(what="This device has no peer to sync with yet.", do="Pair first: `edenmesh pair`.")
        for name in names:
            try:
                async for update in self._jobs.run(self.sync_key(name), partial(self._device.sync, name)):
                    yield update
            except EdenmeshError as error:
                if len(names) == 1:
                    raise
                yield _not_reached(name, error)

    def _device_of(self, peer: str) -> str:
        known = self._device.peers()
        named = [one.device for one in known if one.name.casefold() == peer.casefold()]
        by_id = [one.device for one in known if len(peer) >= _ID_CHARS_MIN and one.device.startswith(peer)]
        found = named or by_id
        return found[0] if len(found) == 1 else peer

    def _server_of(self, name: str) -> str:
        known = [one for one in self._device.destinations() if one.is_set_up]
        return known[0].name if not name and len(known) == 1 else name


def _not_reached(peer: str, error: EdenmeshError) -> SyncUpdate:
    return SyncUpdate(
        peer,
        given=0,
        to_give=0,
        taken=0,
        to_take=0,
        file_bytes_taken=0,
        file_bytes_to_take=0,
        file_bytes_given=0,
        bytes_sent=0,
        bytes_received=0,
        is_done=True,
        ended=error.what,
    )
