"""Who may open what: every address of the product, tried as six kinds of people. An address without a line fails.

A line: the address's name, how it is asked, and what each of the six gets, in the order of ROLES: a stranger, a visitor
of the demo, a person (who owns what the address names, where it names something of somebody's), another person, staff
without any right, a superuser. Add a line with the address; the reviewer reads the line.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.throttling import SimpleRateThrottle

from portfolios import access, demo
from portfolios.books.cash import add_flow
from portfolios.books.drafts import PositionDraft
from portfolios.books.imports import preview_import
from portfolios.books.positions import create_position
from portfolios.books.tags import create_tag
from portfolios.models import User
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock

pytestmark = pytest.mark.django_db

ROLES = ("stranger", "visitor", "owner", "other", "staff", "superuser")
Codes = tuple[int, int, int, int, int, int]

REACHED = 0  # the permission let him through; what the view answers depends on data that is not there: 2xx, 400 or 404

OPEN: Codes = (200, 200, 200, 200, 200, 200)
SIGNED_IN: Codes = (302, 200, 200, 200, 200, 200)  # pages and fragments send strangers to the login
API: Codes = (401, 200, 200, 200, 200, 200)
PAGE_DATA: Codes = (302, REACHED, REACHED, REACHED, REACHED, REACHED)
API_DATA: Codes = (401, REACHED, REACHED, REACHED, REACHED, REACHED)
POSTED: Codes = (302, 302, 302, 302, 302, 302)
OPERATORS: Codes = (302, 403, 403, 403, 200, 200)
PEOPLE_ONLY: Codes = (302, 403, 200, 200, 200, 200)  # not from inside the demo
MINE: Codes = (401, 404, REACHED, 404, 404, 404)  # what is in somebody's book is there for nobody else, staff included
MY_PAGE: Codes = (302, 404, 200, 404, 404, 404)
MY_FORM: Codes = (302, 404, 302, 404, 404, 404)  # done, and back to a page
MY_REFUSED: Codes = (302, 404, 400, 404, 404, 404)  # an empty form, in one's own book
FORM_REFUSED: Codes = (302, 400, 400, 400, 400, 400)  # an empty form
DESK: Codes = (302, 302, 302, 302, 403, 200)  # an operator's page: everybody else goes to the admin's login
DESK_EVIDENCE: Codes = (302, 302, 302, 302, 403, 403)  # adding and deleting what is evidence: nobody

THEME_DECISION: Codes = (401, 403, 403, 403, 403, 404)
NO_THEME = "6a3c1f0e-5d3e-4d7e-9d53-0c4b5a8f9a11"
THEME_PARTS = ("theme", "members", "timeline", "evidence", "changes")
THEME_DECISIONS = ("confirm", "rename", "merge", "retire")


@dataclass(frozen=True)
class Line:
    """How an address is asked and what the six get. `run`: its run_id is a job run that the owner asked for.

    `owned`: its key is one of these in the owner's book.
    """

    codes: Codes
    method: str = "get"
    kwargs: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    owned: str = ""


LINES: dict[str, Line | tuple[Line, ...]] = {
    # sectors
    "sectors:grid": Line(SIGNED_IN),
    "sectors:fragment": Line((302, 204, 204, 204, 204, 204), data={"seq": 0}),
    "sectors:freshness": Line(SIGNED_IN),
    "sectors:run": Line(SIGNED_IN),
    "sectors:cancel": Line(POSTED, method="post"),
    "sectors:step": Line(PAGE_DATA),
    "sectors:search": Line(PAGE_DATA),
    "sectors:stock": Line(PAGE_DATA, kwargs={"symbol": "SOUN"}),
    "sectors:sector": Line(PAGE_DATA, kwargs={"sector": "technology"}),
    "sectors:export": Line(PAGE_DATA, kwargs={"sector": "technology"}),
    "sectors:series": Line(PAGE_DATA, kwargs={"sector": "technology"}),
    "sectors_api:grid": Line(API_DATA),
    "sectors_api:runs": (Line(API), Line((401, 202, 202, 202, 202, 202), "post")),
    "sectors_api:run": Line(API_DATA, kwargs={"job_run_id": 0}),
    "sectors_api:sector": Line(API_DATA, kwargs={"sector": "technology"}),
    "sectors_api:history": Line(API, kwargs={"sector": "technology"}),
    "sectors_api:movers": Line(API_DATA),
    "sectors_api:freshness": Line(API_DATA),
    "sectors_api:explain": Line(API_DATA, kwargs={"sector": "technology"}),
    "sectors_api:stocks": Line(API_DATA, kwargs={"sector": "technology"}),
    "sectors_api:stock": Line(API_DATA, kwargs={"sector": "technology", "symbol": "SOUN"}),
    # universe
    "universe:list": Line(SIGNED_IN),
    "universe:export": Line(PAGE_DATA),
    "universe:changes": Line(SIGNED_IN),
    "universe_api:stocks": Line(API_DATA),
    "universe_api:stock": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    "universe_api:stock-catalysts": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    "universe_api:runs": Line(API),
    "universe_api:changes": Line(API_DATA),
    # the crypto regime: pages behind the login, its API open to read, operators start scans
    "macro:regime": Line(SIGNED_IN),
    "macro:chip": Line(SIGNED_IN),
    "macro:freshness": Line(SIGNED_IN),
    "macro:series": Line(SIGNED_IN),
    "macro:table": Line(SIGNED_IN),
    "macro:stocks": Line(SIGNED_IN),
    "macro:health": Line(OPERATORS),
    "macro:scan": Line((302, 403, 403, 403, 302, 302), "post"),
    "macro:bootstrap": Line((302, 403, 403, 403, 302, 302), "post"),
    "macro:chart": Line(PAGE_DATA, kwargs={"name": "price"}),
    "macro_api:status": Line((REACHED,) * 6),
    "macro_api:history": Line(OPEN),
    "macro_api:opinion": Line((REACHED,) * 6),
    "macro_api:chart": Line((REACHED,) * 6, kwargs={"name": "price"}),
    "macro_api:system-health": Line(OPEN),
    "macro_api:scan": Line((401, 403, 403, 403, 202, 202), "post"),
    "macro_api:bootstrap": Line((401, 403, 403, 403, 202, 202), "post"),
    # themes: pages behind the login, operators decide
    "themes:board": Line(SIGNED_IN),
    "themes:theme": Line(PAGE_DATA, kwargs={"theme_id": NO_THEME}),
    "themes:readings": Line(PAGE_DATA, kwargs={"theme_id": NO_THEME}),
    "themes:action": Line((302, 403, 403, 403, 403, 404), "post", kwargs={"theme_id": NO_THEME}),
    "themes:stock": Line(PAGE_DATA, kwargs={"symbol": "SOUN"}),
    "themes_api:board": Line(API),
    **{f"themes_api:{name}": Line(API_DATA, kwargs={"theme_id": NO_THEME}) for name in THEME_PARTS},
    **{f"themes_api:{name}": Line(THEME_DECISION, "post", kwargs={"theme_id": NO_THEME}) for name in THEME_DECISIONS},
    # manipulation risk and alerts
    "themes:manipulation": Line(SIGNED_IN),
    "themes:manipulation-stock": Line(PAGE_DATA, kwargs={"symbol": "SOUN"}),
    "themes:alerts": Line(SIGNED_IN),
    "themes_api:manipulation": Line(API_DATA),
    "themes_api:manipulation-stock": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    "themes_api:alerts": Line(API),
    "themes_api:alerts-latency": Line(API),
    # the themes' temperature
    "themes:heat": Line(SIGNED_IN),
    "themes_api:temperature": Line(API),
    "themes_api:verdict": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    # jobs: everybody sees how far a run is, its owner and operators stop it
    "jobs:run": Line((401, 200, 200, 200, 200, 200), run="run_id"),
    "jobs:cancel": Line((401, 403, 200, 403, 200, 200), "post", run="run_id"),
    # the sympathy network: to read, for who is signed in
    "themes:sympathy": Line(SIGNED_IN),
    "themes_api:network": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    "themes_api:tickets": Line(API),
    "themes_api:tickets-record": Line(API),
    # confluence and options
    "social:confluence": Line(SIGNED_IN),
    "social:confluence-csv": Line(PAGE_DATA),
    "social:confluence-symbol": Line(PAGE_DATA, kwargs={"symbol": "SOUN"}),
    "social_api:confluence": Line(API_DATA),
    "social_api:confluence-symbol": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    "social_api:confluence-history": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    "social_api:options": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    # what people write: to read, for who is signed in; operators choose the accounts to track
    "social:symbols": Line(SIGNED_IN),
    "social:export": Line(PAGE_DATA),
    "social:symbol": Line(PAGE_DATA, kwargs={"symbol": "SOUN"}),
    "social:series": Line(PAGE_DATA, kwargs={"symbol": "SOUN"}),
    "social:timeline": Line(PAGE_DATA, kwargs={"symbol": "SOUN"}),
    "social:influencers": Line(SIGNED_IN),
    "social:influencer": Line(PAGE_DATA, kwargs={"pk": 0}),
    "social:track": Line((302, 403, 403, 403, 403, 400), "post", kwargs={"pk": 0}),
    "social:coordination": Line(SIGNED_IN),
    "social_api:symbols": Line(API),
    "social_api:symbol": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    "social_api:history": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    "social_api:texts": Line(API_DATA, kwargs={"symbol": "SOUN"}),
    "social_api:influencers": Line(API),
    "social_api:influencer": Line(API_DATA, kwargs={"pk": 0}),
    "social_api:coordination": Line(API),
    "social_api:divergence-record": Line(API),
    # people
    "login": Line((200, 302, 302, 302, 302, 302)),
    "logout": Line(POSTED, "post"),
    "people:register": Line((200, 302, 302, 302, 302, 302)),
    "people:settings": Line(SIGNED_IN),
    "people:change-password": Line(PEOPLE_ONLY),
    "people:close-account": Line(PEOPLE_ONLY),
    "people:sign-out-everywhere": Line(POSTED, "post"),
    "people:password-reset": Line(OPEN),
    "people:password-reset-sent": Line(OPEN),
    "people:password-reset-confirm": Line(OPEN, kwargs={"uidb64": "x", "token": "y"}),
    "people:demo": Line(POSTED, "post", kwargs={"name": "growth"}),
    "people_api:token": Line((400,) * 6, "post"),
    "people_api:token-refresh": Line((400,) * 6, "post"),
    "people_api:logout": Line((401, 204, 204, 204, 204, 204), "post"),
    "people_api:register": Line((400, 403, 400, 400, 400, 400), "post"),
    "people_api:me": Line(API),
    "people_api:preferences": (Line(API), Line(API, "patch")),
    # books: every address is about the caller's own
    "book_api:portfolio": (Line(API), Line(API, "patch")),
    "book_api:positions": (Line(API), Line((401, 400, 400, 400, 400, 400), "post")),
    "book_api:position": tuple(Line(MINE, method, owned="position") for method in ("get", "patch", "delete")),
    "book_api:position-close": Line(MINE, "post", owned="position"),
    "book_api:position-reopen": Line(MINE, "post", owned="position"),
    "book_api:position-restore": Line(MINE, "post", owned="position"),
    "book_api:tags": (Line(API), Line((401, 400, 400, 400, 400, 400), "post")),
    "book_api:tag": tuple(Line(MINE, method, owned="tag") for method in ("patch", "delete")),
    "book_api:tag-restore": Line(MINE, "post", owned="tag"),
    "book_api:flows": (Line(API), Line((401, 400, 400, 400, 400, 400), "post")),
    "book_api:flow": tuple(Line(MINE, method, owned="flow") for method in ("patch", "delete")),
    "book_api:flow-restore": Line(MINE, "post", owned="flow"),
    "book_api:snapshots": Line(API),
    "book_api:imports": (Line(API), Line((401, 415, 415, 415, 415, 415), "post")),
    "book_api:import-presets": Line(API),
    "book_api:import-template": Line(API),
    "book_api:import": tuple(Line(MINE, method, owned="import") for method in ("get", "patch", "delete")),
    "book_api:import-confirm": Line(MINE, "post", owned="import"),
    "book_api:export-positions": Line(API),
    "book_api:export-book": Line(API),
    "book_api:export-flows": Line(API),
    "book_api:greeks": Line(API),
    "book_api:exposures": Line(API),
    "book_api:factors": Line(API),
    "book_api:ratios": Line(API),
    "book_api:clusters": Line(API),
    "book_api:stress": (Line(API), Line((401, 400, 400, 400, 400, 400), "post")),
    "book_api:light": Line(API),
    "portfolios:risk": Line(SIGNED_IN),
    "portfolios:risk-panel": Line(SIGNED_IN),
    "portfolios:factors": Line(SIGNED_IN),
    "portfolios:stress": Line(SIGNED_IN),
    "portfolios:light": Line(SIGNED_IN),
    "portfolios:crypto-exposure": Line(SIGNED_IN),
    "portfolios:light-panel": Line(SIGNED_IN),
    "portfolios:import": (Line(SIGNED_IN), Line((302, 400, 400, 400, 400, 400), "post")),
    "portfolios:import-template": Line(SIGNED_IN),
    "portfolios:import-file": (Line(MY_PAGE, owned="import"), Line(MY_FORM, "post", owned="import")),
    "portfolios:import-confirm": Line(MY_FORM, "post", owned="import"),
    "portfolios:import-discard": Line(MY_FORM, "post", owned="import"),
    # the book's pages: the same, as people see them
    "portfolios:book": Line(SIGNED_IN),
    "portfolios:positions": Line(SIGNED_IN),
    "portfolios:positions-csv": Line(SIGNED_IN),
    "portfolios:position-new": (Line(SIGNED_IN), Line(FORM_REFUSED, "post")),
    "portfolios:position-symbol": Line(SIGNED_IN),
    "portfolios:positions-tag": Line(FORM_REFUSED, "post"),
    "portfolios:position": Line(MY_PAGE, owned="position"),
    "portfolios:position-edit": (Line(MY_PAGE, owned="position"), Line(MY_REFUSED, "post", owned="position")),
    "portfolios:position-close": (Line(MY_PAGE, owned="position"), Line(MY_REFUSED, "post", owned="position")),
    "portfolios:position-reopen": Line(MY_FORM, "post", owned="position"),
    "portfolios:position-delete": Line(MY_FORM, "post", owned="position"),
    "portfolios:position-restore": Line(MY_FORM, "post", owned="position"),
    "portfolios:cash": Line(SIGNED_IN),
    "portfolios:flow-new": Line(FORM_REFUSED, "post"),
    "portfolios:book-change": Line(FORM_REFUSED, "post"),
    "portfolios:flow": Line(MY_FORM, owned="flow"),
    "portfolios:flow-edit": (Line(MY_PAGE, owned="flow"), Line(MY_REFUSED, "post", owned="flow")),
    "portfolios:flow-delete": Line(MY_FORM, "post", owned="flow"),
    "portfolios:flow-restore": Line(MY_FORM, "post", owned="flow"),
    "portfolios:tags": Line(SIGNED_IN),
    "portfolios:tag-new": Line(FORM_REFUSED, "post"),
    "portfolios:tag": Line(MY_FORM, owned="tag"),
    "portfolios:tag-edit": (Line(MY_PAGE, owned="tag"), Line(MY_REFUSED, "post", owned="tag")),
    "portfolios:tag-delete": Line(MY_FORM, "post", owned="tag"),
    "portfolios:tag-restore": Line(MY_FORM, "post", owned="tag"),
    "portfolios:snapshots": Line(SIGNED_IN),
    "portfolios:snapshots-csv": Line(SIGNED_IN),
    "portfolios:snapshot": Line((302, 404, 404, 404, 404, 404), kwargs={"day": "2026-08-21"}),
    # the site
    "schema": Line(OPEN),
    "api-docs": Line(OPEN),
    "favicon": Line(POSTED),
    "health:health": Line(OPEN),
    "health:database": Line(OPEN),
    "health:redis": Line(OPEN),
    "health:coingecko": Line(OPEN),
    "health:polygon": Line(OPEN),
    "health:ready": Line(OPEN),
    "health:cache": Line(OPEN),
    # the operator's desk itself
    "admin:index": Line((302, 302, 302, 302, 200, 200)),
    "admin:login": Line((200, 200, 200, 200, 302, 302)),
    "admin:logout": Line(POSTED, "post"),
    "admin:password_change": Line(POSTED),
    "admin:password_change_done": Line((302, 302, 302, 302, 200, 200)),
    "admin:autocomplete": Line((302, 302, 302, 302, 403, 403)),
    "admin:jsi18n": Line((302, 302, 302, 302, 200, 200)),
    "admin:view_on_site": Line((302, 302, 302, 302, 404, 404), kwargs={"content_type_id": 0, "object_id": 0}),
    "admin:app_list": Line((302, 302, 302, 302, 404, 200), kwargs={"app_label": "jobs"}),
    "admin:timeseries_archivedpart_due": Line(DESK),
    "admin:timeseries_archivedpart_let_go": Line((302, 302, 302, 302, 403, 302), "post"),
    "admin:auth_user_password_change": Line((302, 302, 302, 302, 403, 404), kwargs={"id": "nobody"}),
}
# Models of the desk: which of them people may add to by hand. A new model needs its line here.
DESK_MODELS = {
    "auth_group": True,
    "axes_accessattempt": False,
    "django_celery_beat_clockedschedule": True,
    "django_celery_beat_crontabschedule": True,
    "django_celery_beat_intervalschedule": True,
    "django_celery_beat_periodictask": True,
    "django_celery_beat_solarschedule": True,
    "jobs_jobrun": False,
    "jobs_scheduledjob": False,
    "macro_cryptolink": True,
    "macro_macrobootstrap": False,
    "macro_macrocoinday": False,
    "macro_macrocorrection": False,
    "macro_macrofeargreed": False,
    "macro_macromarketdata": False,
    "macro_macroopinion": False,
    "macro_macrosentimentanalysis": False,
    "macro_macrosystemstate": False,
    "portfolios_batchmark": False,
    "portfolios_cashflow": False,
    "portfolios_factor": False,
    "portfolios_factorexposure": False,
    "portfolios_importbatch": False,
    "portfolios_portfolio": False,
    "portfolios_portfoliosnapshot": False,
    "portfolios_position": False,
    "portfolios_positiongreeks": False,
    "portfolios_positionsplit": False,
    "portfolios_revokedtoken": False,
    "portfolios_tag": False,
    "portfolios_user": True,
    "sectors_sectorrun": False,
    "themes_collectionday": False,
    "themes_collectionstate": False,
    "themes_sympathynetwork": False,
    "themes_sympathyticket": False,
    "themes_confluencepass": False,
    "themes_confluencescore": False,
    "themes_optionsday": False,
    "themes_aggregatedsentiment": False,
    "themes_divergenceoutcome": False,
    "themes_influencer": False,
    "themes_influencercall": False,
    "themes_newssentiment": False,
    "themes_redditpost": False,
    "themes_redditsentiment": False,
    "themes_sentimentpass": False,
    "themes_symbolsentiment": False,
    "themes_tweet": False,
    "themes_tweetsentiment": False,
    "themes_document": False,
    "themes_theme": False,
    "themes_themechange": False,
    "themes_themedictionary": True,
    "themes_thememembership": False,
    "themes_themereading": False,
    "themes_manipulationoutcome": False,
    "themes_manipulationpass": False,
    "themes_themealert": False,
    "themes_stockverdict": False,
    "themes_temperaturepass": False,
    "themes_themeheat": False,
    "timeseries_archivedpart": False,
    "universe_catalyst": False,
    "universe_classification": False,
    "universe_datasource": False,
    "universe_feedcursor": False,
    "universe_halt": False,
    "universe_thresholdlist": False,
    "universe_instrument": False,
    "universe_membership": False,
    "universe_override": True,
    "universe_quarantine": False,
    "universe_screeningprofile": True,
    "universe_universerun": False,
}
NAMELESS = {"admin/password_change/", "(?P<url>.*)$", "<path:object_id>/"}  # redirects of the admin and for it


def walk(resolver: URLResolver, namespaces: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(name with namespaces, last piece of the pattern) of every address."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from walk(pattern, inner)
        else:
            assert isinstance(pattern, URLPattern)
            yield ":".join((*namespaces, pattern.name or "")), str(pattern.pattern)


def desk_names() -> set[str]:
    """The addresses of the models of the desk that are registered."""
    views = ("changelist", "add", "history", "delete", "change")
    return {f"admin:{model}_{view}" for model in DESK_MODELS for view in views}


def lines() -> list[tuple[str, Line]]:
    """Every line, one method at a time."""
    found = []
    for name, line in LINES.items():
        found += [(name, each) for each in (line if isinstance(line, tuple) else (line,))]
    return found


@pytest.fixture(autouse=True)
def plain_site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over http, with the demo on and without rates: permissions alone are looked at."""
    settings.SECURE_SSL_REDIRECT = False
    settings.DEMO = True
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", dict.fromkeys(("anon", "user", "auth", "demo")))


