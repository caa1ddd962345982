"""Three charts on one axis of time: bitcoin's price, its dominance, and the alts counted in bitcoins."""
