"""The jobs app: finds every job of the installed apps at start."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """Runs, their evidence and their schedule."""

    name = "sentiment_site.jobs"
    label = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Import `tasks` of every app, where jobs are registered."""
        autodiscover_modules("tasks")
