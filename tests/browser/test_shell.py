"""The shell by keyboard alone: command bar, symbol search, stock panel, time machine; and what axe says of it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from portfolios.models import User
from sectors.models import SectorRun
from sectors.pipeline import Skipped, run_analysis
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, make_market
from universe.models import Instrument, Membership, Quarantine

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FRIDAY = calendar.shift(date(2026, 8, 21), 0)
HALF_HOUR = timedelta(minutes=30)
PRICES = {"tec": 0.94, "hea": 1.06, "ene": 0.97, "fin": 1.03, "con": 1.0, "ind": 0.99, "mat": 1.09, "uti": 1.01}
WIDTHS = [1440, 1024, 768, 390]


@pytest.fixture
def lights(transactional_db: None) -> list[SectorRun]:
    """Three runs on Friday morning, known at 10:31, 11:01 and 11:31; simulated."""
    market = make_market(calendar.shift(FRIDAY.date, -1).date, simulated=True, wave=4)
    figures = {"market_cap": 4.2e8, "free_float": 3.1e7, "average_volume": 1.2e6, "short_percent": 18.4, "price": 104.0}
    Membership.objects.update(**figures, tier="small", gap_frequency=0.12, sector_confidence=0.9)
    Instrument.objects.filter(symbol="TEC0").update(name="Technical Zero Holdings, Inc. Class A")
    runs = []
    for n in range(5):
        start = FRIDAY.open - HALF_HOUR + n * HALF_HOUR
        market.store_half_hours(start, prices_at(n))
        if n >= 2:
            with clock.frozen(start + HALF_HOUR + timedelta(minutes=1)):
                run = run_analysis(trigger="manual", fetch=False)
            assert not isinstance(run, Skipped)
            runs.append(run)
    doubt(market)
    return runs


def prices_at(n: int) -> dict[str, Any]:
    """Sectors move apart from half-hour to half-hour, and so do the stocks of each."""
    closes: dict[str, Any] = {}
    for symbol in ALL_SYMBOLS:
        trend = PRICES[symbol[:3].lower()] - 1 + 0.01 * int(symbol[3])
        closes[symbol] = (round(100 * (1 + trend * (n + 1) / 4), 2), 30_000.0 * (1 + int(symbol[3])))
    return closes | {"TEC0": (round(98 - 1.7 * n + (n % 2), 2), 400_000.0)}


def doubt(market: Market) -> None:
    """One stock's bars are not believed."""
    Quarantine.objects.create(
        instrument_id=market.ids["TEC4"], reason="impossible_30m", detail="high is below low", session=FRIDAY.date,
        recorded_at=FRIDAY.open,
    )  # fmt: skip


def focus_of(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))


