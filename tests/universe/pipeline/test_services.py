"""Operators' writes: what holds together, what stands in the way, who decided and when it ended."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portfolios.models import User
from sentiment_site.market import clock
from tests.universe.market import SESSION, add_stock, known_at
from universe import readings, services
from universe.kernels.rules import COVERAGE, STRICT
from universe.models import Instrument, Override, Quarantine, ScreeningProfile

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def stock(db: None) -> Instrument:
    return add_stock("SOUN", price=None)


def make(operator: User, kind: str, at: dt.datetime | None = None, **values: Any) -> Override:
    with clock.frozen(at or known_at()):
        return services.create_override(kind, operator, values.pop("reason", "because"), **values)


@pytest.mark.parametrize(
    ("kind", "values", "field", "message"),
    [
        ("include", {}, "instrument", "This kind needs a stock."),
        (
            "weight",
            {"sector": "energy", "weight": Decimal(1), "stock": True},
            "instrument",
            "A weight belongs to a sector.",
        ),
        ("sector", {"stock": True}, "sector", "This kind needs a sector."),
        ("exclude", {"stock": True, "sector": "energy"}, "sector", "This kind takes no sector."),
        ("weight", {"sector": "energy"}, "weight", "A weight is needed."),
        ("sector", {"stock": True, "sector": "energy", "weight": Decimal(1)}, "weight", "This kind takes no weight."),
        ("include", {"stock": True, "reason": "  "}, "reason", "Say why."),
        ("include", {"stock": True, "expires_at": known_at()}, "expires_at", "The end must lie in the future."),
        ("delete", {"stock": True}, "kind", "'delete' is no kind of override."),
    ],
)
def test_what_does_not_hold_together(
    operator: User, stock: Instrument, kind: str, values: dict[str, Any], field: str, message: str
) -> None:
    if values.pop("stock", False):
        values["instrument"] = stock
    with pytest.raises(ValidationError) as caught:
        make(operator, kind, **values)
    assert caught.value.message_dict == {field: [message]}
    assert not Override.objects.exists()


@pytest.mark.parametrize("weight", ["0.09", "3.01"])
def test_weights_outside_their_range(operator: User, weight: str) -> None:
    with pytest.raises(ValidationError, match="override_weight_in_range"):
        make(operator, "weight", sector="energy", weight=Decimal(weight))
    assert make(operator, "weight", sector="energy", weight=Decimal("0.10")).weight == Decimal("0.10")


def test_sectors_outside_the_eight(operator: User, stock: Instrument) -> None:
    with pytest.raises(ValidationError, match="is not a valid choice"):
        make(operator, "sector", instrument=stock, sector="crypto")


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        (("include", {}), ("exclude", {}), True),
        (("exclude", {}), ("exclude", {}), True),
        (("include", {}), ("sector", {"sector": "energy"}), False),
        (("sector", {"sector": "energy"}), ("sector", {"sector": "utilities"}), True),
    ],
)
def test_one_decision_about_one_thing(operator: User, stock: Instrument, first: Any, second: Any, clash: bool) -> None:
    make(operator, first[0], instrument=stock, **first[1])
    other = add_stock("KOSS", price=None)
    make(operator, second[0], instrument=other, **second[1])
    if clash:
        with pytest.raises(ValidationError, match="in force already; withdraw it first"):
            make(operator, second[0], instrument=stock, **second[1])
    else:
        make(operator, second[0], instrument=stock, **second[1])


def test_one_weight_per_sector(operator: User) -> None:
    make(operator, "weight", sector="energy", weight=Decimal(1))
    make(operator, "weight", sector="utilities", weight=Decimal(1))
    with pytest.raises(ValidationError, match="in force already"):
        make(operator, "weight", sector="energy", weight=Decimal(2))


def test_a_decision_holds_from_its_moment_until_its_end(operator: User, stock: Instrument) -> None:
    make(operator, "exclude", instrument=stock, expires_at=known_at() + HOUR)
    instant = dt.timedelta(microseconds=1)
    assert readings.load_overrides(known_at() - instant).exclude == frozenset()
    assert readings.load_overrides(known_at()).exclude == {stock.pk}
    assert readings.load_overrides(known_at() + HOUR - instant).exclude == {stock.pk}
    assert readings.load_overrides(known_at() + HOUR).exclude == frozenset()


def test_withdrawing_keeps_what_was_in_force_before(operator: User, stock: Instrument) -> None:
    row = make(operator, "include", instrument=stock)
    with clock.frozen(known_at() + HOUR):
        withdrawn = services.withdraw_override(row, operator)
    assert (withdrawn.withdrawn_at, withdrawn.withdrawn_by) == (known_at() + HOUR, operator)
    assert readings.load_overrides(known_at() + HOUR / 2).include == {stock.pk}
    assert readings.load_overrides(known_at() + HOUR).include == frozenset()
    make(operator, "exclude", at=known_at() + HOUR, instrument=stock)


def test_what_has_ended_cannot_be_withdrawn(operator: User, stock: Instrument) -> None:
    row = make(operator, "include", instrument=stock, expires_at=known_at() + HOUR)
    with clock.frozen(known_at() + HOUR), pytest.raises(ValidationError, match="expired by itself"):
        services.withdraw_override(row, operator)
    with clock.frozen(known_at() + HOUR / 2):
        services.withdraw_override(row, operator)
        with pytest.raises(ValidationError, match="withdrawn before"):
            services.withdraw_override(row, operator)


def test_the_younger_of_two_counts(operator: User, stock: Instrument) -> None:
    """Two rows about the same thing cannot be made through the service; an import might bring them."""
    for number, kind in enumerate(("include", "exclude")):
        Override.objects.create(
            kind=kind, instrument=stock, reason="x", author=operator, created_at=known_at() + number * HOUR
        )
    found = readings.load_overrides(known_at() + 2 * HOUR)
    assert (found.include, found.exclude) == (frozenset(), {stock.pk})


def test_the_shipped_profiles() -> None:
    rows = {(row.name, row.version): row.rules for row in ScreeningProfile.objects.all()}
    assert rows == {("strict", 1): STRICT, ("coverage", 1): COVERAGE}


def test_versions_count_up(operator: User) -> None:
    second = services.add_profile_version("strict", STRICT, " tighter ", operator)
    assert (second.version, second.author, second.note, str(second)) == (2, operator, "tighter", "strict v2")
    assert services.add_profile_version(" mine ", COVERAGE, "", None).version == 1
    assert services.add_profile_version("mine", STRICT, "", None).version == 2


@pytest.mark.parametrize(
    ("name", "rules", "message"),
    [
        (" ", STRICT, "A profile needs a name."),
        ("x", STRICT | {"types": []}, "types: a list of codes is needed"),
        ("x" * 31, STRICT, "at most 30 characters"),
    ],
)
def test_profiles_that_cannot_be(name: str, rules: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        services.add_profile_version(name, rules, "", None)
    assert ScreeningProfile.objects.count() == 2


def test_releasing_needs_a_note_and_happens_once(operator: User, stock: Instrument) -> None:
    row = Quarantine.objects.create(instrument=stock, reason="discontinuity", session=SESSION, recorded_at=known_at())
    with pytest.raises(ValidationError, match="Say why the bars can be trusted"):
        services.release_quarantine(row, operator, "  ")
    with clock.frozen(known_at() + HOUR):
        released = services.release_quarantine(row, operator, "checked")
        assert (released.released_at, released.released_by, released.release_note) == (
            known_at() + HOUR,
            operator,
            "checked",
        )
        with pytest.raises(ValidationError, match="released before"):
            services.release_quarantine(row, operator, "again")


def test_old_and_foreign_doubts_do_not_count(stock: Instrument) -> None:
    def quarantined(reason: str, back: int) -> bool:
        from tests.universe.market import session

        Quarantine.objects.all().delete()
        Quarantine.objects.create(
            instrument=stock, reason=reason, session=session(back).date, recorded_at=known_at(back)
        )
        return bool(readings.load_quarantined(SESSION, session(19).date, known_at()))

    assert quarantined("discontinuity", 0)
    assert quarantined("discontinuity", 19)
    assert not quarantined("discontinuity", 20)
    assert quarantined("impossible_1d", 0)
    assert not quarantined("impossible_1d", 1)
    assert not quarantined("impossible_30m", 0)
