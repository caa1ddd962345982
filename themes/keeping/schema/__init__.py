"""The documentation of the tables, made from the models: diagram, dictionary, query patterns with their plans."""
