"""What happens in the market: planted events, what they do to prices, and their truth."""
