"""Pure numerics that every score may use; nothing here knows a sector, a vendor or a row.

House shapes: one row per symbol first, time (or bars, or horizons) on the last axis. Returns and changes are percent
points (3.6 means +3.6 %). float64 and float32 are accepted, results are float64 unless said otherwise, a missing value
is NaN and no input is ever changed.
"""
