"""A whole book for another account: what a visitor of the demo gets. Rows get ids of their own, nothing is shared."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Model

from portfolios.models import (
    BatchMark,
    CashFlow,
    FactorExposure,
    Portfolio,
    PortfolioSnapshot,
    Position,
    PositionGreeks,
    PositionSplit,
    PositionTag,
    Tag,
    User,
)

Ids = dict[Any, Any]


@transaction.atomic
def copy_book(source: User, target: User) -> Portfolio | None:
    """Give `target`, which has none, the living book of `source`: positions, tags, flows, snapshots and measures.

    None when the source has no book. Deleted rows, uploaded files and request keys stay behind. Some fifteen
    statements whatever the size.
    """
    book = Portfolio.objects.filter(user=source, deleted_at__isnull=True).first()
    if book is None:
        return None
    copy = _copy([book], {"user_id": {source.pk: target.pk}})[book.pk]
    books: Ids = {book.pk: copy.pk}
    tags = _ids(_copy(Tag.objects.filter(user=source, deleted_at__isnull=True), {"user_id": {source.pk: target.pk}}))
    rows = list(Position.objects.filter(portfolio=book, deleted_at__isnull=True))
    fresh: Ids = {row.pk: uuid.uuid4() for row in rows}
    blank = {"import_batch_id": None, "request_key": ""}
    _copy(rows, {"portfolio_id": books, "part_of_id": fresh}, ids=fresh, fixed=blank)
    links = PositionTag.objects.filter(position__in=fresh, tag__in=tags)
    PositionTag.objects.bulk_create(
        PositionTag(position_id=fresh[link.position_id], tag_id=tags[link.tag_id]) for link in links
    )
    flows = CashFlow.objects.filter(portfolio=book, deleted_at__isnull=True)
    _copy(flows, {"portfolio_id": books, "position_id": fresh}, fixed={"request_key": ""})
    for model in (PortfolioSnapshot, FactorExposure, BatchMark):
        _copy(model.objects.filter(portfolio=book), {"portfolio_id": books})
    for part in (PositionGreeks, PositionSplit):
        _copy(part.objects.filter(position__in=fresh), {"position_id": fresh})
    return Portfolio.objects.get(pk=copy.pk)


def _copy(
    rows: Iterable[Any],
    references: Mapping[str, Ids],
    *,
    ids: Ids | None = None,
    fixed: Mapping[str, Any] | None = None,
) -> dict[Any, Any]:
    """Insert copies with new keys and translated references (what they do not know becomes empty); old key -> copy."""
    originals: Sequence[Any] = list(rows)
    copies: dict[Any, Any] = {}
    for row in originals:
        model: type[Model] = type(row)
        values = {column.attname: getattr(row, column.attname) for column in model._meta.concrete_fields}
        key = model._meta.pk
        if ids is not None:
            values[key.attname] = ids[row.pk]
        elif key.has_default():
            values[key.attname] = key.get_default()
        else:
            values.pop(key.attname)
        values |= {name: known.get(values[name]) for name, known in references.items()}
        copies[row.pk] = model(**(values | dict(fixed or {})))
    if originals:
        type(originals[0])._default_manager.bulk_create(copies.values(), batch_size=1_000)
    return copies


def _ids(copies: Mapping[Any, Any]) -> Ids:
    return {old: row.pk for old, row in copies.items()}
