"""What traders must hear of within 30 seconds of its data: raised once, announced after commit, listed with latency."""