@pytest.fixture
def people(db: None) -> dict[str, User | None]:
    """One of each kind."""
    demo.ensure_demo_accounts()
    return {
        "stranger": None,
        "visitor": demo.open_copy(demo.DEMOS[0]),
        "owner": User.objects.create_user("owner"),
        "other": User.objects.create_user("other"),
        "staff": User.objects.create_user("staff", is_staff=True),
        "superuser": User.objects.create_superuser("superuser"),
    }


def ask(user: User | None, line: Line, address: str) -> int:
    """The status that a browser of this person gets."""
    browser = Client(raise_request_exception=True)
    if user is not None:
        browser.force_login(user)
    extra = {"content_type": "application/json"} if line.method == "patch" or "/api/" in address else {}
    if line.method == "get":
        extra = {}
    return int(getattr(browser, line.method)(address, line.data, **extra).status_code)


def owned(kind: str, owner: User | None) -> uuid.UUID:
    """Something in the owner's book."""
    book = access.get_portfolio(owner)
    if kind == "tag":
        return create_tag(book, f"Tag {uuid.uuid4()}").pk
    if kind == "flow":
        return add_flow(book, "deposit", Decimal(1)).pk
    if kind == "import":
        return preview_import(book, "a.csv", b"ticker,quantity,entry_price,entry_date\nSOUN,1,1,2024-01-19\n").pk
    return create_position(book, PositionDraft("SOUN", Decimal(1), Decimal(1), dt.date(2024, 1, 19))).pk


