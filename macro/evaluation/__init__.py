"""What the engine is worth on real history: labelled periods, latencies, and what came after each permission."""
