"""Massive, formerly Polygon."""
