"""Reference data from the vendors: what is listed, its shares, cap, codes, float, short interest, splits."""

from .refresh import ReferenceReport, refresh_reference

__all__ = ["ReferenceReport", "refresh_reference"]
