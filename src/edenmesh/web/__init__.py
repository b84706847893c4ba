"""The device in a browser and for programs: its HTTP API, its screens, and the doors to them. Decides nothing."""

from edenmesh.web.app import make_app, serving
from edenmesh.web.doors import LoopbackDoor, socket_path
from edenmesh.web.opening import ENTRANCE, serving_all

__all__ = ["ENTRANCE", "LoopbackDoor", "make_app", "serving", "serving_all", "socket_path"]
