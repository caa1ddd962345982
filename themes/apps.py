"""The themes app."""

from django.apps import AppConfig


class ThemesConfig(AppConfig):
    """The story the crowd trades: documents, themes, temperature, manipulation, sympathy, sentiment, confluence."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "themes"
