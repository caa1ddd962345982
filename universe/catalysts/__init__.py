"""What happened to a stock: filings, news, halts and threshold lists, stored with the moment they became known."""
