"""The local JSON API: everything the device can do, for commands, screens and other programs."""

from edenmesh.web.api.answers import answer, error_view, refuse
from edenmesh.web.api.routes import api_routes

__all__ = ["answer", "api_routes", "error_view", "refuse"]
