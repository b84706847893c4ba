"""The screens: what a person sees and does in a browser, drawn at the server, phone first."""

from edenmesh.web.pages.rendering import Renderer

__all__ = ["Renderer"]