def test_every_address_has_its_line() -> None:
    names = {name for name, pattern in walk(get_resolver()) if not (name.endswith(":") or pattern in NAMELESS)}
    assert names - set(LINES) - desk_names() == set(), "say in LINES who may open these"
    assert set(LINES) - names == set(), "these are gone"
    registered = {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}
    assert registered == set(DESK_MODELS), "say in DESK_MODELS whether people may add to these"


def test_nameless_addresses_are_the_admins_redirects() -> None:
    assert {pattern for name, pattern in walk(get_resolver()) if name.endswith(":") or not name} <= NAMELESS


@pytest.mark.parametrize(("name", "line"), lines(), ids=[f"{name}-{line.method}" for name, line in lines()])
def test_who_may_open_it(name: str, line: Line, people: dict[str, User | None]) -> None:
    got = []
    for role in ROLES:
        kwargs = dict(line.kwargs)
        if line.run:
            owner = people["owner"]
            run = JobRun.objects.create(name=f"test.{role}", trigger="page", requested_by=owner, queued_at=clock.wall())
            kwargs[line.run] = run.pk
        if line.owned:
            kwargs["key"] = owned(line.owned, people["owner"])
        got.append(ask(people[role], line, reverse(name, kwargs=kwargs)))
    seen = [
        REACHED if code == REACHED and (200 <= was < 300 or was in (400, 404)) else was
        for was, code in zip(got, line.codes, strict=True)
    ]
    assert dict(zip(ROLES, seen, strict=True)) == dict(zip(ROLES, line.codes, strict=True))


@pytest.mark.parametrize("model", sorted(DESK_MODELS))
def test_the_desk_is_the_operators(model: str, people: dict[str, User | None]) -> None:
    for view, codes in (("changelist", DESK), ("add", DESK if DESK_MODELS[model] else DESK_EVIDENCE)):
        address = reverse(f"admin:{model}_{view}")
        got = [ask(people[role], Line(codes), address) for role in ROLES]
        assert dict(zip(ROLES, got, strict=True)) == dict(zip(ROLES, codes, strict=True)), view
    for view in ("history", "delete", "change"):
        address = reverse(f"admin:{model}_{view}", args=["0"])
        got = [ask(people[role], Line(DESK), address) for role in ROLES[:4]]
        assert got == [302] * 4, view
