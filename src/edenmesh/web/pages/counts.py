"""The figures beside the places of the navigation. Counted anew after a commit, not for each page."""

from collections.abc import Mapping

from edenmesh.node import Device
from edenmesh.store import Committed
from edenmesh.web.visiting import Visitor


class Counts:
    """How much there is to decide."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._open: int | None = None
        device.on_commit(self._handle_committed)

    def of(self, _visitor: Visitor) -> Mapping[str, int]:
        """Figures by the name of their place."""
        if self._open is None:
            self._open = sum(table.open for table in self._device.tables())
        return {"decide": self._open}

    def _handle_committed(self, committed: Committed) -> None:
        if committed.records or committed.has_charter:
            self._open = None
