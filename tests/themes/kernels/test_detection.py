"""Detection of themes, kernel by kernel: worked examples, oracles, edges, properties."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from themes.kernels.bursts import (
    CURATED,
    DISCOVERED,
    FLOOR,
    compute_dispersion,
    compute_expected,
    compute_log10_dispersed,
    compute_log10_surprise,
    find_burst_states,
    find_bursts,
    is_macro,
)
from themes.kernels.grouping import (
    compute_centroid,
    compute_closeness,
    compute_cosine,
    compute_idf,
    is_same_theme,
    jaccard,
    merge_terms,
    name_theme,
)
from themes.kernels.lifecycle import (
    Life,
    Member,
    advance,
    compute_intensity,
    compute_spread,
    find_primary_sector,
    list_contaminated,
)
from themes.kernels.membership import (
    compute_coherence,
    compute_price_part,
    compute_text_part,
    draw_matched_sets,
    find_members,
    score_confidence,
)
from themes.kernels.terms import compile_dictionaries, list_terms, match_dictionaries

NOON = dt.datetime(2026, 8, 21, 16, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


# --- terms


def test_terms_are_what_could_name_a_story() -> None:
    found = list_terms(
        "Acme (NASDAQ: ACME) announces first bitcoin treasury purchase; $ACME shares rise https://x.example/a"
    )
    assert {"bitcoin treasury", "bitcoin treasury purchase", "treasury purchase", "bitcoin", "acme"} <= found
    assert not found & {"announces", "first", "shares", "shares rise", "purchase shares", "nasdaq", "https"}


@pytest.mark.parametrize("text", ["", "   ", "the of and", "$ACME", "12 34 %"])
def test_texts_without_terms(text: str) -> None:
    assert list_terms(text) == frozenset()


def test_short_words_count_inside_longer_terms_only() -> None:
    found = list_terms("ai data center")
    assert "ai" not in found
    assert "ai data" in found


@given(st.text(max_size=200))
def test_any_text_gives_terms_of_one_to_three_words(text: str) -> None:
    assert all(1 <= len(term.split()) <= 3 for term in list_terms(text))


def test_dictionaries_match_blind_to_case_and_name_what_is_wrong() -> None:
    compiled = compile_dictionaries({"quantum": [r"\bquantum (computing|annealing)"], "empty": [], "ev": ["charging"]})
    assert match_dictionaries("A QUANTUM Computing order", compiled) == {"quantum"}
    assert match_dictionaries("nothing", compiled) == frozenset()
    with pytest.raises(ValueError, match=r"drones: '\(' is no regular expression"):
        compile_dictionaries({"drones": ["("]})


# --- bursts


def test_surprise_is_the_poisson_tail() -> None:
    expected = compute_expected([[0, 0], [12, 0], [300, 0]], [10_000, 0], [700, 0])
    assert expected.tolist() == pytest.approx([FLOOR, 0.84, 21])
    got = compute_log10_surprise([4, 8, 25], expected)
    assert got.tolist() == pytest.approx(
        [math.log10(stats.poisson.sf(k - 1, m)) for k, m in zip([4, 8, 25], expected, strict=True)]
    )
    assert compute_log10_surprise([0], [3.0])[0] == pytest.approx(0)
    assert compute_log10_surprise([400], [0.05])[0] < -1000  # logarithms: no zero


def test_every_kind_of_source_has_its_own_share() -> None:
    # 100 of 9,800 mentions in posts, none in the press: at night, when only posts are written, it is expected
    night = compute_expected([[0, 100]], [29_800, 9_800], [0, 1_000])[0]
    day = compute_expected([[0, 100]], [29_800, 9_800], [9_000, 0])[0]
    overall = 100 / 39_600
    assert night == pytest.approx(1_000 * (100 + 200 * overall) / 10_000)
    assert day == pytest.approx(9_000 * 200 * overall / 30_000)
    # a source without history takes the share over all
    assert compute_expected([[100, 0]], [10_000, 0], [0, 1_000])[0] == pytest.approx(10)


def test_words_that_always_came_in_waves_surprise_less() -> None:
    calm, wavy = [[2, 2, 2, 2]], [[0, 8, 0, 0]]
    assert compute_dispersion(calm, [[2.0] * 4])[0] == 1
    assert compute_dispersion(wavy, [[2.0] * 4])[0] == pytest.approx((4 + 36 + 4 + 4) / 8)
    assert compute_dispersion([[0, 0]], [[0.0, 0.0]])[0] == 1  # never written
    mean, over = 2.0, 6.0
    oracle = stats.nbinom.sf(11, mean / (over - 1), 1 / over)
    assert compute_log10_dispersed([12], [mean], [over])[0] == pytest.approx(math.log10(oracle))
    poisson = compute_log10_surprise([12], [mean])[0]
    assert compute_log10_dispersed([12], [mean], [1.0])[0] == pytest.approx(poisson)
    assert compute_log10_dispersed([12], [mean], [1.02])[0] == pytest.approx(poisson, abs=0.2)
    assert compute_log10_dispersed([0], [mean], [over])[0] == pytest.approx(0)


def test_a_candidate_needs_breadth_surprise_texts_and_several_voices() -> None:
    k, p = np.array([4, 3, 4, 4, 9, 9]), np.array([-7.0, -9.0, -5.0, -7.0, -8.0, -8.0])
    texts = np.array([4, 9, 9, 9, 4, 3])
    kinds, authors = np.array([2, 2, 2, 1, 1, 2]), np.array([1, 5, 5, 2, 3, 3])
    assert find_bursts(k, p, texts, kinds, authors, DISCOVERED).tolist() == [True, False, False, False, True, False]
    assert find_bursts(k, p, texts, kinds, authors, CURATED).tolist() == [True] * 6


@pytest.mark.parametrize(
    ("issuers", "active", "sectors", "excess", "naming", "macro"),
    [
        (81, 1000, 0, 2.0, 1.0, True),
        (80, 1000, 0, 2.0, 1.0, False),
        (21, 40, 0, 2.0, 1.0, True),
        (20, 40, 0, 2.0, 1.0, False),
        (5, 0, 0, 2.0, 1.0, False),
        (8, 1000, 6, 0.2, 1.0, True),
        (8, 1000, 6, -0.4, 1.0, True),
        (8, 1000, 5, 0.2, 1.0, False),
        (8, 1000, 6, -0.9, 1.0, False),
        (8, 1000, 6, float("nan"), 1.0, False),
        (5, 1000, 2, 3.0, 0.3, True),
        (5, 1000, 2, 3.0, 0.34, False),
    ],
)
def test_the_markets_weather_is_no_theme(
    issuers: int, active: int, sectors: int, excess: float, naming: float, macro: bool
) -> None:
    assert is_macro(issuers, active, sectors, excess, naming) is macro


def brute_force(r: list[int], d: list[int]) -> list[bool]:
    """Every sequence of states, by cost: the oracle of the Viterbi recursion."""
    base = min(sum(r) / sum(d), 0.999)
    rates, enter = (base, min(3 * base, 0.9999)), math.log(max(len(r), 2))

    def cost(states: tuple[int, ...]) -> float:
        fit = sum(
            -(x * math.log(rates[s]) + (n - x) * math.log1p(-rates[s])) for s, x, n in zip(states, r, d, strict=True)
        )
        return fit + enter * sum(b > a for a, b in itertools.pairwise((0, *states)))

    return [bool(s) for s in min(itertools.product((0, 1), repeat=len(r)), key=lambda s: (cost(s), s))]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=9))
def test_the_automaton_finds_the_cheapest_sequence(r: list[int]) -> None:
    d = [20] * len(r)
    states = find_burst_states(r, d).tolist()
    if sum(r) == 0:
        assert not any(states)
        return
    best = brute_force(r, d)
    if states != best:  # equal costs may be broken either way
        base = min(sum(r) / sum(d), 0.999)
        rates, enter = (base, min(3 * base, 0.9999)), math.log(max(len(r), 2))

        def cost(s: list[bool]) -> float:
            fit = sum(-(x * math.log(rates[k]) + (20 - x) * math.log1p(-rates[k])) for k, x in zip(s, r, strict=True))
            return fit + enter * sum(b > a for a, b in itertools.pairwise([False, *s]))

        assert cost(states) == pytest.approx(cost(best))


def test_a_planted_burst_is_found_where_it_is() -> None:
    relevant = [0, 1, 0, 0, 1, 9, 8, 10, 9, 1, 0, 0]
    assert find_burst_states(relevant, [50] * 12).tolist() == [5 <= at <= 8 for at in range(12)]
    assert find_burst_states([], []).size == 0


# --- grouping


def test_terms_of_the_same_documents_are_one_candidate() -> None:
    documents = {
        "bitcoin treasury": frozenset({1, 2, 3, 4}),
        "treasury reserve": frozenset({2, 3, 4}),
        "uranium": frozenset({7, 8, 9}),
        "reserve asset": frozenset({4, 5, 6}),
    }
    merged = merge_terms(
        documents, {"bitcoin treasury": -9, "treasury reserve": -7, "uranium": -8, "reserve asset": -6.5}
    )
    assert [one.terms for one in merged] == [("bitcoin treasury", "treasury reserve"), ("uranium",), ("reserve asset",)]
    assert merged[0].documents == {1, 2, 3, 4}
    assert merge_terms({}, {}) == ()
    assert jaccard(frozenset(), frozenset()) == 0


def test_old_documents_make_a_term_less_common() -> None:
    idf = compute_idf({"new": [(0, 5)], "old": [(14, 5)]}, [(0, 50), (14, 50)])
    assert idf["new"] == pytest.approx(math.log((1 + 62.5) / (1 + 5)) + 1)
    assert idf["old"] == pytest.approx(math.log((1 + 62.5) / (1 + 1.25)) + 1)


def test_a_centroid_describes_its_own_documents_best() -> None:
    idf = {"bitcoin": 3.0, "treasury": 3.0, "uranium": 4.0, "growth": 1.1}
    texts = [frozenset({"bitcoin", "treasury", "growth"}), frozenset({"bitcoin", "treasury"})]
    centroid = compute_centroid(texts, idf)
    assert sum(weight**2 for weight in centroid.values()) == pytest.approx(1)
    assert compute_closeness(texts[0], centroid, idf) > 0.95
    assert compute_closeness(frozenset({"uranium"}), centroid, idf) == 0
    assert compute_closeness(frozenset({"growth", "uranium"}), centroid, idf) < 0.35
    assert compute_centroid([], idf) == {}
    assert compute_centroid([frozenset()], idf) == {}
    assert compute_cosine(centroid, centroid) == pytest.approx(1)


def test_themes_alike_in_words_and_members_are_the_same() -> None:
    one, other = {"bitcoin": 1.0}, {"bitcoin": 0.8, "treasury": 0.6}
    assert is_same_theme((one, other), (frozenset({1, 2, 3}), frozenset({2, 3})))
    assert not is_same_theme((one, other), (frozenset({1, 2, 3}), frozenset({3, 4, 5})))
    assert not is_same_theme((one, {"uranium": 1.0}), (frozenset({1}), frozenset({1})))


def test_names_are_the_typical_terms_and_say_nothing_twice() -> None:
    inside = {"bitcoin treasury": 9, "bitcoin": 10, "treasury": 9, "reserve": 8, "growth": 10}
    assert name_theme(inside, {"growth": 900, "reserve": 20}, 10, 1000) == "bitcoin-treasury_reserve"
    assert name_theme({}, {}, 0, 0) == ""


# --- membership


def test_text_part_saturates_with_fresh_close_documents() -> None:
    part = compute_text_part([0, 24, 0], [1.0, 0.8, 0.5], [0, 0, 2], 3)
    assert part.tolist() == pytest.approx([1 - math.exp(-1.4), 0, 1 - math.exp(-0.5)])
    assert compute_text_part([], [], [], 2).tolist() == [0, 0]


def test_price_part_is_the_shrunk_correlation_with_the_others() -> None:
    rng = np.random.default_rng(3)
    common = rng.normal(size=39)
    excess = common[:, None] + 0.3 * rng.normal(size=(39, 4))
    excess[:, 3] = rng.normal(size=39)
    weights = [1, 1, 1, 0]
    got = compute_price_part(excess, weights)
    basket = excess[:, [1, 2]].mean(axis=1)
    assert got[0] == pytest.approx(np.corrcoef(excess[:, 0], basket)[0, 1] * 39 / 59)
    assert abs(got[3]) < 0.3
    before = excess.copy()
    compute_price_part(excess, weights)
    assert np.array_equal(excess, before)


def test_price_part_is_unknown_where_little_is_known() -> None:
    excess = np.full((10, 3), np.nan)
    excess[:4] = 1.0
    assert np.isnan(compute_price_part(excess, [1, 1, 1])).all()
    flat = np.ones((20, 2))
    assert np.isnan(compute_price_part(flat, [1, 1])).all()


def test_members_followers_and_neither() -> None:
    members = find_members(
        np.array([0.6, 0.3, 0.05, 0.05, 0.0, 0.5]),
        np.array([np.nan, 0.5, 0.9, 0.4, 0.6, -0.9]),
        np.array([0.0, 0.0, 3.0, 3.0, 1.0, 9.0]),
    )
    assert members.belongs.tolist() == [True, True, False, False, False, False]
    assert members.follows.tolist() == [False, False, True, False, False, False]
    assert members.score[0] == pytest.approx(0.36)


def test_coherence_stands_out_from_matched_sets() -> None:
    correlation = np.full((40, 40), 0.05) + np.random.default_rng(1).normal(0, 0.02, (40, 40))
    correlation[:4, :4] = 0.6
    sets = draw_matched_sets([0, 1, 2, 3], np.arange(40) % 4, sets=100, seed=2)
    assert sets.shape == (100, 4)
    assert sets.min() >= 4
    assert all((sets[:, at] % 4 == at).all() for at in range(4))
    assert compute_coherence(correlation, [0, 1, 2, 3], sets) > 10
    assert abs(compute_coherence(correlation, sets[0], sets)) < 4


def test_coherence_is_unknown_for_one_stock_or_a_flat_world() -> None:
    flat = np.full((9, 9), 0.1)
    sets = draw_matched_sets([0, 1], np.zeros(9, int), sets=5)
    assert math.isnan(compute_coherence(flat, [0], sets))
    assert math.isnan(compute_coherence(flat, [0, 1], sets))
    assert draw_matched_sets([], np.zeros(3, int), sets=4).shape == (4, 0)
    lonely = draw_matched_sets([0], np.array([1, 2, 2]), sets=6)  # nobody else in its group: any other
    assert set(lonely.ravel()) <= {1, 2}


def test_text_alone_is_watched_text_with_price_is_published() -> None:
    text = score_confidence(-9, 9, 2, float("nan"), float("nan"))
    both = score_confidence(-9, 9, 2, 3.5, 0.7)
    assert text == pytest.approx(1 / (1 + math.exp(3.6 - 2.2 * 0.75 - 1.6 * 0.75 - 1.2 * 2 / 3)))
    assert 0.5 <= text < 0.7 < both
    assert score_confidence(5, 0, 0, -9, 0) == pytest.approx(1 / (1 + math.exp(3.6)))


@given(
    st.floats(-400, 0), st.integers(0, 99), st.integers(0, 5), st.floats(-20, 20), st.floats(0, 1), st.integers(1, 9)
)
def test_confidence_is_a_share_and_grows_with_its_evidence(
    log10_p: float, issuers: int, kinds: int, z: float, busy: float, more: int
) -> None:
    base = score_confidence(log10_p, issuers, kinds, z, busy)
    assert 0 <= base <= 1
    assert score_confidence(log10_p - more, issuers, kinds, z, busy) >= base
    assert score_confidence(log10_p, issuers + more, kinds, z, busy) >= base
    assert score_confidence(log10_p, issuers, kinds + more, z, busy) >= base
    assert score_confidence(log10_p, issuers, kinds, z + more, busy) >= base


# --- lifecycle


def live(values: list[tuple[float, float, float]], *, spreads: bool = False, life: Life | None = None) -> list[Life]:
    """Hour by hour: (log10 p, mean z, mean RVOL)."""
    lives = [life or Life()]
    for hour, (log10_p, z, rvol) in enumerate(values):
        lives.append(advance(lives[-1], NOON + hour * HOUR, log10_p, z, rvol, spreads=spreads))
    return lives[1:]


def test_intensity_of_the_first_hour_and_of_nothing() -> None:
    assert compute_intensity(Life(), -6, 2, 6)[0] == pytest.approx(0.5 * 0.5 + 0.3 * 0.5 + 0.2)
    nan = float("nan")
    assert compute_intensity(Life(), nan, nan, nan) == (0, 0, 0)
    assert compute_intensity(Life(), 3.0, -9, 0.0)[0] == 0
    later = compute_intensity(Life(hours=1, burst=1.0, move=0.0), 0, 0, 1)
    assert later[1] == pytest.approx(2 ** (-1 / 6))


def test_a_whole_life() -> None:
    lives = live([(-12, 4, 6)] * 10)
    assert {one.phase for one in lives} == {"emerging"}
    lives = live([(-12, 4, 6)] * 3, spreads=True, life=lives[-1])
    assert lives[-1].phase == "spreading"
    lives = live([(-6, 2, 2)] * 30, life=lives[-1])
    peak = next(at for at, one in enumerate(lives) if one.phase == "peak")
    assert lives[peak].off_peak_h == 6
    lives = live([(0, 0, 1)] * 40, life=lives[-1])
    cooling = next(one for one in lives if one.phase == "cooling")
    assert cooling.intensity < 0.6 * cooling.peak
    assert cooling.falling_h >= 12
    assert cooling.cooling_since is not None
    lives = live([(0, 0, 1)] * 60, life=lives[-1])
    assert lives[-1].phase == "dormant"
    lives = live([(-12, 4, 6)] * 12, life=lives[-1])
    assert lives[0].phase == "dormant"
    reignited = next(one for one in lives if one.phase == "reignited")
    assert (reignited.is_past_peak, reignited.cooling_since) == (False, None)
    assert lives[-1].phase == "reignited"


def test_a_new_high_takes_the_peak_back() -> None:
    lives = live([(-8, 2, 3)] * 12)
    lives = live([(-3, 0.5, 1.5)] * 20, life=lives[-1])
    assert lives[-1].is_past_peak
    lives = live([(-12, 4, 6)] * 30, life=lives[-1])
    assert not lives[-1].is_past_peak


def test_a_small_story_has_no_peak_and_a_day_ends_its_emergence() -> None:
    lives = live([(-4, 0.5, 1.2)] * 6 + [(-1, 0, 1)] * 30)
    assert max(one.peak for one in lives) < 0.45
    assert not any(one.is_past_peak for one in lives)
    assert [one.phase for one in lives[:24]] == ["emerging"] * 24
    assert lives[30].phase == "spreading"


def member(sector: str, hours: float, *, moved: float | None = 1, score: float = 1, excess: float = 2.0) -> Member:
    at = NOON + hours * HOUR
    return Member(sector, score, at, None if moved is None else at + moved * HOUR, excess)


def test_contaminated_sectors_in_the_order_they_were_reached() -> None:
    members = [member("technology", hour) for hour in range(4)]
    members += [member("energy", 30), member("energy", 33, excess=float("nan"))]
    members += [member("financial", 20, excess=1.0), member("financial", 26, excess=3.0)]
    members += [member("materials", 5)]  # alone
    members += [member("utilities", 5, moved=None), member("utilities", 6, moved=49)]  # did not move in time
    found = list_contaminated(members, "technology")
    assert [(one.sector, one.lag_h) for one in found] == [("financial", 20), ("energy", 30)]
    assert found[0].mean_excess == pytest.approx(2)
    assert found[1].mean_excess == pytest.approx(2)
    assert found[0].share == pytest.approx(2 / 11)
    assert list_contaminated([], "technology") == ()


def test_a_small_share_is_no_contamination_and_an_unknown_move_stays_unknown() -> None:
    many = [member("technology", 0) for _ in range(20)] + [member("energy", 1), member("energy", 2)]
    assert list_contaminated(many, "technology") == ()
    nan = float("nan")
    few = [member("technology", 0), member("energy", 1, excess=nan), member("energy", 2, excess=nan)]
    assert math.isnan(list_contaminated(few, "technology")[0].mean_excess)
    assert list_contaminated([member("energy", 1, score=0), member("energy", 1, score=0)], "technology") == ()


def test_the_primary_sector_is_that_of_the_earliest_quarter() -> None:
    evidence = [(NOON + n * HOUR, "technology" if n >= 3 else "energy", 1.0) for n in range(12)]
    assert find_primary_sector(evidence) == "energy"
    assert find_primary_sector([]) == ""
    assert find_primary_sector([(NOON, "energy", 0.0)]) == "energy"


def test_spread_over_sectors() -> None:
    assert compute_spread({"a": 3.0}) == 0
    assert compute_spread({str(n): 1.0 for n in range(8)}) == pytest.approx(7 / 8)
    assert math.isnan(compute_spread({}))
