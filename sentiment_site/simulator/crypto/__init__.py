"""The crypto market: a path through four regimes."""
