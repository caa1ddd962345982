"""The Django app of the archive."""

from django.apps import AppConfig


class TimeseriesConfig(AppConfig):
    """Label `timeseries`."""

    name = "sentiment_site.timeseries"
    label = "timeseries"
    verbose_name = "Time series"
    default_auto_field = "django.db.models.BigAutoField"
