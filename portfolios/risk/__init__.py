"""What a book risks: Greeks, exposures, factors, ratios, clusters, stress, and the book held against the light."""
