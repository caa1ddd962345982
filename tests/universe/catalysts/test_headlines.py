"""Headlines as they are written, and what they count as: a kind and a direction, or nothing at all."""

from __future__ import annotations

import pytest

from sectors.kernels import parameters
from universe.kernels.catalysts import ALWAYS_BEARISH, KINDS, Finding, classify_article
from universe.kernels.headlines import RULES

UP, DOWN, UNKNOWN = 1, -1, None
NAMED = [
    # the regulator
    ("Acme wins FDA approval for Velorin in rare kidney disease", "fda_decision", UP),
    ("FDA approves Acme Biosciences' eczema cream", "fda_decision", UP),
    ("Acme Biosciences receives FDA 510(k) clearance for glucose monitor", "fda_decision", UP),
    ("U.S. Food and Drug Administration grants accelerated approval to Acme’s Velorin", "fda_decision", UP),
    ("FDA lifts clinical hold on Acme gene therapy", "fda_decision", UP),
    ("FDA rejects Acme's application for Velorin", "fda_decision", DOWN),
    ("Acme gets complete response letter from FDA", "fda_decision", DOWN),
    ("FDA declines to approve Acme's migraine drug", "fda_decision", DOWN),
    ("FDA places clinical hold on Acme Biosciences trial", "fda_decision", DOWN),
    ("FDA panel votes against approval of Acme's Velorin", "fda_decision", DOWN),
    # trials
    ("Acme's Phase 3 study of Velorin met its primary endpoint", "trial_readout", UP),
    ("Acme reports positive topline results from Phase 2 trial", "trial_readout", UP),
    ("Acme drug did not meet primary endpoint in late-stage study", "trial_readout", DOWN),
    ("Acme Biosciences drug fails in late-stage trial", "trial_readout", DOWN),
    ("Acme study of Velorin misses main goal", "trial_readout", DOWN),
    ("Acme discontinues Phase 2 trial of Velorin", "trial_readout", DOWN),
    # deals
    ("Acme Biosciences to be acquired by Beta Pharma for $12 per share in cash", "merger", UP),
    ("Beta Pharma to acquire Acme Biosciences in $1.2 billion deal", "merger", UP),
    ("Beta agrees to buy Acme for $8 a share", "merger", UP),
    ("Acme receives unsolicited takeover proposal from private equity firm", "merger", UP),
    ("Acme to go private, agrees to be acquired at 40% premium", "merger", UP),
    ("Acme rejects Beta's $10-a-share takeover offer", "merger", DOWN),
    ("Beta terminates merger agreement with Acme", "merger", DOWN),
    ("Beta walks away from Acme acquisition", "merger", DOWN),
    # capital
    ("Acme prices $25 million public offering of common stock", "offering", DOWN),
    ("Acme Biosciences announces proposed underwritten public offering", "offering", DOWN),
    ("Acme announces $8 million registered direct offering priced at-the-market", "offering", DOWN),
    ("Acme announces $15 million private placement", "offering", DOWN),
    ("Acme launches at-the-market program of up to $50 million", "offering", DOWN),
    ("Acme withdraws proposed public offering of common stock", "news", UP),
    ("Acme announces 1-for-20 reverse stock split", "reverse_split", DOWN),
    ("Acme board approves share consolidation", "reverse_split", DOWN),
    # outlook and results
    ("Acme raises full-year guidance after strong quarter", "guidance", UP),
    ("Acme cuts 2026 revenue outlook", "guidance", DOWN),
    ("Acme withdraws full-year guidance", "guidance", DOWN),
    ("Acme raises revenue guidance but cuts profit outlook", "guidance", UNKNOWN),
    ("Acme tops third quarter estimates", "earnings", UP),
    ("Acme Q3 earnings beat expectations", "earnings", UP),
    ("Acme misses Q3 revenue estimates", "earnings", DOWN),
    ("Acme quarterly profit falls short of expectations", "earnings", DOWN),
    ("Acme beats on earnings, misses on revenue", "earnings", UNKNOWN),
    ("Acme reports third quarter 2026 financial results", "earnings", UNKNOWN),
    # analysts
    ("Acme upgraded to buy at Northgate", "analyst", UP),
    ("Northgate upgrades Acme to outperform", "analyst", UP),
    ("Acme downgraded at Northgate on valuation", "analyst", DOWN),
    ("Northgate cuts Acme to hold, trims target to $4", "analyst", DOWN),
    ("Acme price target raised to $20 from $15 at Northgate", "analyst", UP),
    ("Price target on Acme lowered to $5 at Northgate", "analyst", DOWN),
    # business
    ("Acme wins $40 million Department of Defense contract", "contract", UP),
    ("Acme Biosciences signs 8-year supply agreement", "contract", UP),
    ("Acme receives $12 million purchase order from utility", "contract", UP),
    ("Acme loses largest contract to rival", "contract", DOWN),
    ("Customer cancels $30 million order with Acme", "contract", DOWN),
    ("Acme announces strategic partnership with Beta for AI diagnostics", "partnership", UP),
    ("Acme enters license agreement with Beta for Velorin in Japan", "partnership", UP),
    ("Beta terminates collaboration with Acme", "partnership", DOWN),
]
NOTHING = [
    # plans are no decisions
    "Acme submits application for FDA approval of Velorin",
    "FDA accepts Acme's new drug application for review",
    "Acme receives FDA orphan drug designation ahead of approval filing",
    "Acme expects FDA decision on Velorin approval in June",
    "FDA clears Acme's IND application for Velorin",
    "Acme to present Phase 2 trial data in December",
    "Acme to report third quarter results on November 12",
    "Acme earnings preview: what to watch",
    "Acme set to report Q3 earnings; analysts expect a beat of estimates",
    # other things that sound alike
    "Acme reaffirms full-year guidance",
    "Acme closes previously announced public offering of common stock",
    "Acme prices $300 million senior notes offering",
    "Acme to acquire assets of Beta for $20 million",
    "Acme announces stock repurchase program",
    "Acme board receives court order in patent case",
    "Acme shareholders reject reverse split",
    # lawyers, lists, opinions, echoes
    "SHAREHOLDER ALERT: law firm investigates claims on behalf of Acme investors after FDA rejects Velorin",
    "Acme class action: lead plaintiff deadline approaching",
    "Why Acme stock is up 12% today",
    "Is Acme a bargain after its recent pullback?",
    "3 biotech stocks to buy now, including Acme",
    "Mid-day movers: Acme, Beta, Gamma",
    "Acme shares jump 14% on heavy volume",
    "Acme (ACME) soars as short sellers rush to cover",
    "No news as Acme climbed 9%",
]


