"""Pairing with other devices: being visible, seeing who is, choosing one, and answering the code on both screens."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from edenmesh.core.ids import DeviceId, format_id
from edenmesh.core.limits import PAIRING_AUTHORS_MAX
from edenmesh.core.pairing import Address as QrAddress
from edenmesh.core.pairing import (
    AttemptGate,
    CompareCode,
    Failed,
    Joining,
    Link,
    OurSide,
    Paired,
    Pairing,
    QrPayload,
    Role,
    key_hash,
)
from edenmesh.errors import EdenmeshError, InvalidInput, PairingFailed
from edenmesh.net import Address, SecureStream
from edenmesh.node.meeting import Line, Meetings, Visibility
from edenmesh.node.pairing.pairing_encounter import PairingEncounter
from edenmesh.node.parts import Parts, replace_peer

_JOINING_WORDS: Final = {
    Joining.WE_JOIN: "This device joins the team of {name}: {members}, about {records} records.",
    Joining.THEY_JOIN: "{name} joins your team.",
    Joining.NOBODY_JOINS: "Both devices are in the same team already.",
    Joining.AS_GUESTS: "{name} is of another team: {members}, about {records} records. Neither joins the other; the two"
    " devices become guests of each other, and each is given what is shared with it: nothing at first.",
}


@dataclass(frozen=True, slots=True)
class CodeView:
    """What a person has to compare and agree to. `sentence` says who joins whom."""

    code: str
    peer_name: str
    device: str
    joining: str
    sentence: str
    members: int
    records: int
    must_compare: bool
    is_scanned: bool


@dataclass(frozen=True, slots=True)
class PairedView:
    """Who is a peer now."""

    name: str
    device: str
    joining: str


class PairingTask:
    """One pairing under way: wait for the code, answer it, wait for the result."""

    def __init__(
        self, encounter: PairingEncounter, outcome: "asyncio.Task[PairedView]", peer: DeviceId, *, is_incoming: bool
    ) -> None:
        self._encounter = encounter
        self._outcome = outcome
        self.peer: Final = peer
        self.is_incoming: Final = is_incoming
        # Whether or not anybody waits for the result: a failure is no defect of the program.
        outcome.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def code(self) -> CodeView:
        """What both screens show. Raises PairingFailed where it comes to no code."""
        code = self._encounter.code
        waiting: set[asyncio.Future[Any]] = {code, self._outcome}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if code.done() and not code.cancelled():
            return _code_view(code.result())
        await self.result()
        raise PairingFailed(what="The pairing ended before there was a code.")

    def answer(self, is_same: bool, *, code: str | None = None, introducer: bool = False) -> None:
        """What the person says; `introducer` lets a device that joins admit others.

        `code` is the one the person has seen: an answer must not meet another pairing that began meanwhile. Raises
        InvalidInput where no answer is asked for, or another code is shown.
        """
        if code is not None and code != self._encounter.shown:
            raise InvalidInput(
                what="The code that was answered is not the one shown now.", do="Compare the code on both screens anew."
            )
        self._encounter.answer(is_same, gives_introducer=introducer)

    def give_up(self) -> None:
        """End the pairing where nobody is there to answer; one that was answered goes on."""
        self._encounter.give_up()

    @property
    def shown(self) -> CodeView | None:
        """What both screens show at this moment; None while there is no code yet, or never was one."""
        code = self._encounter.code
        return _code_view(code.result()) if code.done() and not code.cancelled() else None

    @property
    def is_answered(self) -> bool:
        """Whether the person here has answered, in whatever window."""
        return self._encounter.is_answered

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end."""
        return self._outcome.done()

    async def ended(self) -> None:
        """Wait for the end, whatever it is."""
        await asyncio.wait([self._outcome])

    async def stop(self) -> None:
        """End the pairing at once, however far it is."""
        self.cancel()
        await self.ended()

    def cancel(self) -> None:
        """The same, without waiting for its end."""
        self._outcome.cancel()

    async def result(self) -> PairedView:
        """The new peer. Raises PairingFailed with what happened."""
        await self.ended()
        if self._outcome.cancelled():
            raise PairingFailed(what="This device stopped before the pairing was done.", do="Pair the two again.")
        return self._outcome.result()


