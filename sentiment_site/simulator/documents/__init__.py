"""What is written about the market: news, filings and posts, some of it about stories, most of it not."""
