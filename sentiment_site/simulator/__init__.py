"""A market with known truth that answers over HTTP in the vendors' own wire formats.

Stands apart: it may import `market` and `quant`, and nothing of the product imports it or reads its truth.
Start it with `python -m sentiment_site.simulator`; see docs/simulator.md.
"""

WORLD = 2  # counts up whenever the same parameters make another past: what was loaded from it no longer fits
