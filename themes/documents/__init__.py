"""What was written about stocks: read once, near-duplicates joined, stocks recognised."""