def test_a_stock_is_found_opened_and_closed_by_keyboard(
    lights: list[SectorRun], page: Page, live_server: LiveServer
) -> None:
    page.goto(live_server.url)
    page.keyboard.press("3")
    page.keyboard.press("Control+k")
    bar = page.get_by_role("dialog", name="Command bar")
    expect(bar).to_be_visible()
    page.keyboard.type("STK tec")
    expect(bar.get_by_role("link", name=re.compile("TEC0"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(bar).to_be_hidden()
    panel = page.get_by_role("complementary", name="Stock TEC1")
    expect(panel.get_by_role("heading", name="TEC1")).to_be_focused()
    expect(page).to_have_url(f"{live_server.url}/?panel=TEC1")
    expect(panel).to_contain_text("Adds to the score")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page).to_have_url(f"{live_server.url}/")
    assert page.evaluate("document.activeElement.id") == "sector-energy"


def test_the_search_field_finds_names_and_enter_takes_the_first(
    lights: list[SectorRun], page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/universe/")
    page.keyboard.press("/")
    page.keyboard.type("zero hold")
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Stock TEC0")
    expect(panel).to_contain_text("Technical Zero Holdings")
    expect(page.locator(".find-results")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("?gt1[]L")
    expect(page.locator(".find input")).to_have_value("?gt1[]L")
    expect(page).to_have_url(f"{live_server.url}/universe/")


def test_back_closes_the_panel_and_an_address_opens_it(
    lights: list[SectorRun], page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/universe/?sort=symbol")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="CON1")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Stock CON0")).to_be_visible()
    page.get_by_role("link", name="CON3").click()
    panel = page.get_by_role("complementary", name="Stock CON3")
    expect(panel.get_by_role("heading", name="CON3")).to_be_visible()
    expect(page).to_have_url(f"{live_server.url}/universe/?sort=symbol&panel=CON3")
    page.go_back()
    expect(panel).to_be_hidden()
    expect(page).to_have_url(f"{live_server.url}/universe/?sort=symbol")
    other = page.context.new_page()  # its console may speak of the 404
    other.goto(f"{live_server.url}/universe/?panel=BRK.B")
    expect(other.locator("#stock-panel")).to_contain_text("No stock is known by the symbol “BRK.B”")


def test_filters_with_the_panel_open_and_back_again(
    lights: list[SectorRun], page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/universe/")
    page.select_option("select[name=sector]", "energy")
    expect(page.locator("#universe tbody tr")).to_have_count(5)
    page.get_by_role("link", name="ENE2").click()
    expect(page.locator("#stock-panel")).to_contain_text("Energy")
    page.evaluate("window.stayed = true")
    page.go_back()
    expect(page.locator("#stock-panel")).to_be_hidden()
    expect(page.locator("#universe tbody tr")).to_have_count(5)
    assert page.evaluate("window.stayed") is True
    page.keyboard.press("[")
    page.wait_for_url("**/universe/?sector=energy&as_of=*")
    expect(page.locator("#universe tbody tr")).to_have_count(5)


def test_back_in_time_and_forth_by_keyboard(lights: list[SectorRun], page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url)
    bar = page.locator(".amber")
    expect(bar).to_have_count(0)
    grid = page.locator("ol.grid")
    page.keyboard.press("[")
    expect(bar).to_contain_text("What was known at Fri 21 Aug 2026 11:01 ET")
    expect(grid).to_have_attribute("data-seq", str(lights[1].pk))
    page.keyboard.press("[")
    expect(grid).to_have_attribute("data-seq", str(lights[0].pk))
    page.keyboard.press("[")
    expect(page.get_by_text("There is no earlier analysis.")).to_be_visible()
    page.keyboard.press("]")
    expect(grid).to_have_attribute("data-seq", str(lights[1].pk))
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/universe/?as_of=*")
    expect(bar).to_contain_text("11:01 ET")
    page.go_back()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sectors/technology/?as_of=*")
    page.keyboard.press("l")
    page.wait_for_url("**/sectors/healthcare/?as_of=*")
    page.keyboard.press("h")
    page.wait_for_url("**/sectors/technology/?as_of=*")
    page.keyboard.press("L")
    page.wait_for_url("**/sectors/technology/")
    expect(bar).to_have_count(0)


def test_the_form_goes_to_any_moment_and_keeps_the_panel(
    lights: list[SectorRun], page: Page, live_server: LiveServer
) -> None:
    with clock.frozen(FRIDAY.close):
        page.goto(f"{live_server.url}/?panel=TEC0")
        expect(page.locator(".stock-last")).to_have_text("$91.20")
        page.locator(".moment-choice summary").click()
        page.fill("input[name=as_of]", "2026-08-21T10:35")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?*as_of=2026-08-21T10%3A35*")
        expect(page.locator(".amber")).to_contain_text("10:35 ET")
        expect(page.locator(".stock-last")).to_have_text("$94.60")
        expect(page.locator("#stock-panel")).to_contain_text("as of Fri 21 Aug 2026 10:35 ET")


def test_mnemonics_lead_to_pages(lights: list[SectorRun], page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url)
    for typed, address in (("UNI", "**/universe/"), ("SEC tech", "**/sectors/technology/"), ("set", "**/settings/")):
        page.keyboard.press("`")
        expect(page.locator("#command-input")).to_be_focused()
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.wait_for_url(address)


def test_help_lists_the_keys_and_can_switch_them_off(
    lights: list[SectorRun], page: Page, live_server: LiveServer
) -> None:
    page.goto(live_server.url)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    for words in (
        "search a stock",
        "command bar",
        "time machine: the analysis before",
        "go to Universe",
        "data warnings",
    ):
        expect(keys).to_contain_text(words)
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_label("single keys work").uncheck()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Control+k")
    expect(page.locator("#command-bar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#command-bar")).to_be_hidden()  # keys are the dialog's as long as it is open
    page.evaluate("localStorage.removeItem('single-keys')")
    page.keyboard.press("!")
    assert page.evaluate("document.activeElement.matches('.card-note, .badge-warn, [data-warning]')")


def test_a_key_works_before_the_frame_after_a_dialog_closed(
    lights: list[SectorRun], page: Page, live_server: LiveServer
) -> None:
    page.goto(live_server.url)
    page.keyboard.press("Control+k")
    expect(page.locator("#command-input")).to_be_focused()
    left = page.evaluate(
        """() => {
          document.querySelector("#command-bar").close();
          const focused = document.activeElement.id;  // still, until the next frame
          document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }));
          return focused;
        }"""
    )
    assert left == "command-input"
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_without_scripts_links_and_forms_do_it_all(
    lights: list[SectorRun], page: Page, live_server: LiveServer
) -> None:
    cookies = page.context.cookies()
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    plain = context.new_page()
    plain.goto(f"{live_server.url}/universe/")
    plain.get_by_role("link", name="TEC0").click()
    expect(plain.get_by_role("heading", level=1)).to_contain_text("TEC0")
    plain.get_by_role("link", name="The analysis before this one").click()
    expect(plain.locator(".amber")).to_contain_text("11:01 ET")
    plain.fill(".find input", "ene4")
    plain.press(".find input", "Enter")
    plain.get_by_role("link", name=re.compile("ENE4")).click()
    expect(plain.locator(".amber")).to_be_visible()
    context.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_serious_for_accessibility(
    lights: list[SectorRun], page: Page, live_server: LiveServer, theme: str
) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    moment = lights[1].recorded_at.isoformat().replace("+00:00", "Z")
    addresses = ("/?panel=TEC0", "/universe/?panel=TEC0", "/stocks/TEC0/", f"/stocks/TEC4/?as_of={moment}")
    for address in addresses:
        page.goto(f"{live_server.url}{address}")
        page.wait_for_load_state("networkidle")
        assert serious(page) == [], f"{address} {theme}"
    page.goto(live_server.url)
    page.keyboard.press("Control+k")
    page.keyboard.type("tec")
    expect(page.locator("#command-bar [data-results] a").first).to_be_visible()
    assert serious(page) == [], f"command bar {theme}"
    page.keyboard.press("Escape")  # empties the field
    expect(page.locator("#command-input")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator("#command-bar")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert serious(page) == [], f"keys {theme}"


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_every_width(lights: list[SectorRun], page: Page, live_server: LiveServer, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    moment = lights[1].recorded_at.isoformat().replace("+00:00", "Z")
    addresses = {
        "grid": "/",
        "grid-then": f"/?as_of={moment}",
        "panel": f"/?as_of={moment}&panel=TEC0",
        "universe": "/universe/?panel=TEC0",
        "stock": f"/stocks/TEC0/?as_of={moment}",
    }
    for name, address in addresses.items():
        page.goto(f"{live_server.url}{address}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name


def test_targets_are_large_enough_for_fingers(lights: list[SectorRun], page: Page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 768, "height": 1024})
    page.goto(f"{live_server.url}/universe/")
    small = page.evaluate(
        """() => [...document.querySelectorAll("header a, header button, header summary, header input, tbody th a")]
        .filter((node) => node.offsetParent && !node.matches(".brand"))
        .map((node) => [node.outerHTML.slice(0, 80), node.getBoundingClientRect().height])
        .filter(([, height]) => height < 44)"""
    )
    assert small == []


def test_the_menu_has_operations_for_operators_only(
    lights: list[SectorRun], page: Page, live_server: LiveServer, trader: User
) -> None:
    page.goto(live_server.url)
    expect(page.locator("[data-go=o]")).to_have_count(0)
    User.objects.filter(pk=trader.pk).update(is_staff=True)
    page.reload()
    expect(page.locator("[data-go=o]")).to_have_text("Operations")
