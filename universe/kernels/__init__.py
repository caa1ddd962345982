"""Pure decisions about the universe: who is screened in, which sector a stock belongs to, how often it gaps."""
