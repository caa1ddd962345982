"""Operators' actions and what was known of themes at a moment."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from portfolios.models import User
from sentiment_site.market import clock
from themes.models import Theme, ThemeReading
from themes.models.stories import Standing
from themes.stories import operators
from themes.stories.curated import CURATED
from themes.stories.dictionaries import edit_dictionary, ensure_dictionaries, load_dictionaries
from themes.stories.selectors import get_theme, list_history, list_themes

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 8, 21, 16, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def operator() -> User:
    return User.objects.create_superuser("operator", password="operator-pass")


def make(name: str, hours: float = 0, intensity: float = 0.5, standing: str = "active") -> Theme:
    at = NOON + hours * HOUR
    theme = Theme.objects.create(
        theme_name=name, standing=standing, emergence_timestamp=at - 5 * HOUR, detected_at=at, detection_confidence=0.8,
        is_simulated=True, as_of=at, intensity=intensity,
    )  # fmt: skip
    ThemeReading.objects.create(
        theme=theme, as_of=at, standing=standing, phase="emerging", intensity=intensity, confidence=0.8, members=4,
        documents=9, recorded_at=at,
    )  # fmt: skip
    return theme


def test_each_action_is_a_line_of_the_history(operator: User) -> None:
    theme, other = make("quantum"), make("qubits")
    with clock.frozen(NOON + HOUR):
        operators.rename(theme.pk, " Quantum computing ", author=operator, reason="clearer")
        operators.confirm(theme.pk, author=operator, reason="read the filings")
        operators.merge(other.pk, theme.pk, author=operator, reason="the same")
        operators.retire(theme.pk, author=operator, reason="over")
    theme.refresh_from_db()
    assert (str(theme), theme.standing, theme.is_confirmed) == ("Quantum computing", Standing.RETIRED, True)
    lines = list_history(theme.pk, NOON + HOUR)
    assert [line.what for line in lines] == ["retired", "absorbed", "confirmed", "renamed"]
    assert {line.author for line in lines} == {operator}
    assert list_history(theme.pk, NOON) == []


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (lambda theme, user: operators.confirm(theme.pk, author=user, reason=" "), "reason"),
        (lambda theme, user: operators.rename(theme.pk, "", author=user, reason="x"), "title"),
        (lambda theme, user: operators.rename(theme.pk, "x" * 121, author=user, reason="x"), "title"),
        (lambda theme, user: operators.merge(theme.pk, theme.pk, author=user, reason="x"), "into"),
        (lambda theme, user: operators.merge(theme.pk, uuid.uuid4(), author=user, reason="x"), "into"),
        (lambda _, user: operators.retire(uuid.uuid4(), author=user, reason="x"), "theme"),
    ],
)
def test_refusals_name_the_field_and_change_nothing(
    act: Callable[[Theme, User], object], field: str, operator: User
) -> None:
    theme = make("quantum")
    with pytest.raises(ValidationError) as caught:
        act(theme, operator)
    assert list(caught.value.message_dict) == [field]
    assert theme.changes.count() == 0


def test_an_ended_theme_stays_ended(operator: User) -> None:
    theme = make("quantum", standing="retired")
    with pytest.raises(ValidationError, match="retired"):
        operators.confirm(theme.pk, author=operator, reason="x")


def test_the_past_shows_what_was_known_then(django_assert_num_queries: object) -> None:
    first, second = make("quantum", 0, 0.3), make("drones", 2, 0.9)
    with clock.frozen(NOON + 5 * HOUR), django_assert_num_queries(1):  # type: ignore[operator]
        assert [one.theme for one in list_themes()] == [second, first]
    assert [one.theme for one in list_themes(NOON + HOUR)] == [first]
    assert list_themes(NOON - HOUR) == []
    assert get_theme(second.pk, NOON + HOUR) is None
    stand = get_theme(second.pk, NOON + 3 * HOUR)
    assert stand is not None
    assert (stand.latency, stand.members) == (5 * HOUR, 4)


def test_dictionaries_are_edited_version_by_version(operator: User) -> None:
    with clock.frozen(NOON):
        assert ensure_dictionaries() == len(CURATED)
        assert ensure_dictionaries() == 0
    with clock.frozen(NOON + HOUR):
        edit_dictionary("drones", author=operator, reason="wider", patterns=[r"\bdrones?\b", "rotorcraft"])
        edit_dictionary("cannabis", author=operator, reason="noise", is_active=False)
        edit_dictionary("fusion", author=operator, reason="new", title="Fusion", patterns=["fusion power"])
    then, now = load_dictionaries(NOON), load_dictionaries(NOON + HOUR)
    assert then["drones"].search("a rotorcraft") is None
    assert now["drones"].search("a rotorcraft") is not None
    assert ("cannabis" in then, "cannabis" in now) == (True, False)
    assert "fusion" in now


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"patterns": ["("]}, "patterns"),
        ({"patterns": []}, "patterns"),
        ({"title": " "}, "title"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_wrong_dictionary_is_refused(changes: dict[str, object], field: str, operator: User) -> None:
    ensure_dictionaries()
    values = {"reason": "x"} | changes
    with pytest.raises(ValidationError) as caught:
        edit_dictionary("drones", author=operator, **values)  # type: ignore[arg-type]
    assert list(caught.value.message_dict) == [field]
