"""The device in a browser and for programs: its HTTP API, its screens, and the doors to them. Decides nothing."""

from edenmesh.web.app import make_app, serving
from edenmesh.web.doors import socket_path

__all__ = ["make_app", "serving", "socket_path"]
