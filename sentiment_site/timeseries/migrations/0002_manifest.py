"""The manifest says what the columns were, when the file was verified, and whether rows or only words left."""

from django.db import migrations, models
from django.db.models import F


def mark_verified(apps, schema_editor):
    """What was deleted was verified in the same moment; the rule asks for it from now on."""
    part = apps.get_model("timeseries", "ArchivedPart")
    part.objects.filter(deleted_at__isnull=False).update(verified_at=F("deleted_at"))


class Migration(migrations.Migration):
    dependencies = [("timeseries", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="archivedpart",
            name="columns",
            field=models.JSONField(default=list, help_text="The schema: name and SQL type of every column, in order."),
        ),
        migrations.AddField(
            model_name="archivedpart",
            name="emptied",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Columns whose content left while the rows stayed; none: the rows left.",
            ),
        ),
        migrations.AddField(
            model_name="archivedpart",
            name="verified_at",
            field=models.DateTimeField(help_text="When the file was read back and every row compared.", null=True),
        ),
        migrations.RunPython(mark_verified, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="archivedpart",
            constraint=models.CheckConstraint(
                condition=models.Q(("deleted_at__isnull", True), ("verified_at__isnull", False), _connector="OR"),
                name="archivedpart_verified_first",
            ),
        ),
    ]
