"""The sector light's arithmetic: arrays and numbers in, numbers out; no database, no network, no clock.

Returns are percent points (3.6 means +3.6 %), horizons run along the last axis in the order of `parameters.HORIZONS`,
NaN inside an array and None in a result mean missing. Formulas: docs/methods/sector-sentiment.md.
"""
