"""How readings of the crypto market come in: fetched, doubted, stored; once for the past, then every four hours."""
