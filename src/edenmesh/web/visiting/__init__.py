"""Who asks: the owner or the account of a phone, and what each may do. A door says who; a route says what it needs."""

from edenmesh.web.visiting.visitor import (
    OWNER,
    Right,
    Visitor,
    admit,
    check_form_token,
    is_form_token,
    require,
    visitor_of,
)

__all__ = ["OWNER", "Right", "Visitor", "admit", "check_form_token", "is_form_token", "require", "visitor_of"]
