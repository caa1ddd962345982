"""The option market: which contracts exist, what they are worth, how much of them trades."""
