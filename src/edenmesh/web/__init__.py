"""The device in a browser and for programs: its HTTP API, its screens, and the doors to them. Decides nothing."""

from edenmesh.web.app import make_app, serving
from edenmesh.web.doors import LoopbackDoor, socket_path
from edenmesh.web.opening import ENTRANCE, serving_all, serving_site
from edenmesh.web.site import Site

__all__ = ["ENTRANCE", "LoopbackDoor", "Site", "make_app", "serving", "serving_all", "serving_site", "socket_path"]
