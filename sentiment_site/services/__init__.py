"""PostgreSQL and Valkey for machines that have none, and the supervisor that brings the whole product up.

Nothing in the product imports this package: it is used by `python -m sentiment_site.services` and by the tests.
"""
