"""The pages of a book: overview, positions, cash, tags, snapshots, import, risk, factors."""
