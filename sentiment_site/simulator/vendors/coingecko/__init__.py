"""CoinGecko, simulated."""
