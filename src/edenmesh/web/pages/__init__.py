"""The screens: what a person sees and does in a browser, drawn at the server, phone first."""

from edenmesh.web.pages.page import status_of
from edenmesh.web.pages.rendering import Renderer
from edenmesh.web.pages.screens import screen_routes
from edenmesh.web.pages.start_pages import StartPages

__all__ = ["Renderer", "StartPages", "screen_routes", "status_of"]
