"""How long the themes' rows are kept, and the documentation of every table."""
