"""The bar tables: daily by year, half-hourly by month, see docs/data-bars.md."""

from typing import ClassVar

from django.db import migrations

from sentiment_site.timeseries.operation import CreateTimeSeries

# eight-byte columns first: no padding inside the row
COLUMNS = [
    ("ts", "timestamptz NOT NULL"),
    ("volume", "float8"),
    ("recorded_at", "timestamptz NOT NULL"),
    ("instrument_id", "integer NOT NULL"),
    ("open", "float4"),
    ("high", "float4"),
    ("low", "float4"),
    ("close", "float4"),
    ("vwap", "float4"),
    ("trades", "integer"),
    ("revision", "smallint NOT NULL"),
    ("source_id", "smallint NOT NULL"),
]
PRIMARY_KEY = ["instrument_id", "ts", "revision"]


class Migration(migrations.Migration):
    """No foreign keys: they would cost a look-up per row of a bulk load, and instruments and sources are never deleted."""

    dependencies: ClassVar = [("universe", "0001_initial")]

    operations: ClassVar = [
        CreateTimeSeries(
            "bar_1d", COLUMNS, PRIMARY_KEY, interval="year", checks=[("bar_1d_revision_counts_up", "revision >= 0")]
        ),
        CreateTimeSeries(
            "bar_30m", COLUMNS, PRIMARY_KEY, interval="month", checks=[("bar_30m_revision_counts_up", "revision >= 0")]
        ),
    ]
