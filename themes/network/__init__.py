"""The sympathy network: fitted nightly, updated on significant moves, its predictions written before the outcome."""
