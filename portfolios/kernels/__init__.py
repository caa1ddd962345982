"""The portfolio's arithmetic: records and numbers in, numbers out; no database, no network, no clock.

Money is Decimal and exact until it is stored (`positions.cents`); risk is float64. Quantities are positive and the
position's type carries the direction. Fractions, not percent points, because the columns hold fractions. Formulas:
docs/methods/portfolio.md.
"""
