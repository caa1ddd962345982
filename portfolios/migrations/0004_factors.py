"""The eight fixed factors (S3 1.3)."""

from django.db import migrations

FACTORS = (
    ("Market Beta", "Exposure to overall market movements", "SPY", "macro"),
    ("Momentum", "Exposure to recent price momentum", "MTUM", "style"),
    ("Value", "Exposure to value characteristics", "VTV", "style"),
    ("Growth", "Exposure to growth characteristics", "VUG", "style"),
    ("Quality", "Exposure to quality metrics", "QUAL", "style"),
    ("Size", "Exposure to small-cap stocks", "IWM", "style"),
    ("Low Volatility", "Exposure to low volatility stocks", "SPLV", "style"),
    ("Short Interest", "Custom calculation based on short interest", "CUSTOM", "macro"),
)
BY_PROXY = "Daily log returns of the ETF in excess of cash, all factors jointly by ridge over 252 sessions."
BY_SHORT_INTEREST = "Most shorted fifth less least shorted fifth of the universe, neutral to sectors, daily."


def create(apps, schema_editor):
    """Enter them; safe to repeat."""
    factor = apps.get_model("portfolios", "Factor")
    for order, (name, description, proxy, kind) in enumerate(FACTORS, start=1):
        method = BY_SHORT_INTEREST if proxy == "CUSTOM" else BY_PROXY
        factor.objects.update_or_create(
            name=name,
            defaults={
                "description": description,
                "etf_proxy": proxy,
                "factor_type": kind,
                "display_order": order,
                "calculation_method": method,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("portfolios", "0003_books")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
