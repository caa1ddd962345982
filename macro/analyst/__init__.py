"""A language model's second opinion: optional, paid for by the day, its numbers checked; the engine's word stands."""
