"""The ways in: who may come through each, and how a request is refused before anything of the device hears of it."""

from edenmesh.web.doors.local_socket import serving_socket, socket_path
from edenmesh.web.doors.loopback import LoopbackDoor, serving_loopback
from edenmesh.web.doors.phone_door import PhoneDoor, serving_phones

__all__ = ["LoopbackDoor", "PhoneDoor", "serving_loopback", "serving_phones", "serving_socket", "socket_path"]
