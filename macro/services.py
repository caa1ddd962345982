"""What operators may do: bootstrap, scan, correct a reading, release it, pause the scans. Nothing is ever edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import request_run
from sentiment_site.market import clock

from . import selectors
from .collect import state
from .collect.readings import Figures
from .collect.store import Entry, figures_of, lock_readings, row_of
from .collect.validation import find_fault
from .due import SCAN
from .models import MacroCorrection, MacroMarketData, Quality

if TYPE_CHECKING:
    from portfolios.models import User

# The figures of a row that are told and not derived, by the names of `Figures`.
FIELDS = {
    "total_market_cap": "total",
    "btc_market_cap": "btc_cap",
    "eth_market_cap": "eth_cap",
    "btc_price": "btc_price",
    "eth_price": "eth_price",
    "stablecoin_market_cap": "stablecoins",
}


class Refused(ValidationError):
    """The history is there already, and nobody forced another one."""


def request_scan(user: User) -> JobRun:
    """A scan now, outside the schedule. PermissionDenied for anyone but staff."""
    _need_staff(user)
    return request_run(SCAN, trigger="manual", user=user)


def request_bootstrap(user: User, *, force: bool = False) -> JobRun:
    """The last 365 days. PermissionDenied for anyone but staff; Refused if done and not forced."""
    _need_staff(user)
    if selectors.get_state().bootstrap_completed and not force:
        raise Refused("The bootstrap is done. Force it to fetch the last 365 days again.")
    return request_run("macro.bootstrap", trigger="manual", params={"force": True} if force else {}, user=user)


def set_maintenance(user: User, *, is_on: bool) -> None:
    """Stop scheduled scans or let them go on. PermissionDenied for anyone but staff."""
    _need_staff(user)
    state.save_maintenance(is_on)


def correct_reading(
    row: MacroMarketData, changes: Mapping[str, float | None], author: User, reason: str
) -> MacroMarketData:
    """A new version of a reading with these figures, by column; returned. Without changes it releases a quarantine.

    The old version is closed and stays visible to earlier moments; each changed figure becomes a line of history, and
    the regime is analysed anew after commit. ValidationError, by field, for an unknown or unchanged figure, a missing
    reason, figures that contradict each other, or a version that is not the newest. PermissionDenied for non-staff.
    """
    _need_staff(author)
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    with transaction.atomic():
        lock_readings()
        old = MacroMarketData.objects.select_for_update().get(pk=row.pk)
        changed = check_correction(old, changes)
        made = _save_version(old, changed, reason.strip()[:255])
        MacroCorrection.objects.bulk_create(
            MacroCorrection(
                row=made,
                timestamp=made.timestamp,
                field=name,
                old=before,
                new=after,
                author=author,
                author_name=author.get_username(),
                reason=reason.strip()[:255],
                at=made.recorded_at,
            )
            for name, before, after in _lines(old, changed)
        )
        request_run("macro.analyse", trigger="manual", params={"trigger": "correction"}, user=author)
    return made


def _lines(old: MacroMarketData, changed: Mapping[str, float | None]) -> list[tuple[str, float | None, float | None]]:
    """What goes into the history: column, old and new figure; a release changes none."""
    return [(name, getattr(old, name), value) for name, value in changed.items()] or [("quality", None, None)]


def check_correction(old: MacroMarketData, changes: Mapping[str, float | None]) -> dict[str, float | None]:
    """The figures that really change, by column. ValidationError as `correct_reading` raises it."""
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise ValidationError(f"{', '.join(sorted(unknown))} cannot be corrected.")
    changed = {name: value for name, value in changes.items() if getattr(old, name) != value}
    if old.superseded_at is not None:
        raise ValidationError("There is a newer version of this reading; correct that one.")
    if not changed and old.quality != Quality.QUARANTINED:
        raise ValidationError("Nothing was changed.")
    figures = _figures(old, changed)
    missing = [
        name for name, value in asdict(figures).items() if value is None and name not in ("eth_price", "stablecoins")
    ]
    fault = f"{', '.join(missing)} missing" if missing else find_fault(figures)
    if fault:
        raise ValidationError(f"This cannot be: {fault}.")
    others = MacroMarketData.objects.believed().filter(timestamp=old.timestamp, superseded_at__isnull=True)
    if old.quality == Quality.QUARANTINED and others.exists():
        raise ValidationError("The slot has a believed reading; correct that one.")
    return changed


def _save_version(old: MacroMarketData, changed: Mapping[str, float | None], reason: str) -> MacroMarketData:
    """Close the old version and write the new one. The vendor's times and the origin stay what they were."""
    now = clock.now()
    figures = _figures(old, changed)
    entry = Entry(
        slot=old.timestamp,
        figures=figures,
        source=old.data_source,
        event_at=old.event_at,
        received_at=old.received_at,
        is_simulated=old.is_simulated,
        is_estimated=old.is_estimated,
    )
    MacroMarketData.objects.filter(pk=old.pk).update(superseded_at=now)
    made = row_of(entry, Quality.CORRECTED, reason, now, None)
    made.save(force_insert=True)
    return made


def _figures(old: MacroMarketData, changed: Mapping[str, float | None]) -> Figures:
    return Figures(**asdict(figures_of(old)) | {FIELDS[name]: value for name, value in changed.items()})


def _need_staff(user: User) -> None:
    if not user.is_staff:
        raise PermissionDenied("Only staff may do this.")
