"""The local JSON API: everything the device can do, for commands, screens and other programs."""

from edenmesh.web.api.answers import answer, error_view, refuse
from edenmesh.web.api.routes import api_routes, openapi, operations

__all__ = ["answer", "api_routes", "error_view", "openapi", "operations", "refuse"]
