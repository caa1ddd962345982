"""Admin pages over big tables without counting them."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST_COUNTED = 1_000


class EstimatePaginator(Paginator):  # type: ignore[type-arg]  # the stub's parameter is the page's element
    """Counts at most 1,000 rows; beyond that the planner's estimate of the whole table stands in.

    The last pages of a filtered list may then be empty; the newest rows, which operators look at, are exact.
    """

    @cached_property
    def count(self) -> int:
        """Exact up to 1,000, else the estimate (never less than 1,000)."""
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        counted = rows.order_by()[: MOST_COUNTED + 1].count()
        if counted <= MOST_COUNTED:
            return counted
        return max(counted, _estimate(rows.model._meta.db_table))


def _estimate(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [table])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
