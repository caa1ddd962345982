"""A theme that passes the gate is told once; one that is only watched is not."""

from __future__ import annotations

import pytest

from tests.factories import Market
from tests.themes.stories.conftest import NOON, Write, background, market, write
from tests.themes.stories.test_tick import ENERGY, TECH, lift, tell
from themes.models import Document, ThemeAlert
from themes.stories.tick import run_tick

__all__ = ["background", "market", "write"]
pytestmark = pytest.mark.django_db


def test_a_published_theme_is_told_once(background: None, market: Market, write: Write) -> None:
    lift(market, [*TECH, ENERGY[0]], 12)
    tell(write, TECH)
    tell(write, ENERGY[:1], hours=2)
    (theme,) = run_tick(NOON).published
    alert = ThemeAlert.objects.get()
    assert (alert.kind, alert.theme_id, alert.severity, alert.as_of) == ("theme", theme.pk, 2, NOON)
    newest = Document.objects.filter(pk__in=theme.evidence.values("document_id")).latest("recorded_at")
    assert alert.data_at == newest.recorded_at and alert.facts["members"] == 6
    run_tick(NOON)
    assert ThemeAlert.objects.count() == 1


def test_a_watched_theme_is_not_told(background: None, market: Market, write: Write) -> None:
    tell(write, [*TECH, *ENERGY[:3]])
    report = run_tick(NOON)
    assert report.created and not report.published and not ThemeAlert.objects.exists()
