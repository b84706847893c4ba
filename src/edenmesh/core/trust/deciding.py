"""Writing what stewards decide: whose versions count, which server, which form, what is erased."""

from collections.abc import Iterable

from edenmesh.core.encoding import normal_text
from edenmesh.core.ids import AuthorId, DeviceId, EntryId, FormHash
from edenmesh.core.ports import Signer
from edenmesh.core.trust.acts import STEWARD
from edenmesh.core.trust.charter import Charter
from edenmesh.core.trust.drafting import draft, require_permitted
from edenmesh.core.trust.entry import CharterEntry
from edenmesh.core.trust.kinds import Kind
from edenmesh.core.trust.stewarding import (
    Accept,
    Ask,
    ChooseForm,
    Confirm,
    Erase,
    PinDestination,
    destination_id,
)

_ONLY = "Only a steward may decide this."


def accept(charter: Charter, signer: Signer, author: AuthorId, *, size: int, root: bytes) -> CharterEntry:
    """Have the first `size` versions of an author's log with this tree head count, whoever the author is.

    Raises NotPermitted where the signer is no steward, InvalidInput where it is no head.
    """
    return _decide(charter, signer, Accept(author=author, root=root, size=size))


def pin_destination(charter: Charter, signer: Signer, *, address: str, name: str, pin: bytes) -> CharterEntry:
    """Name a server that receipts may speak of. `address` is its base URL in normal form, `pin` the SHA-256 of its key.

    `pin` is empty for plain http. Raises NotPermitted where the signer is no steward, InvalidInput for a pin or name
    that is none.
    """
    act = PinDestination(address=address, destination=destination_id(address), name=normal_text(name), pin=pin)
    return _decide(charter, signer, act)


def choose_form(charter: Charter, signer: Signer, table: str, form: FormHash) -> CharterEntry:
    """Say which form a table is filled in by. Raises NotPermitted where the signer is no steward."""
    return _decide(charter, signer, ChooseForm(form=form, table=table))


def erase(
    charter: Charter,
    signer: Signer,
    *,
    names: Iterable[bytes] = (),
    firsts: Iterable[bytes] = (),
    spares: Iterable[bytes] = (),
) -> CharterEntry:
    """Have something destroyed everywhere. All are stubs under `charter.salt`.

    Raises NotPermitted where the signer is no steward, InvalidInput where nothing or too much is named.
    """
    firsts, names, spares = (tuple(sorted(set(stubs))) for stubs in (firsts, names, spares))
    return _decide(charter, signer, Erase(firsts=firsts, names=names, spares=spares))


def ask(
    charter: Charter,
    signer: Signer,
    *,
    names: Iterable[bytes] = (),
    firsts: Iterable[bytes] = (),
    spares: Iterable[bytes] = (),
    why: str = "",
) -> CharterEntry:
    """Ask the stewards to have something destroyed everywhere, as any member may. Arguments as for `erase`.

    Raises NotPermitted where the signer is no member, InvalidInput where nothing or too much is named or said.
    """
    actor = DeviceId(signer.public_key)
    require_permitted(charter.is_member(actor), "Only a member may ask for an erasure.")
    firsts, names, spares = (tuple(sorted(set(stubs))) for stubs in (firsts, names, spares))
    act = Ask(firsts=firsts, names=names, spares=spares, why=normal_text(why))
    return draft(charter, act, actor).signed_by(signer).completed()


def confirm(charter: Charter, signer: Signer, entry: EntryId) -> CharterEntry:
    """Confirm an erasure, as a second steward. Raises NotPermitted where the signer may not, or none is in force."""
    erasure = next((one for one in charter.erasures if one.entry == entry), None)
    require_permitted(erasure is not None, "No erasure in force has this name.")
    require_permitted(erasure is None or erasure.by != signer.public_key, "A second steward has to confirm it.")
    return _decide(charter, signer, Confirm(entry=entry))


def _decide(charter: Charter, signer: Signer, act: Kind) -> CharterEntry:
    actor = DeviceId(signer.public_key)
    require_permitted(charter.may(actor, STEWARD), _ONLY)
    return draft(charter, act, actor).signed_by(signer).completed()
