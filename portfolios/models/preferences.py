"""What each account has chosen about look, time and peace."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

NEW_YORK = "America/New_York"
REFRESH_RANGE = (5, 1440)
REFRESH_DEFAULT = 120  # the age at which the sector light stops being fresh


class Palette(models.TextChoices):
    """Colours of the light, static/css/palettes.css."""

    SAFE = "safe", "Safe: told apart with any colour vision"
    CLASSIC = "classic", "Classic: red and green"
    MONO = "mono", "Mono: greys and patterns"


class Theme(models.TextChoices):
    """Ground of the page."""

    SYSTEM = "system", "As this device"
    DARK = "dark", "Dark"
    LIGHT = "light", "Light"


class ScheduledRun(models.TextChoices):
    """The day's analyses that an account may care about, New York time."""

    EVENING = "evening", "Evening 20:00"
    OVERNIGHT = "overnight", "Overnight 04:00"
    PREMARKET = "premarket", "Pre-market 08:00"
    RELEASE = "release", "After the 08:30 releases, 08:45"
    HALF_HOUR = "half_hour", "Every half hour of the session"


@cache
def list_zones() -> tuple[str, ...]:
    """Every IANA time zone of this machine, by name."""
    return tuple(sorted(zoneinfo.available_timezones()))


def validate_zone(name: str) -> None:
    """ValidationError unless `name` is an IANA time zone."""
    if name not in list_zones():
        raise ValidationError(f"{name!r} is not a time zone; Europe/Berlin is one.", code="unknown_zone")


def every_run() -> list[str]:
    """All analyses of the day: the default."""
    return list(ScheduledRun.values)


def _known(field: str, choices: type[models.TextChoices]) -> Q:
    return Q(**{f"{field}__in": list(choices.values)})


class Preference(models.Model):
    """One account's choices. There is no row before the first; `User.preferences` then answers these defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="preference_row"
    )
    palette = models.CharField(max_length=10, choices=Palette.choices, default=Palette.SAFE)
    theme = models.CharField(max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    zone = models.CharField(max_length=64, default=NEW_YORK, validators=[validate_zone])
    flashes = models.BooleanField(default=True, help_text="A card lights up when its colour changes.")
    watched_runs = ArrayField(
        models.CharField(max_length=10, choices=ScheduledRun.choices), default=every_run, blank=True, size=5
    )
    refresh_after_min = models.PositiveSmallIntegerField(
        default=REFRESH_DEFAULT,
        validators=[MinValueValidator(REFRESH_RANGE[0]), MaxValueValidator(REFRESH_RANGE[1])],
        help_text="Age in minutes of session time after which a refresh is offered.",
    )
    auto_refresh = models.BooleanField(default=False, help_text="Refresh at that age without being asked.")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    quiet_zone = models.CharField(max_length=64, default=NEW_YORK, validators=[validate_zone])

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=_known("palette", Palette), name="preference_palette_known"),
            models.CheckConstraint(condition=_known("theme", Theme), name="preference_theme_known"),
            models.CheckConstraint(
                condition=Q(watched_runs__contained_by=list(ScheduledRun.values)), name="preference_runs_known"
            ),
            models.CheckConstraint(
                condition=Q(refresh_after_min__range=REFRESH_RANGE), name="preference_refresh_range"
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until"))),
                name="preference_quiet_hours_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"

    def clean(self) -> None:
        """Quiet hours have a beginning and another end, or neither; each run is named once."""
        self.watched_runs = [run for run in ScheduledRun.values if run in self.watched_runs]
        problems: dict[str, Any] = {}
        if (self.quiet_from is None) != (self.quiet_until is None):
            missing = "quiet_from" if self.quiet_from is None else "quiet_until"
            problems[missing] = "Quiet hours need a beginning and an end."
        elif self.quiet_from is not None and self.quiet_from == self.quiet_until:
            problems["quiet_until"] = "The end must differ from the beginning."
        if problems:
            raise ValidationError(problems)

    def is_quiet(self, at: dt.datetime) -> bool:
        """Whether `at` (aware) lies in the quiet hours: from included, until excluded, over midnight too."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        local = at.astimezone(zoneinfo.ZoneInfo(self.quiet_zone)).time().replace(tzinfo=None)
        if self.quiet_from < self.quiet_until:
            return self.quiet_from <= local < self.quiet_until
        return local >= self.quiet_from or local < self.quiet_until
