"""What other members are known to hold: a purge gives up nothing that would leave a hole which nobody can fill.

A member holds what it wrote itself, and what it has made durable: it acknowledged that, or it stated the same logs as
this device with nothing purged or absent. It holds the files of what it has where it stated that none is missing. What
a device that is revoked or gone holds is out of reach. It may all have been purged there since: so this licenses no
purge (a receipt does), it only forbids one.
"""

from collections.abc import Iterable
from typing import Final

from edenmesh.core.ids import AuthorId, DeviceId, VersionId
from edenmesh.core.reconcile import Held, Mark, beginnings
from edenmesh.core.records import Version
from edenmesh.core.session import Ended, PeerHolds, Tallied
from edenmesh.errors import StoreError
from edenmesh.node.meeting import PeerEvent
from edenmesh.node.parts import Parts, replace_peer
from edenmesh.store import HeldLog, RecordVersions, files_of


class Elsewhere:
    """Notes what peers say to hold, as far as it matters: logs that no other member is the author of."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._acknowledged: Final[dict[DeviceId, tuple[HeldLog, ...]]] = {}

    def hear(self, told: PeerEvent) -> None:
        """A session tells what its peer holds. Noted when both have stated what they hold, and at the end."""
        event = told.event
        if isinstance(event, PeerHolds) and not self._is_of_another(event.log.author):
            self._acknowledged[told.peer] = _longest(self._acknowledged.get(told.peer, ()), [_noted(event.log)])
        elif isinstance(event, Ended) and told.peer in self._acknowledged:
            self._note(told.peer, ())
        elif isinstance(event, Tallied):
            same = [_noted(log) for log in event.logs if not self._is_of_another(log.author)]
            is_whole = not (event.theirs.purged or event.theirs.absent)
            has_files = same if not event.theirs.files_missing else ()
            self._note(told.peer, same if is_whole else (), has_files)

    def only_here(self, held: RecordVersions) -> list[VersionId]:
        """The versions of a record that no other member is known to hold whole, its files included."""
        doubtful = {one: each for one, each in held.versions.items() if not self._is_of_another(AuthorId(each.author))}
        if not doubtful:
            return []
        charter = self._parts.team.charter
        peers = [peer for peer in self._parts.store.notes.peers() if charter.is_member(peer.device)]
        versions = [log for peer in peers for log in peer.holds]
        versions += [log for peer, logs in self._acknowledged.items() if charter.is_member(peer) for log in logs]
        files = [log for peer in peers for log in peer.has_files]
        return [
            one
            for one, version in doubtful.items()
            if not self._covers(versions, one, version) or (files_of(version) and not self._covers(files, one, version))
        ]

    def holders(self, held: RecordVersions) -> list[DeviceId]:
        """Other members known to have every version of a record: who wrote it has it, and who acknowledged it.

        At least these: what they were given of the logs of third devices is not noted.
        """
        charter, own = self._parts.team.charter, self._parts.identity.device
        found: list[DeviceId] = []
        for device in charter.members:
            if device == own or not charter.is_member(device):
                continue
            logs = [*self._parts.team.peer_note(device).holds, *self._acknowledged.get(device, ())]
            versions = held.versions.items()
            if all(self._is_by(device, each) or self._covers(logs, one, each) for one, each in versions):
                found.append(device)
        return found

    def _is_by(self, device: DeviceId, version: Version) -> bool:
        return self._parts.team.charter.standing(AuthorId(version.author)).device == device

    def _covers(self, logs: Iterable[HeldLog], one: VersionId, version: Version) -> bool:
        snapshot = self._parts.store.snapshot
        marks = [Mark(log.author, log.size, log.root) for log in logs if log.author == version.author]
        for held in snapshot.log_heads() if marks else ():
            if held.author == version.author and version.seq < self._known_size(held, marks):
                seq = version.seq
                if snapshot.ids_between(held.author, held.branch, seq, seq + 1) == [one]:
                    return True
        return False

    def _known_size(self, held: Held, marks: Iterable[Mark]) -> int:
        known = beginnings(held, marks, self._parts.store.snapshot)
        return known[-1].size if known else 0

    def _is_of_another(self, author: AuthorId) -> bool:
        device = self._parts.team.charter.standing(author).device
        is_own = device is None or device == self._parts.identity.device
        return not is_own and device is not None and self._parts.team.charter.is_member(device)

    def _note(self, peer: DeviceId, same: Iterable[HeldLog], has_files: Iterable[HeldLog] = ()) -> None:
        note = self._parts.team.peer_note(peer)
        holds = _longest(note.holds, (*self._acknowledged.pop(peer, ()), *same))
        noted = replace_peer(note, holds=holds, has_files=_longest(note.has_files, has_files))
        if noted != note:
            try:
                self._parts.team.note(noted)
            except StoreError:
                return  # A disk that is full: it is heard again when the two meet again.


def _noted(mark: Mark) -> HeldLog:
    return HeldLog(author=mark.author, root=mark.root, size=mark.size)


def _longest(noted: Iterable[HeldLog], said: Iterable[HeldLog]) -> tuple[HeldLog, ...]:
    """Of each author the longest log, what was said last before others of that length."""
    logs = {log.author: log for log in noted}
    for log in said:
        known = logs.get(log.author)
        if known is None or known.size <= log.size:
            logs[log.author] = log
    return tuple(logs[author] for author in sorted(logs))
