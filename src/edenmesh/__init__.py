"""edenmesh: devices of Sahana Eden users meet, share records, and deliver them to an Eden server."""

__all__ = ["__version__"]

__version__ = "0.1.0"
