"""X, formerly Twitter: recent search, counts and look-ups of API v2."""
