"""The form files that tests share: a table's, with a name and whatever fields a test is about."""

from typing import Final


def form_file(*fields: str, table: str = "cr_shelter", head: str = "") -> bytes:
    """A form file: each field as "NAME TYPE", and settings of it in lines of their own."""
    described = []
    for field in ("name string", *fields):
        first, *settings = field.splitlines()
        name, _, kind = first.partition(" ")
        described.append("\n".join(["[[field]]", f'name = "{name}"', f'type = "{kind}"', *settings]))
    return "\n".join(["format = 1", f'table = "{table}"', *([head] if head else []), *described, ""]).encode()


def units_form(table: str = "cr_shelter") -> bytes:
    """One with a unit and a protective field."""
    protective = 'consent string\nrestrictive = ["no"]'
    return form_file("lat double", "lon double", protective, table=table, head='units = [["lat", "lon"]]')


NAMES: Final = form_file()
BEDS: Final = form_file("beds integer")
CAPACITY: Final = form_file("capacity integer")
