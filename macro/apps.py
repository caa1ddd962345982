"""The crypto regime: market data, bootstrap, scans, engine, charts, trade permission."""

from django.apps import AppConfig


class MacroConfig(AppConfig):
    """The app `macro`: registers the regime's live topic."""

    name = "macro"
    verbose_name = "Crypto regime"

    def ready(self) -> None:
        """Joining sockets get the present chip first, from the cache or the database."""
        # imported here because models may only be imported once the registry is ready
        from macro import publish
        from sentiment_site.live import topics

        topics.register(publish.TOPIC, snapshot=publish.get_snapshot)
