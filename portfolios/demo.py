"""The demo accounts and the copies that visitors get.

Nobody signs in to a demo account itself: a visitor gets an account of his own, made from it, and sees nobody else's
edits. A copy has no password, no address and no rights in the admin; it ends after DEMO_COPY_HOURS and is deleted for
good, because nothing of it belongs to anybody.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from sentiment_site.market import clock

from .books.copies import copy_book
from .models import User
from .models.users import COPY_MARK
from .preferences import copy_preferences

SEEN_EVERY = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo account: its address on the login page, the account's name, and what the button says."""

    name: str
    username: str
    title: str
    description: str


DEMOS = (
    Demo("growth", "demo_growth", "Growth", "technology and momentum, some options"),
    Demo("value", "demo_value", "Value", "financials and energy, some shorts"),
    Demo("balanced", "demo_balanced", "Balanced", "pairs and hedges, many options"),
)
DEMO_BY_NAME = {demo.name: demo for demo in DEMOS}


def ensure_demo_accounts() -> list[User]:
    """The three demo accounts, made where they are missing. Safe to repeat. ValueError when a person has the name."""
    accounts = []
    for demo in DEMOS:
        account, made = User.objects.get_or_create(
            username=demo.username,
            deleted_at=None,
            defaults={"is_demo": True, "email": f"{demo.username}@demo.invalid"},
        )
        if made:
            account.set_unusable_password()
            account.save(update_fields=["password"])
        if not account.is_demo:
            raise ValueError(f"{demo.username} is the account of a person: rename it before the demo can use the name")
        accounts.append(account)
    return accounts


def open_copy(demo: Demo) -> User:
    """A visitor's own copy of a demo account. User.DoesNotExist when the demo was not seeded.

    At most DEMO_COPIES_MAX exist; the one that was idle for longest makes room.
    """
    now = clock.wall()
    with transaction.atomic():
        _lock()
        original = User.objects.get(username=demo.username, is_demo=True, deleted_at=None)
        copy = User(
            username=f"{demo.username}{COPY_MARK}{secrets.token_hex(8)}",
            is_demo=True,
            copied_from=original,
            expires_at=now + dt.timedelta(hours=settings.DEMO_COPY_HOURS),
            last_seen_at=now,
        )
        copy.set_unusable_password()
        copy.save(force_insert=True)
        copy_demo(original, copy)
        _make_room()
    return copy


def copy_demo(original: User, copy: User) -> None:
    """Give a new copy everything that belongs to the demo account."""
    copy_preferences(original, copy)
    copy_book(original, copy)


def close_copy(user: User) -> None:
    """Delete a visitor's copy, to which nobody can come back. ValueError for any other account."""
    if not user.is_copy:
        raise ValueError(f"{user.username} is no copy of a demo account")
    User.objects.filter(pk=user.pk).delete()


def delete_expired() -> int:
    """Delete the copies whose time is over, for good; how many."""
    expired = User.objects.filter(copied_from__isnull=False, expires_at__lte=clock.wall())
    count = expired.count()
    expired.delete()
    return count


def note_visits(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: keeps `last_seen_at` of copies right to five minutes. Costs other accounts nothing."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        user = getattr(request, "_cached_user", None)  # whoever was looked up anyway; asking would cost a statement
        if isinstance(user, User) and user.is_copy:
            now = clock.wall()
            if user.last_seen_at is None or now - user.last_seen_at > SEEN_EVERY:
                User.objects.filter(pk=user.pk).update(last_seen_at=now)
        return response

    return answer


def _make_room() -> None:
    copies = User.objects.filter(copied_from__isnull=False)
    idle = list(
        copies.order_by("-last_seen_at", "-date_joined").values_list("pk", flat=True)[settings.DEMO_COPIES_MAX :]
    )
    if idle:
        User.objects.filter(pk__in=idle).delete()


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portfolios.demo'))")
