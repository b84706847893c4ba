"""The errors a caller of edenmesh may meet. This module imports nothing.

An error is raised where a promise could not be kept. What is expected in a mesh is a value instead: a conflict, a
record the server rejects, a read-back that differs, quarantine, a session cut short.

    EdenmeshError
      ProtocolError
        LocalProtocolError        we broke the rules of the protocol: a defect in this program
        RemoteProtocolError       they did; names the code the session is closed with
        LimitExceeded             they asked for more than core/limits.py allows
      TrustError
        NotPaired
        Revoked
        PairingFailed
        SealInvalid
        NotPermitted
      StoreError
        StoreMissing
        StoreTooNew
        StoreTooOld
        StoreLocked
        StoreDamaged
        WrongPassphrase
        DiskFull
        SQLiteTooOld
      DeliveryError
        DestinationUnreachable
        LoginRefused
        AnswerNotUnderstood
      PeerUnreachable             nobody answers there, or hangs up before the channel is open
      ConfigError
      UsageError
      InvalidInput

Every error tells a person three things, each in whole sentences: `what` happened, what was `kept`, and what to `do`.
Who raises one says what happened; the classes know a `kept` and a `do` that hold wherever nothing better is said.
"""

__all__ = [
    "AnswerNotUnderstood",
    "ConfigError",
    "DeliveryError",
    "DestinationUnreachable",
    "DiskFull",
    "EdenmeshError",
    "InvalidInput",
    "LimitExceeded",
    "LocalProtocolError",
    "LoginRefused",
    "NotPaired",
    "NotPermitted",
    "PairingFailed",
    "PeerUnreachable",
    "ProtocolError",
    "RemoteProtocolError",
    "Revoked",
    "SQLiteTooOld",
    "SealInvalid",
    "StoreDamaged",
    "StoreError",
    "StoreLocked",
    "StoreMissing",
    "StoreTooNew",
    "StoreTooOld",
    "TrustError",
    "UsageError",
    "WrongPassphrase",
]


class EdenmeshError(Exception):
    """Whatever edenmesh raises on purpose."""

    kept: str = "Nothing was changed."
    do: str = "Run `edenmesh doctor`; it names what is wrong with this device."

    def __init__(self, what: str, *, kept: str | None = None, do: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        if kept is not None:
            self.kept = kept
        if do is not None:
            self.do = do

    def __str__(self) -> str:
        parts = (self.what, self.kept, self.do)
        return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts)


class ProtocolError(EdenmeshError):
    """A session left the rules of the protocol; it is closed with `close_code`."""

    close_code: str = "protocol"
    kept = "What had arrived before is kept and counted."
    do = "Meet again; the next session goes on where this one stopped."


class LocalProtocolError(ProtocolError):
    """We broke the rules. No input may cause this: it is a defect in this program."""

    close_code = "internal"
    do = "Meet again, and report this as a defect together with the output of `edenmesh doctor`."


class RemoteProtocolError(ProtocolError):
    """The other device broke the rules."""

    do = "Meet again; if it happens again, compare the versions of edenmesh on both devices."


class LimitExceeded(ProtocolError):
    """The other device asked for more than any honest one needs."""

    close_code = "limit"
    do = "Meet again; if it happens again, block the other device and ask its owner what it runs."


class TrustError(EdenmeshError):
    """Somebody may not do what was asked."""

    do = "Run `edenmesh peers` to see who may do what here."


class NotPaired(TrustError):
    """The other device is not paired with this one."""

    kept = "Nothing was sent and nothing was taken."
    do = "Pair the two devices first: `edenmesh pair`."


class Revoked(TrustError):
    """The device was revoked: the mesh no longer takes anything it makes."""

    kept = "All records that are here stay here; nothing new was taken."
    do = "Ask a steward of the mesh; a person comes back with a new device or a new store, under the same name."


class PairingFailed(TrustError):
    """The two devices did not become peers: the codes differed, somebody said no, or somebody stands in between."""

    kept = "Neither device knows the other now, and no records were exchanged."
    do = "Start again with both screens in view. If the codes differ once more, do not pair on this network."


class SealInvalid(TrustError):
    """A signature does not hold, or two signed tree heads of one author contradict each other."""

    kept = "What lies under that seal was refused; everything else was kept."
    do = "Ask the author named here to run `edenmesh doctor`; their store may be damaged or copied."


class NotPermitted(TrustError):
    """The act needs a right this device has not been given."""

    do = "Ask a steward of the mesh to do it, or to give this device the right: `edenmesh mesh` shows who they are."


class StoreError(EdenmeshError):
    """The records on this device cannot be used as they are."""

    kept = "The store was left as it is."


class StoreMissing(StoreError):
    """There is no store in this folder."""

    kept = "Nothing was made."
    do = "Name the right folder with `--home`, or make a new device there: `edenmesh init --name NAME`."


class StoreTooNew(StoreError):
    """A newer edenmesh wrote this store."""

    do = "Update edenmesh on this device, then try again."


class StoreTooOld(StoreError):
    """The store is older than any this edenmesh can bring up to date."""

    do = "Open it once with the edenmesh version named here, which brings it up to date, then try again."


class StoreLocked(StoreError):
    """Another process has this store open."""

    do = "Stop the other process, or wait until it is done, then try again."


class StoreDamaged(StoreError):
    """The database of this store fails its own check."""

    kept = "The damaged file was left as it is; copy the whole folder before anything else."
    do = "Make a new device with `edenmesh init` in another folder, pair it and sync; others give back what they hold."


class WrongPassphrase(StoreError):
    """The passphrase does not open this store."""

    do = "Try again. Without the passphrase nobody can read this store; the other devices still hold what was synced."


class DiskFull(StoreError):
    """The disk has no room for what was to be stored."""

    kept = "Everything stored before is safe; what did not fit was not acknowledged and will be sent again."
    do = "Free some space, or purge records that were delivered, then sync again."


class SQLiteTooOld(StoreError):
    """The SQLite library is older than the first one that is safe for this store."""

    do = "Install edenmesh with the versions its lock file names: in a checkout, run `make`."


class DeliveryError(EdenmeshError):
    """A destination could not be read or written as a whole."""

    kept = "Every record is still here and still owed to the destination."


class DestinationUnreachable(DeliveryError):
    """No connection to the destination, or it broke off."""

    do = "Check the network and the address with `edenmesh destination test`, then deliver again."


class LoginRefused(DeliveryError):
    """The destination did not accept the name and password."""

    do = "Enter them anew with `edenmesh destination set`, then deliver again."


class AnswerNotUnderstood(DeliveryError):
    """The destination answered something else than its interface promises, such as a web page or half an answer."""

    do = "Check with `edenmesh destination test` that the address is that of a Sahana Eden, then deliver again."


class PeerUnreachable(EdenmeshError):
    """No channel to the other device: nobody answers at its address, or it hangs up before the channel is open."""

    kept = "Nothing was sent and nothing was taken."
    do = "Check that both devices are on one network and the other one is visible, then try again."


class ConfigError(EdenmeshError):
    """A setting does not make sense."""

    do = "Correct the setting named here, then try again."


class UsageError(EdenmeshError):
    """The command or call does not make sense as it was given."""

    do = "Run the command with `--help` to see what it takes."


class InvalidInput(EdenmeshError):
    """What was handed in, a file or a value, is not of the form it must have."""

    do = "Correct what is named here, then hand it in again; what is already stored will not be stored twice."
