"""Short words for the columns that tables are made of."""

from collections.abc import Callable
from typing import TypeAlias, TypedDict, Unpack

from edenmesh.standin.schema import Field, Kind, Value
from edenmesh.standin.values import as_phone, as_text, email_address, one_of, phone_numbers, web_address, when_true

Options: TypeAlias = tuple[tuple[str, str], ...]
Show: TypeAlias = Callable[[Value], str]


class Extra(TypedDict, total=False):
    """What a column may have besides; see `Field`."""

    restricts: bool
    default: str | int | bool | None
    defaults_to_now: bool
    required: bool
    writable: bool
    is_location: bool
    longest: int
    empties_to_null: bool
    check: Callable[[str], Value] | None


def plain(name: str, label: str, kind: Kind = "string", **more: Unpack[Extra]) -> Field:
    """A column that is exported without its shown text when it is text."""
    return Field(name, kind, label, **more)


def shown(name: str, label: str, kind: Kind = "string", **more: Unpack[Extra]) -> Field:
    """A column that is exported with its shown text."""
    return Field(name, kind, label, show=as_text, **more)


def choice(
    name: str, label: str, kind: Kind, values: Options, *, shown_as: Show | None = None, **more: Unpack[Extra]
) -> Field:
    """A column with a fixed set of options."""
    return Field(name, kind, label, options=values, show=shown_as or one_of(values), **more)


def reference(name: str, table: str, label: str, **more: Unpack[Extra]) -> Field:
    """A foreign key."""
    return Field(name, "reference", label, refers_to=table, **more)


def hidden(name: str, kind: Kind, *, shown_as: Show | None = None, default: int | bool | None = None) -> Field:
    """A column that no form offers."""
    return Field(name, kind, name.replace("_", " ").title(), default=default, is_offered=False, show=shown_as)


def hidden_reference(name: str, table: str) -> Field:
    """A foreign key that no form offers and that keeps nothing from being deleted."""
    return Field(name, "reference", name, table, restricts=False, is_offered=False)


def phone(name: str, label: str) -> Field:
    """Telephone numbers."""
    return Field(name, "string", label, show=as_phone, empties_to_null=True, check=phone_numbers)


def email() -> Field:
    """An e-mail address."""
    return shown("email", "Email", empties_to_null=True, check=email_address)


def website(name: str, label: str) -> Field:
    """An address on the web."""
    return shown(name, label, empties_to_null=True, check=web_address)


def organisation(**more: Unpack[Extra]) -> Field:
    """The organisation a row belongs to."""
    return reference("organisation_id", "org_organisation", "Organization", **more)


def location(*, is_location: bool = True) -> Field:
    """Where something is."""
    return reference("location_id", "gis_location", "Location", is_location=is_location)


def master(name: str, super_entity: str, *, required: bool = False) -> Field:
    """A component's key to its master, by the super-entity they share."""
    label = name.replace("_", " ").title()
    return Field(name, "objectkey", label, super_entity, False, required=required, readable=False, writable=False)


def obsolete() -> Field:
    """Whether a site is no longer used."""
    show = when_true("Obsolete", "-")
    return Field("obsolete", "boolean", "Obsolete", default=False, show=show, readable=False, writable=False)


YES_NO = when_true("Yes", "No")
COMMENTS = shown("comments", "Comments", "text")
