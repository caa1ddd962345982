"""Pure market time: the NYSE sessions (`calendar`) and the only reader of the wall clock (`clock`).

Imports the standard library, numpy and exchange_calendars, nothing of the product. See docs/platform/time.md.
"""
