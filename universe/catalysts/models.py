"""Catalysts and halts: rows are added, never changed, so that what was known at a moment can be told again."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from universe.kernels.catalysts import ALWAYS_BEARISH, KINDS

KIND_CHOICES = [(kind, kind.replace("_", " ")) for kind in KINDS]
DIRECTION_CHOICES = [(1, "up"), (-1, "down")]


class Catalyst(models.Model):
    """One document about one stock, read as one kind of event. The same event may have several documents.

    A direction of NULL: the event is known, its direction is not; it counts for nothing yet.
    """

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="catalysts")
    kind = models.CharField(max_length=16, choices=KIND_CHOICES)
    direction = models.SmallIntegerField(null=True, blank=True, choices=DIRECTION_CHOICES)
    event_at = models.DateTimeField(help_text="When it became public: accepted by EDGAR, published by the press.")
    recorded_at = models.DateTimeField(help_text="When it became known here.")
    source = models.ForeignKey("universe.DataSource", on_delete=models.PROTECT, related_name="+")
    document_id = models.CharField(
        max_length=120, help_text="Accession number of a filing, the vendor's id of an article."
    )
    title = models.CharField(max_length=300)
    url = models.CharField(max_length=600, blank=True)
    evidence = models.JSONField(help_text="What was decisive: the rule; form and items, or publisher and insight.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "document_id", "instrument", "kind"], name="catalyst_once"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="catalyst_kind_known"),
            models.CheckConstraint(
                condition=Q(direction__isnull=True) | Q(direction__in=[-1, 1]), name="catalyst_direction_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=sorted(ALWAYS_BEARISH), direction=1), name="catalyst_more_shares_are_bearish"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["instrument", "event_at"]),
            models.Index(fields=["-event_at"]),
            models.Index(fields=["-event_at"], condition=Q(direction__isnull=True), name="catalyst_without_direction"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title}"


class CatalystCorrection(models.Model):
    """An operator's word on a catalyst, from its moment on. The newest wins; none is edited, the catalyst stays."""

    catalyst = models.ForeignKey(Catalyst, on_delete=models.CASCADE, related_name="corrections")
    kind = models.CharField(max_length=16, choices=KIND_CHOICES)
    direction = models.SmallIntegerField(null=True, blank=True, choices=DIRECTION_CHOICES)
    is_suppressed = models.BooleanField(default=False, help_text="It is about something else, or nothing.")
    reason = models.CharField(max_length=255)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="catalystcorrection_has_reason"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="catalystcorrection_kind_known"),
            models.CheckConstraint(
                condition=(Q(direction__isnull=True) | Q(direction__in=[-1, 1]))
                & ~Q(kind__in=sorted(ALWAYS_BEARISH), direction=1),
                name="catalystcorrection_direction_possible",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["catalyst", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.catalyst_id}: {'suppressed' if self.is_suppressed else self.kind}"


class Halt(models.Model):
    """What was known of a trading halt from `recorded_at` on: a row per change, the newest holds.

    A halt is named by its stock and its beginning; code and resumption are what changes. `resumes_at` of NULL: nobody
    knows yet when trading resumes.
    """

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="halts")
    begins_at = models.DateTimeField()
    code = models.CharField(
        max_length=10, help_text="The exchange's reason: T1 news pending, LUDP volatility pause, ..."
    )
    quotes_at = models.DateTimeField(null=True, blank=True)
    resumes_at = models.DateTimeField(null=True, blank=True)
    left_list = models.BooleanField(
        default=False, help_text="The exchange no longer lists it and never said when trading resumed."
    )
    source = models.ForeignKey("universe.DataSource", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "begins_at", "recorded_at"], name="halt_change_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["-begins_at"])]

    def __str__(self) -> str:
        return f"{self.code} {self.begins_at:%Y-%m-%d %H:%M} UTC"


class ThresholdList(models.Model):
    """Whom an exchange's threshold list (Reg SHO) of a session names. A list that was read is never read again.

    `instruments`: ids of those we knew then; `unmatched`: symbols of the others, which may become known later.
    """

    exchange = models.CharField(max_length=4, help_text="MIC. The list speaks of stocks listed there and of no others.")
    session = models.DateField()
    instruments = ArrayField(models.IntegerField(), default=list, blank=True)
    unmatched = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    source = models.ForeignKey("universe.DataSource", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exchange", "session"], name="thresholdlist_once"),
        ]

    def __str__(self) -> str:
        return f"{self.exchange} {self.session}"


class FeedCursor(models.Model):
    """How far a feed has been read. Moves in the transaction that stores what was read, so nothing is skipped."""

    feed = models.CharField(max_length=20, unique=True)
    began_at = models.DateTimeField(help_text="Since when this feed is read.")
    read_until = models.DateTimeField(help_text="Everything public by then has been read.")

    def __str__(self) -> str:
        return self.feed
