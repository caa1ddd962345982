"""The people: accounts now, books later."""

from django.apps import AppConfig


class PortfoliosConfig(AppConfig):
    """Owns the user model, so it exists from the first migration on."""

    name = "portfolios"
