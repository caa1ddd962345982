"""A stored market of a dozen names that fail and pass each in their own way, screened on two evenings."""

from __future__ import annotations

import pytest

from portfolios.models import User
from sentiment_site.market import clock
from tests.universe.market import add_stock, known_at
from universe.models import UniverseRun
from universe.pipeline import refresh_universe


@pytest.fixture
def trader(db: None) -> User:
    """An account without rights of its own."""
    return User.objects.create_user("trader", password="trader-pass")


@pytest.fixture
def operator(db: None) -> User:
    """A superuser."""
    return User.objects.create_superuser("operator", password="operator-pass")


@pytest.fixture
def market(db: None) -> UniverseRun:
    """Two runs (session before, session) of `strict`; the newer is returned. Members: ALPHA, BETA, GAMMA, JOIN."""
    gappy = [10.0] * 60
    gappy[20:32] = [11.0] * 12
    add_stock("ALPHA", opens=gappy, short=3_000_000)
    add_stock("BETA", price=25.0, sector="Healthcare", sic="2834", shares=8_000_000, free_float=6e6)
    add_stock(
        "GAMMA", price=5.5, sector="Energy", sic="1311", name='=HYPERLINK("http://evil","x") Gamma Corp.', volume=5e6
    )
    add_stock("JOIN", price=[1.9] * 59 + [2.5], opens=1.9, shares=90_000_000, sector="Consumer Cyclical", sic="5651")
    add_stock("LEAVE", price=[2.05] * 59 + [1.87], shares=90_000_000)
    add_stock("THIN", volume=400e3, sector="Utilities", sic="4911")
    add_stock("PREF", kind="PFD", price=None, free_float=None)
    with clock.frozen(known_at(1)):
        refresh_universe(profile="strict")
    with clock.frozen(known_at()):
        return refresh_universe(profile="strict")
