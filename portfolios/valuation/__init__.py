"""What a book is worth every day: prices, daily rows, and the batch that makes them."""
