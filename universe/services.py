"""What operators may write: overrides, new profile versions, the release of a quarantine. Nothing is ever edited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet

from sentiment_site.market import clock

from .kernels.rules import parse_rules
from .models import Instrument, Override, Quarantine, ScreeningProfile

if TYPE_CHECKING:
    from portfolios.models import User
Kind = Override.Kind


def create_override(
    kind: str,
    author: User,
    reason: str,
    *,
    instrument: Instrument | None = None,
    sector: str = "",
    weight: Decimal | None = None,
    expires_at: dt.datetime | None = None,
) -> Override:
    """Record an operator's decision from now on. ValidationError, by field, for one that does not hold together.

    Include and exclude speak about the same thing: only one of them may be in force per instrument; likewise one sector
    per instrument and one weight per sector. The older one must be withdrawn first, so that history shows who changed
    his mind.
    """
    now = clock.now()
    override = Override(
        kind=kind,
        instrument=instrument,
        sector=sector,
        weight=weight,
        reason=reason.strip(),
        author=author,
        created_at=now,
        expires_at=expires_at,
    )
    with transaction.atomic():
        _lock("universe.overrides")
        check_override(override, now)
        override.full_clean(exclude=["author"])
        override.save(force_insert=True)
    return override


def check_override(override: Override, now: dt.datetime) -> None:
    """Whether an unsaved override holds together and nothing in force speaks about the same. ValidationError if not."""
    _check_fields(override, now)
    standing = _about_the_same(list_in_force(now), override).first()
    if standing is not None:
        raise ValidationError(f"“{standing.get_kind_display()}” is in force already; withdraw it first.")


def withdraw_override(override: Override, by: User) -> Override:
    """End an override now. ValidationError if it has ended already."""
    now = clock.now()
    with transaction.atomic():
        row = Override.objects.select_for_update().get(pk=override.pk)
        if row.withdrawn_at is not None:
            raise ValidationError("The override was withdrawn before.")
        if row.expires_at is not None and row.expires_at <= now:
            raise ValidationError("The override has expired by itself.")
        row.withdrawn_at, row.withdrawn_by = now, by
        row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return row


def list_in_force(at: dt.datetime) -> QuerySet[Override]:
    """Overrides created by then that were neither withdrawn nor expired."""
    return Override.objects.filter(
        Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=at),
        Q(expires_at__isnull=True) | Q(expires_at__gt=at),
        created_at__lte=at,
    )


def add_profile_version(name: str, rules: Mapping[str, Any], note: str, author: User | None) -> ScreeningProfile:
    """The next version of a profile, or the first of a new one. ValidationError naming the wrong entry of the rules."""
    name = name.strip()
    if not name:
        raise ValidationError({"name": "A profile needs a name."})
    check_rules(rules)
    with transaction.atomic():
        _lock(f"universe.profile.{name}")
        latest = ScreeningProfile.objects.filter(name=name).aggregate(Max("version"))["version__max"] or 0
        profile = ScreeningProfile(
            name=name, version=latest + 1, rules=dict(rules), note=note.strip(), created_at=clock.now(), author=author
        )
        profile.full_clean(exclude=["author"])
        profile.save(force_insert=True)
    return profile


def check_rules(rules: object) -> None:
    """Whether rules can be read. ValidationError naming the wrong entry."""
    try:
        parse_rules(rules)
    except ValueError as error:
        raise ValidationError({"rules": str(error)}) from error


def release_quarantine(quarantine: Quarantine, by: User, note: str) -> Quarantine:
    """Trust the bars again from now on; what was decided stays. ValidationError without a note or if released."""
    if not note.strip():
        raise ValidationError({"release_note": "Say why the bars can be trusted."})
    with transaction.atomic():
        row = Quarantine.objects.select_for_update().get(pk=quarantine.pk)
        if row.released_at is not None:
            raise ValidationError("It was released before.")
        row.released_at, row.released_by, row.release_note = clock.now(), by, note.strip()[:255]
        row.save(update_fields=["released_at", "released_by", "release_note"])
    return row


def _check_fields(override: Override, now: dt.datetime) -> None:
    """Say what is missing in words, before the database's constraints say it in theirs."""
    errors: dict[str, str] = {}
    wants_instrument = override.kind in (Kind.INCLUDE, Kind.EXCLUDE, Kind.SECTOR)
    wants_sector = override.kind in (Kind.SECTOR, Kind.WEIGHT)
    if override.kind not in Kind.values:
        errors["kind"] = f"{override.kind!r} is no kind of override."
    elif wants_instrument != (override.instrument is not None):
        errors["instrument"] = "This kind needs a stock." if wants_instrument else "A weight belongs to a sector."
    elif wants_sector != bool(override.sector):
        errors["sector"] = "This kind needs a sector." if wants_sector else "This kind takes no sector."
    elif (override.kind == Kind.WEIGHT) != (override.weight is not None):
        errors["weight"] = "A weight is needed." if override.weight is None else "This kind takes no weight."
    if not override.reason:
        errors["reason"] = "Say why."
    if override.expires_at is not None and override.expires_at <= now:
        errors["expires_at"] = "The end must lie in the future."
    if errors:
        raise ValidationError(errors)


def _about_the_same(rows: QuerySet[Override], override: Override) -> QuerySet[Override]:
    if override.kind == Kind.WEIGHT:
        return rows.filter(kind=Kind.WEIGHT, sector=override.sector)
    kinds = [Kind.SECTOR] if override.kind == Kind.SECTOR else [Kind.INCLUDE, Kind.EXCLUDE]
    return rows.filter(kind__in=kinds, instrument=override.instrument)


def _lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
