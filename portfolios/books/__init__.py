"""What happens to books: every change of positions, tags, cash and imports goes through here, in one locked step.

Services take the caller's book (portfolios.access.get_portfolio) and keep three promises: a refusal (ValidationError by
field) changes nothing, asking twice does once, and `audit.find_breaks` finds nothing afterwards.
"""
