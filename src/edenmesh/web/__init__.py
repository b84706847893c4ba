"""The local HTTP API of a device, for commands now and screens later. Draws nothing and decides nothing itself."""

from edenmesh.web.app import make_app
from edenmesh.web.local_socket import serving, socket_path

__all__ = ["make_app", "serving", "socket_path"]
