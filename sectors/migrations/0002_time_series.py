"""Readings become a time series (partitioned by week), keep movers and constituents, and may be several a sector."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from sentiment_site.market.sectors import SECTORS
from sentiment_site.timeseries.operation import CreateTimeSeriesModel

COPY = """
INSERT INTO sector_sentiment (as_of, run_id, sector, formula, status, reason, score, colour, label, signal, confidence,
    stocks_count, fresh_count, performance_30min, performance_1day, performance_3day, performance_1week,
    performance_multiplied, volume_weighted_change, relative_strength_vs_iwm, alpha_raw, concentration_warning,
    low_confidence, top_bullish, top_bearish, factors)
SELECT r.as_of, r.run_id, r.sector, run.formula, r.status, r.reason, r.score, r.colour, r.label, r.signal, r.confidence,
    r.stocks_count, r.fresh_count, r.performance_30min, r.performance_1day, r.performance_3day, r.performance_1week,
    r.performance_multiplied, r.volume_weighted_change, r.relative_strength_vs_iwm, r.alpha_raw, r.concentration_warning,
    r.low_confidence, '[]', '[]', r.factors
FROM sectors_sectorreading r JOIN sectors_sectorrun run ON run.id = r.run_id
"""


def percent(**more: str) -> models.DecimalField:
    return models.DecimalField(max_digits=8, decimal_places=4, null=True, **more)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("sectors", "0001_initial")]

    operations: ClassVar = [
        migrations.AlterField(
            "sectorrun",
            "trigger",
            models.CharField(
                choices=[
                    ("scheduled", "schedule"),
                    ("manual", "on demand"),
                    ("move", "significant move"),
                    ("replay", "replay"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "sectorrun",
            "formula",
            models.CharField(help_text="The champion: whose light is shown.", max_length=20),
        ),
        migrations.AddField(
            "sectorrun",
            "occasion",
            models.CharField(blank=True, default="", help_text="Of the day's schedule, or what moved.", max_length=20),
            preserve_default=False,
        ),
        migrations.AddField(
            "sectorrun",
            "is_whole",
            models.BooleanField(default=True, help_text="All eight sectors; a significant move recalculates some."),
        ),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("SectorReading")]),
        CreateTimeSeriesModel(
            "SectorReading",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "as_of",
                        "run_id",
                        "sector",
                        "formula",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("as_of", models.DateTimeField()),
                ("sector", models.CharField(choices=[(one.key, one.title) for one in SECTORS], max_length=30)),
                ("formula", models.CharField(max_length=20)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ok", "ok"),
                            ("stale", "stale"),
                            ("no_read", "no read"),
                            ("no_data", "no data"),
                            ("abstained", "no read: abstained"),
                        ],
                        max_length=9,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=255)),
                ("score", models.DecimalField(decimal_places=3, max_digits=4, null=True)),
                ("colour", models.CharField(blank=True, max_length=15)),
                ("label", models.CharField(blank=True, max_length=10)),
                ("signal", models.CharField(blank=True, max_length=40)),
                ("confidence", models.DecimalField(decimal_places=3, max_digits=4, null=True)),
                ("stocks_count", models.PositiveIntegerField()),
                ("fresh_count", models.PositiveIntegerField()),
                ("performance_30min", percent(help_text="Percent points.")),
                ("performance_1day", percent()),
                ("performance_3day", percent()),
                ("performance_1week", percent()),
                ("performance_multiplied", percent(help_text="Display only.")),
                ("volume_weighted_change", percent()),
                ("relative_strength_vs_iwm", percent()),
                ("alpha_raw", percent()),
                ("concentration_warning", models.BooleanField(default=False)),
                ("low_confidence", models.BooleanField(default=False)),
                (
                    "top_bullish",
                    models.JSONField(default=list, help_text="Up to three movers with the parts of their rank."),
                ),
                ("top_bearish", models.JSONField(default=list)),
                (
                    "factors",
                    models.JSONField(
                        help_text="Every factor of the chain and its inputs; see docs/methods/sector-sentiment.md."
                    ),
                ),
                (
                    "constituents",
                    models.BinaryField(
                        help_text="Every stock's part in it, packed; see sectors.constituents. None for challengers.",
                        null=True,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="readings",
                        to="sectors.sectorrun",
                    ),
                ),
            ],
            {
                "db_table": "sector_sentiment",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(score__isnull=True) | models.Q(score__gte=-1, score__lte=1),
                        name="sectorreading_score_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(confidence__isnull=True) | models.Q(confidence__gte=0, confidence__lte=1),
                        name="sectorreading_confidence_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(status__in=["ok", "stale", "no_read", "no_data", "abstained"]),
                        name="sectorreading_status_known",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["run"], name="sector_sentiment_run"),
                    models.Index(fields=["sector", "-as_of"], name="sector_sentiment_current"),
                    models.Index(fields=["colour", "-as_of"], name="sector_sentiment_colour"),
                ],
            },
            time_column="as_of",
            interval="week",
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        migrations.RunSQL("DROP TABLE sectors_sectorreading"),
    ]
