"""Indexes for finding a stock by the beginning of its symbol or of a word of its name."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("universe", "0003_profiles")]

    operations = [
        migrations.AddIndex(
            model_name="instrument",
            index=models.Index(OpClass(Upper("symbol"), name="text_pattern_ops"), name="instrument_symbol_beginning"),
        ),
        migrations.AddIndex(
            model_name="instrument",
            index=GinIndex(SearchVector("name", config="simple"), name="instrument_name_words"),
        ),
    ]
