"""Which instruments exist: their sector, float, short interest, bars, and membership by date."""

from django.apps import AppConfig


class UniverseConfig(AppConfig):
    """The universe of tradable US small caps."""

    name = "universe"
