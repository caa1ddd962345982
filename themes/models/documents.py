"""What was written: filings, news, posts. Rows are added and never rewritten, so that a moment can be told again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sentiment_site.market import clock


class DocumentKind(models.TextChoices):
    """Where people wrote it."""

    FILING = "filing", "Filing"
    NEWS = "news", "News"
    RSS = "rss", "Press feed"
    X = "x", "Post on X"
    REDDIT = "reddit", "Reddit post"


class DocumentCluster(models.Model):
    """Near-duplicates of one text. The first document stands for all, how many there are is kept."""

    first_at = models.DateTimeField(help_text="Event time of the earliest document.")
    documents = models.PositiveIntegerField(default=1)
    authors = models.PositiveIntegerField(default=1)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(documents__gte=1), name="documentcluster_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.documents} alike since {self.first_at:%Y-%m-%d %H:%M} UTC"


class Document(models.Model):
    """One filing, article or post. event_at: when it became public; recorded_at: when it became known here.

    text: without markup, cut at DOCUMENT_TEXT_MAX characters; empty once the author deleted it or retention took it.
    signature: 64 MinHash values of its shingles, little-endian uint32; empty where the text is too short for any.
    """

    Kind = DocumentKind

    kind = models.CharField(max_length=8, choices=DocumentKind.choices)
    external_id = models.CharField(max_length=120, help_text="Accession number, the vendor's id, the post's id.")
    source = models.ForeignKey("universe.DataSource", on_delete=models.PROTECT, related_name="+")
    form = models.CharField(max_length=20, blank=True, help_text="Of a filing: 8-K, S-3, SCHEDULE 13D, 4, ...")
    items = models.JSONField(default=list, blank=True, help_text="Item numbers of an 8-K.")
    title = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=600, blank=True)
    author = models.CharField(max_length=120, blank=True, help_text="Account or publisher.")
    language = models.CharField(max_length=8, blank=True)
    facts = models.JSONField(
        default=dict, blank=True, help_text="What the vendor said besides: insights, tickers, counts."
    )
    event_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    cluster = models.ForeignKey(DocumentCluster, on_delete=models.PROTECT, related_name="members")
    signature = models.BinaryField(default=b"")
    is_simulated = models.BooleanField()
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="Deleted by its author; its text is gone here too."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "external_id"], name="document_once"),
            models.CheckConstraint(condition=Q(kind__in=DocumentKind.values), name="document_kind_known"),
            models.CheckConstraint(condition=Q(removed_at__isnull=True) | Q(text=""), name="document_removed_is_empty"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-event_at"], name="document_event"),
            models.Index(fields=["recorded_at"], name="document_recorded"),
            models.Index(fields=["kind", "-event_at"], name="document_kind_event"),
            models.Index(fields=["cluster"], name="document_cluster"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.kind} {self.external_id}"


class MentionRule(models.TextChoices):
    """How a stock was recognised in a document."""

    CIK = "cik", "The filer or subject"
    CASHTAG = "cashtag", "$SYMBOL"
    TAG = "tag", "The vendor's tag"
    EXCHANGE = "exchange", "(NASDAQ: SYMBOL)"
    NAME = "name", "The company's name"
    BARE = "bare", "The symbol alone, in capitals"


class Mention(models.Model):
    """A stock named in a document. sureness: measured precision of the rule, see docs/methods/tickers.md."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="mentions")
    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    rule = models.CharField(max_length=8, choices=MentionRule.choices)
    sureness = models.FloatField()
    event_at = models.DateTimeField(help_text="The document's.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "instrument"], name="mention_once"),
            models.CheckConstraint(condition=Q(sureness__gt=0, sureness__lte=1), name="mention_sureness_range"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["instrument", "-event_at"], name="mention_instrument_event"),
            models.Index(fields=["-event_at"], name="mention_event"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} in {self.document_id}"


class CollectionState(models.Model):
    """How far one feed was read, what it has cost today, and whether an operator switched it off."""

    feed = models.CharField(max_length=30, unique=True)
    is_enabled = models.BooleanField(default=True)
    cursor = models.JSONField(default=dict, blank=True)
    read_until = models.DateTimeField(null=True, blank=True, help_text="Everything public by then has been read.")
    day = models.DateField(null=True, blank=True, help_text="The UTC day the counters are of.")
    requests_today = models.PositiveIntegerField(default=0)
    items_today = models.PositiveIntegerField(default=0)
    cost_today = models.DecimalField(max_digits=10, decimal_places=4, default=0, help_text="US dollars.")
    daily_requests_max = models.PositiveIntegerField(null=True, blank=True)
    daily_cost_max = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.feed


class CollectionDay(models.Model):
    """What one feed was asked, brought and cost on one UTC day. CollectionState counts today, this keeps the past."""

    feed = models.CharField(max_length=30)
    day = models.DateField()
    requests = models.PositiveIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=10, decimal_places=4, default=0, help_text="US dollars.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["feed", "day"], name="collectionday_once"),
            models.CheckConstraint(condition=Q(cost__gte=0), name="collectionday_cost_not_negative"),
        ]
        indexes: ClassVar = [models.Index(fields=["-day"], name="collectionday_day")]

    def __str__(self) -> str:
        return f"{self.feed} {self.day}"


class CollectionSpan(models.Model):
    """A span of event time that a feed was read over to its end. Append-only: says for any moment which hours were
    collected and which were not, so that an hour nobody read is not taken for a silent one."""

    feed = models.CharField(max_length=30)
    since = models.DateTimeField()
    until = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until__gte=models.F("since")), name="collectionspan_not_backwards"),
        ]
        indexes: ClassVar = [models.Index(fields=["until"], name="collectionspan_until")]

    def __str__(self) -> str:
        return f"{self.feed} {self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M} UTC"


class PostCount(models.Model):
    """How many posts named a stock in one hour, where the platform was only asked to count (budget). Append-only: of
    several counts of an hour the newest known one holds."""

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=DocumentKind.choices)
    starts_at = models.DateTimeField(help_text="The hour's beginning.")
    count = models.PositiveIntegerField()
    is_simulated = models.BooleanField()
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "kind", "starts_at", "recorded_at"], name="postcount_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["starts_at"], name="postcount_hour")]

    def __str__(self) -> str:
        return f"{self.instrument_id}: {self.count} at {self.starts_at:%Y-%m-%d %H:%M} UTC"
