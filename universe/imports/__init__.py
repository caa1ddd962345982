"""Files of bars and of reference data: read and checked set-based in DuckDB, stored whole or not at all.

docs/real-input.md says which columns a file has, what makes a row bad and what is merely missing.
"""
