"""The themes app."""

from django.apps import AppConfig


class ThemesConfig(AppConfig):
    """The story the crowd trades: documents, themes, temperature, manipulation, sympathy, sentiment, confluence."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "themes"

    def ready(self) -> None:
        """Register the live topics: changes of any room, and alerts."""
        # imported here because models may only be imported once the registry is ready
        from sectors import theme_terms
        from sentiment_site.live import topics
        from themes import publish
        from themes.alerts import publish as alerts
        from themes.heat.override import load_theme_terms

        theme_terms.register_reader(load_theme_terms)
        topics.register(publish.TOPIC, snapshot=publish.get_snapshot)
        topics.register(alerts.TOPIC, snapshot=alerts.get_snapshot)
