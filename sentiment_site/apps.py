"""The wiring as a Django app: project-wide checks and commands (`manage.py replay`, `sync_schedule`, ...) live here."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Registers the deployment checks."""

    name = "sentiment_site"
    label = "site_wiring"

    def ready(self) -> None:
        """Import the checks so that Django knows them, the Celery app so that tasks find it, and join the rooms."""
        from sentiment_site import announcements, celery, checks  # noqa: F401

        announcements.connect()
