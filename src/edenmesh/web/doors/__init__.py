"""The ways in: who may come through each, and how a request is refused before anything of the device hears of it."""

from edenmesh.web.doors.local_socket import serving_socket, socket_path

__all__ = ["serving_socket", "socket_path"]
