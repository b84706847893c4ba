"""What a form file says: tables, fields, components; its hash; values as its fields read them."""

from edenmesh.core.records.forms.catalogue import Catalogue, Membership
from edenmesh.core.records.forms.form import FORM_FORMAT, KINDS, Component, Field, Form, Option, Rule, Table, form_hash
from edenmesh.core.records.forms.typed import Raw, content_of, in_order, moment_of, text_of

__all__ = [
    "FORM_FORMAT",
    "KINDS",
    "Catalogue",
    "Component",
    "Field",
    "Form",
    "Membership",
    "Option",
    "Raw",
    "Rule",
    "Table",
    "content_of",
    "form_hash",
    "in_order",
    "moment_of",
    "text_of",
]
