"""The only way to a book: its owner or nobody. Staff look at books in the admin, nowhere else.

Whatever a caller names (a position, a tag, a cash flow, an import) is looked for inside his own book; what is somebody
else's does not exist for him, with the same answer as what does not exist at all.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404

from .models import CashFlow, ImportBatch, Portfolio, Position, Tag, User

Row = TypeVar("Row", bound=Model)


def get_portfolio(user: Any) -> Portfolio:
    """The book of the account that asks, made empty at the first time. Http404 for a stranger or a deleted account."""
    if not isinstance(user, User) or user.deleted_at is not None:
        raise Http404("There is no book without an account.")
    found = Portfolio.objects.filter(user=user, deleted_at__isnull=True).first()
    return found or Portfolio.objects.get_or_create(user=user, deleted_at=None)[0]


@contextmanager
def locked(portfolio: Portfolio) -> Iterator[Portfolio]:
    """One change of a book: a transaction in which nobody else changes it. Yields the row as it is now.

    Cash and the day from which snapshots are stale are written at the end, and onto the object that was given.
    Http404 when the book was deleted meanwhile.
    """
    with transaction.atomic():
        book = Portfolio.objects.select_for_update().filter(pk=portfolio.pk, deleted_at__isnull=True).first()
        if book is None:
            raise Http404("This book was deleted.")
        yield book
        book.store("cash", "stale_from", "name")
    for field in ("cash", "stale_from", "name", "updated_at"):
        setattr(portfolio, field, getattr(book, field))


def positions_of(portfolio: Portfolio) -> QuerySet[Position]:
    """Every position of the book, deleted ones included."""
    return Position.objects.filter(portfolio=portfolio)


def tags_of(portfolio: Portfolio) -> QuerySet[Tag]:
    """Every tag of the book's owner, deleted ones included."""
    return Tag.objects.filter(user_id=portfolio.user_id)


def flows_of(portfolio: Portfolio) -> QuerySet[CashFlow]:
    """Every cash flow of the book, deleted ones included."""
    return CashFlow.objects.filter(portfolio=portfolio)


def imports_of(portfolio: Portfolio) -> QuerySet[ImportBatch]:
    """Every file that was uploaded into the book, without its content."""
    return ImportBatch.objects.filter(portfolio=portfolio).defer("content")


def find(rows: QuerySet[Row], key: uuid.UUID | str) -> Row:
    """The row of that id among the caller's own. Http404 for any other, also for what is no id."""
    try:
        wanted = key if isinstance(key, uuid.UUID) else uuid.UUID(key)
    except ValueError:
        raise Http404("There is nothing of that id in this book.") from None
    row = rows.filter(pk=wanted).first()
    if row is None:
        raise Http404("There is nothing of that id in this book.")
    return row
