"""What was archived: the manifest of every part that left a table, or will."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class ArchivedPart(models.Model):
    """One stretch of time of one table in one Parquet file. Written before anything is deleted, and kept for ever;
    only one that never led to a deletion is thrown away with its file, when the rows have changed meanwhile.

    sha256 names the file's bytes; that they are the rows was compared row by row at verified_at.
    """

    table = models.CharField(max_length=63)
    part = models.CharField(max_length=63, help_text="The partition, or the table itself for a stretch of a plain one.")
    start = models.DateTimeField()
    end = models.DateTimeField(help_text="Not included.")
    file = models.CharField(max_length=255, unique=True, help_text="Below ARCHIVE_DIR.")
    rows = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(default=list, help_text="The schema: name and SQL type of every column, in order.")
    emptied = models.JSONField(
        default=list, blank=True, help_text="Columns whose content left while the rows stayed; none: the rows left."
    )
    archived_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, help_text="When the file was read back and every row compared.")
    deleted_at = models.DateTimeField(null=True, help_text="When the rows left the table, verified in that moment.")
    restored_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["table", "part", "start", "archived_at"], name="archivedpart_once"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="archivedpart_ends_after_start"),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(verified_at__isnull=False), name="archivedpart_verified_first"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["table", "start"])]
        ordering: ClassVar = ["table", "start"]

    def __str__(self) -> str:
        return f"{self.part}, {self.rows:,} rows from {self.start:%Y-%m-%d}"