COMPANY = "Acme Biosciences, Inc. Common Stock"


def read(
    title: str, sentiment: str | None = None, *, tagged: int = 1, description: str = "", company: str = COMPANY
) -> Finding | None:
    return classify_article(title, description, sentiment, symbol="ACME", company=company, tagged=tagged)


@pytest.mark.parametrize(("title", "kind", "direction"), NAMED, ids=[each[0][:50] for each in NAMED])
def test_a_named_event(title: str, kind: str, direction: int | None) -> None:
    found = read(title)
    assert found is not None, title
    assert (found.kind, found.direction) == (kind, direction)


@pytest.mark.parametrize("title", NOTHING)
def test_what_is_no_event(title: str) -> None:
    found = read(title)
    assert found is None or found.direction is None, f"{title}: {found}"


def test_every_rule_has_an_example() -> None:
    decided = {found.rule.removeprefix("headline: ") for title, *_ in NAMED if (found := read(title))}
    assert {rule.name for rule in RULES} == decided


def test_kinds_are_those_that_the_score_weighs() -> None:
    assert set(KINDS) == set(parameters.CATALYST_WEIGHTS)
    assert ALWAYS_BEARISH == parameters.ALWAYS_BEARISH
    for rule in RULES:
        assert rule.kind in KINDS
        assert not (rule.kind in ALWAYS_BEARISH and rule.direction == UP)


@pytest.mark.parametrize(("sentiment", "direction"), [("positive", UP), ("negative", DOWN)])
def test_an_insight_gives_the_direction_of_generic_news_and_of_results(sentiment: str, direction: int) -> None:
    assert (found := read("Acme names new chief executive", sentiment)) and (found.kind, found.direction) == (
        "news",
        direction,
    )
    assert (found := read("Acme reports third quarter results", sentiment)) and (found.kind, found.direction) == (
        "earnings",
        direction,
    )


@pytest.mark.parametrize("sentiment", ["neutral", None, "euphoric"])
def test_without_an_insight_generic_news_is_nothing(sentiment: str | None) -> None:
    assert read("Acme names new chief executive", sentiment) is None


def test_an_insight_does_not_turn_a_rule_round() -> None:
    assert (found := read("Acme wins FDA approval for Velorin", "negative")) and found.direction == UP


@pytest.mark.parametrize(
    "title", ["Why Acme stock is down 12%", "Acme shares tumbled 9% after the open", "Top 5 stocks to watch: Acme"]
)
def test_a_price_move_is_not_fed_back_as_news(title: str) -> None:
    assert read(title, "negative") is None


def test_the_buyer_is_not_the_target() -> None:
    assert read("Acme to acquire Beta Pharma for $10 a share", tagged=2) is None
    assert (
        found := read("Acme to acquire Beta Pharma for $10 a share", "positive", tagged=2)
    ) is None or found.kind != "merger"
    assert read("Acme rejects takeover offer from Beta", tagged=2) is not None
    beta = classify_article(
        "Acme to acquire Beta Pharma for $10 a share", "", None, symbol="BETA", company="Beta Pharma Ltd", tagged=2
    )
    assert beta is not None and (beta.kind, beta.direction) == ("merger", UP)


def test_the_broker_is_not_upgraded() -> None:
    title = "Acme upgraded to buy at Northgate Capital"
    assert classify_article(title, "", None, symbol="NGC", company="Northgate Capital Group, Inc.", tagged=2) is None


@pytest.mark.parametrize("tagged", [1, 2])
def test_who_is_tagged_but_not_named_is_not_concerned(tagged: int) -> None:
    assert read("FDA approves Beta Pharma's inhaler", "positive", tagged=tagged, company="Zenith Mining Corp") is None


def test_one_tag_may_be_named_by_the_first_words() -> None:
    found = read("Velorin wins FDA approval", description="Acme Biosciences (NASDAQ: ACME) said on Tuesday ...")
    assert found is not None and found.kind == "fda_decision"
    assert read("Velorin wins FDA approval", description="Acme Biosciences said ...", tagged=2) is None


def test_entities_and_typographic_signs_are_read() -> None:
    assert (found := read("Acme&#8217;s Velorin didn’t meet its primary endpoint")) and found.direction == DOWN
