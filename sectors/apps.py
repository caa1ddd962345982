"""The sector light: score, colour, confidence, runs, live grid."""

from django.apps import AppConfig


class SectorsConfig(AppConfig):
    """Registers the grid's live topic."""

    name = "sectors"

    def ready(self) -> None:
        """Joining sockets get the present grid first, from the cache or the database."""
        # imported here because models may only be imported once the registry is ready
        from sectors import publish, theme_terms
        from sentiment_site.live import topics

        topics.register(publish.TOPIC, snapshot=publish.get_snapshot)
        theme_terms.listen(publish.publish_terms)
