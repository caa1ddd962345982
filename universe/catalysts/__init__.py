"""What happened to a stock: filings, news and halts, stored with the moment at which they became known."""
