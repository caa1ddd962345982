"""Stocks linked to crypto, and the curated list the product ships. See docs/macro-pages.md."""

import datetime as dt
from typing import Any, ClassVar

from django.db import migrations, models

SOURCE = "list of November 2026, from the companies' own announcements"
# Symbol, how it is linked, since when. An operator ends or adds links in the admin.
LINKS = (
    ("BITF", "miner", (2021, 6, 21)),
    ("BKKT", "exchange", (2021, 10, 18)),
    ("BMNR", "treasury", (2025, 6, 30)),
    ("BTBT", "miner", (2020, 2, 1)),
    ("BTDR", "miner", (2023, 4, 14)),
    ("CAN", "hardware", (2019, 11, 21)),
    ("CIFR", "miner", (2021, 8, 27)),
    ("CLSK", "miner", (2020, 12, 10)),
    ("COIN", "exchange", (2021, 4, 14)),
    ("CORZ", "hardware", (2022, 1, 20)),
    ("GLXY", "exchange", (2025, 5, 16)),
    ("HIVE", "miner", (2021, 6, 30)),
    ("HOOD", "exchange", (2021, 7, 29)),
    ("HUT", "miner", (2021, 6, 15)),
    ("IREN", "miner", (2021, 11, 17)),
    ("MARA", "miner", (2018, 2, 1)),
    ("MSTR", "treasury", (2020, 8, 11)),
    ("RIOT", "miner", (2017, 10, 4)),
    ("SBET", "treasury", (2025, 5, 27)),
    ("SMLR", "treasury", (2024, 5, 28)),
    ("WULF", "miner", (2021, 12, 14)),
)


def create(apps: Any, schema_editor: Any) -> None:
    """Add those that are not there; what an operator entered or ended is left alone."""
    link = apps.get_model("macro", "CryptoLink")
    for symbol, kind, since in LINKS:
        link.objects.get_or_create(symbol=symbol, link_type=kind, defaults={"since": dt.date(*since), "source": SOURCE})


class Migration(migrations.Migration):
    """Backwards the table goes, and the list with it."""

    dependencies: ClassVar = [("macro", "0001_initial")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="CryptoLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("symbol", models.CharField(help_text="As the universe writes it; case counts.", max_length=16)),
                (
                    "link_type",
                    models.CharField(
                        choices=[
                            ("miner", "miner"),
                            ("treasury", "treasury"),
                            ("exchange", "exchange or broker"),
                            ("hardware", "hardware or hosting"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "since",
                    models.DateField(
                        help_text="From which day on: the first purchase, the listing, the change of business."
                    ),
                ),
                (
                    "until",
                    models.DateField(blank=True, help_text="The first day on which it was no longer so.", null=True),
                ),
                ("source", models.CharField(help_text="Where that is written.", max_length=255)),
                (
                    "is_simulated",
                    models.BooleanField(
                        default=False,
                        help_text="About a company of the simulated market, whose symbols may be those of real ones.",
                    ),
                ),
            ],
            options={
                "verbose_name": "crypto-linked stock",
                "db_table": "macro_crypto_link",
                "ordering": ("symbol", "-since"),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("symbol", "link_type", "is_simulated"),
                        name="macro_crypto_link_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("link_type__in", ["miner", "treasury", "exchange", "hardware"])),
                        name="macro_crypto_link_type_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("symbol", ""), _negated=True), models.Q(("source", ""), _negated=True)
                        ),
                        name="macro_crypto_link_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until__isnull", True), ("until__gt", models.F("since")), _connector="OR"),
                        name="macro_crypto_link_ends_after",
                    ),
                ],
            },
        ),
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
