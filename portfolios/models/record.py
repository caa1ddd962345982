"""What the tables of a book have in common."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from sentiment_site.market import clock

ALIVE = Q(deleted_at__isnull=True)


def money(**options: Any) -> models.DecimalField[Any, Any]:
    """Dollars and cents: DECIMAL(15,2)."""
    return models.DecimalField(max_digits=15, decimal_places=2, **options)


def one_of(field: str, choices: type[models.TextChoices]) -> Q:
    """The condition of a constraint that a column holds a known value."""
    return Q(**{f"{field}__in": list(choices.values)})


class Record(models.Model):
    """A row with a UUID that is never removed: deleting marks it, restoring takes the mark away.

    Stamps are market time, so that `?as_of=` means the same for books as for lights.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract: ClassVar[bool] = True

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted, and can be restored."""
        return self.deleted_at is not None

    def store(self, *fields: str) -> None:
        """Write these columns, or the whole row when none is named, and when that was."""
        self.updated_at = clock.now()
        self.save(update_fields=[*fields, "updated_at"] if fields else None)