class Pairings:
    """Begins pairings, one at a time, and stores what they come to."""

    def __init__(self, parts: Parts, meetings: Meetings, visibility: Visibility) -> None:
        self._store = parts.store
        self._team = parts.team
        self._identity = parts.identity
        self._settings = parts.settings
        self._meetings = meetings
        self._visibility = visibility
        self._gate = AttemptGate()
        self._listeners: list[Callable[[PairingTask], None]] = []
        self.latest: PairingTask | None = None
        meetings.on_pairing = self._handle_incoming

    def listen(self, listener: Callable[[PairingTask], None]) -> Callable[[], None]:
        """Call `listener` with every pairing that another device begins; the function returned stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def pair(self, target: str) -> PairingTask:
        """Begin to pair with a device: its call-sign, its address, or the text of its QR code.

        Raises InvalidInput where the target means nothing, PeerUnreachable where nobody answers, PairingFailed where
        this device pairs already or has to wait.
        """
        scanned: bytes | None = None
        secret: bytes | None = None
        if target.strip().upper().startswith("EM") and ":" in target:
            payload = QrPayload.parse(target)
            scanned, secret = payload.key_hash, payload.door_secret
            addresses = [Address(one.host, one.port) for one in payload.addresses]
        else:
            addresses = await self._visibility.addresses_of(target)
        self._gate.enter(self._settings.clock())
        try:
            channel = await self._meetings.open(addresses, "pair", peer=None, secrets=(secret,))
        except BaseException:
            self._gate.leave(self._settings.clock(), is_paired=False, is_try=False)
            raise
        return await self._begin(channel, channel, Role.DIALLER, scanned)

    def part(self, device: DeviceId) -> None:
        """End the pairing under way, if it is with this device: nobody here wants to meet it."""
        if self.latest is not None and self.latest.peer == device:
            self.latest.cancel()

    async def stop(self) -> None:
        """Give up the pairing under way."""
        if self.latest is not None:
            await self.latest.stop()

    def qr(self, door_secret: bytes, addresses: tuple[str, ...], port: int) -> str:
        """The text of the QR code that lets another device find and recognise this one."""
        places = tuple(QrAddress(host, port) for host in addresses[:4] if "%" not in host)
        return str(QrPayload(key_hash(self._identity.device), door_secret, places))

    async def _handle_incoming(self, channel: SecureStream, line: Line) -> None:
        if not self._visibility.is_shown:
            await channel.close()
            return
        try:
            self._gate.enter(self._settings.clock())
        except PairingFailed:
            await channel.close()
            return
        try:
            task = await self._begin(channel, line, Role.LISTENER, None)
        except EdenmeshError:
            return
        for listener in list(self._listeners):
            listener(task)
        await task.ended()

    async def _begin(self, channel: SecureStream, line: Line, role: Role, scanned: bytes | None) -> PairingTask:
        try:
            pairing = Pairing(
                self._our_side(),
                Link(role, channel.peer_key, channel.binding()),
                self._settings.entropy,
                self._settings.clock(),
                scanned=scanned,
            )
        except BaseException:
            self._gate.leave(self._settings.clock(), is_paired=False, is_try=False)
            await channel.close()
            raise
        encounter = PairingEncounter(
            line,
            pairing,
            clock=self._settings.clock,
            store_admission=self._team.admit,
            store_membership=self._team.join,
        )
        address = channel.peer_address if role is Role.DIALLER else ""
        outcome = asyncio.create_task(self._run(encounter, address))
        encounter.code.add_done_callback(self._handle_code)
        self.latest = PairingTask(encounter, outcome, channel.peer_key, is_incoming=role is Role.LISTENER)
        return self.latest

    def _handle_code(self, code: "asyncio.Future[CompareCode]") -> None:
        if not code.cancelled():
            self._team.remember_stranger(DeviceId(code.result().peer), code.result().peer_name)

    def _our_side(self) -> OurSide:
        return OurSide(
            device=self._identity.device_key,
            authors=self._identity.author_keys[-PAIRING_AUTHORS_MAX:],
            name=self._team.name,
            charter=self._team.charter,
            secrets=self._team.secrets,
            records=sum(row.shown for row in self._store.records.tables()),
        )

    async def _run(self, encounter: PairingEncounter, address: str) -> PairedView:
        is_paired = is_try = False
        try:
            outcome = await encounter.run()
            if isinstance(outcome, Failed):
                is_try = outcome.is_try
                raise outcome.error
            is_paired = True
            self._remember(outcome, address)
            return PairedView(outcome.name, format_id("d", outcome.peer), outcome.joining.value)
        finally:
            self._gate.leave(self._settings.clock(), is_paired=is_paired, is_try=is_try)

    def _remember(self, paired: Paired, address: str) -> None:
        """Both persons chose this device: from now on it syncs without being asked, where it was found just now."""
        note = self._team.peer_note(paired.peer)
        addresses = tuple(dict.fromkeys((address, *note.addresses))) if address else note.addresses
        note = replace_peer(note, name=paired.name, addresses=addresses, is_allowed=True, is_blocked=False)
        # Whoever pairs anew is given nothing before somebody says so again.
        self._team.note(replace_peer(note, door=paired.door, shares=(), shares_all=False))


def _code_view(code: CompareCode) -> CodeView:
    sentence = _JOINING_WORDS[code.joining].format(
        name=code.peer_name,
        members="1 member" if code.peer_members == 1 else f"{code.peer_members} members",
        records=code.peer_records,
    )
    return CodeView(
        code=code.code,
        peer_name=code.peer_name,
        device=format_id("d", DeviceId(code.peer)),
        joining=code.joining.value,
        sentence=sentence,
        members=code.peer_members,
        records=code.peer_records,
        must_compare=code.must_compare,
        is_scanned=code.is_scanned,
    )
