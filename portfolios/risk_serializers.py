"""Shapes of the risk API. Dollars and fractions are numbers, moments UTC; null is unknown, with a reason beside it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .models import GreekKind
from .risk.asking import BOUNDS, MOVES_MAX, NAME_MAX, SCENARIOS_MAX


def _number(help_text: str = "") -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=help_text)


class BasisSerializer(serializers.Serializer[Any]):
    """What an answer stands on."""

    session = serializers.DateField(help_text="The last session whose closes entered.")
    as_of = serializers.DateTimeField(help_text="The moment whose knowledge it is.")
    live = serializers.BooleanField()
    simulated = serializers.BooleanField(allow_null=True, help_text="Made from simulated prices; null without any.")
    greeks = serializers.ChoiceField(choices=GreekKind.choices, help_text="Whose deltas weigh options.")
    total_value = serializers.FloatField()
    cash = serializers.FloatField()
    positions = serializers.IntegerField()
    unpriced = serializers.ListField(child=serializers.CharField(), help_text="Symbols at their entry price.")
    rate = serializers.FloatField(help_text="Risk-free, per year.")


class UnmeasuredSerializer(serializers.Serializer[Any]):
    """Something that could not be computed, and why."""

    key = serializers.CharField(allow_blank=True, help_text="Id of the position, where it is one.")
    symbol = serializers.CharField()
    what = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class AnswerSerializer(serializers.Serializer[Any]):
    """What every answer has."""

    basis = BasisSerializer()
    missing = UnmeasuredSerializer(many=True)


class GreeksSerializer(serializers.Serializer[Any]):
    """One contract, or 100 shares, counts 1; theta per calendar day, vega per point, rho per point of rate."""

    source = serializers.ChoiceField(choices=GreekKind.choices)  # type: ignore[assignment]  # a field's own name
    delta = serializers.FloatField()
    gamma = serializers.FloatField()
    theta = serializers.FloatField()
    vega = serializers.FloatField()
    rho = serializers.FloatField()


class GreekLineSerializer(serializers.Serializer[Any]):
    """One position, both sources side by side."""

    key = serializers.CharField()
    symbol = serializers.CharField()
    underlying = serializers.CharField()
    position_type = serializers.CharField()
    quantity = serializers.DecimalField(max_digits=15, decimal_places=4)
    expiration = serializers.DateField(allow_null=True)
    strike = _number()
    spot = _number("Dollars per share of the underlying.")
    mock = GreeksSerializer()
    model = GreeksSerializer(allow_null=True)
    mock_dollar_delta = _number()
    model_dollar_delta = _number()
    volatility = _number("Per year, a fraction.")
    volatility_source = serializers.ChoiceField(choices=["implied", "ewma", ""])
    note = serializers.CharField(allow_blank=True, help_text="Why not the implied one.")


class GreekTotalsSerializer(serializers.Serializer[Any]):
    """Sums of one source."""

    greeks = GreeksSerializer()
    dollar_delta = serializers.FloatField()
    positions = serializers.IntegerField()
    left_out = serializers.ListField(child=serializers.CharField())
    no_spot = serializers.ListField(child=serializers.CharField())


class BookGreeksSerializer(AnswerSerializer):
    """Greeks of a book; mock and model never meet in one sum."""

    positions = GreekLineSerializer(many=True, source="lines")
    mock = GreekTotalsSerializer()
    model = GreekTotalsSerializer()


class SidesSerializer(serializers.Serializer[Any]):
    """Dollars by sign; short is a magnitude."""

    long = serializers.FloatField()
    short = serializers.FloatField()
    gross = serializers.FloatField()
    net = serializers.FloatField()
    unknown = serializers.ListField(child=serializers.CharField(), help_text="Ids of positions that are not in it.")


class ExposureSerializer(serializers.Serializer[Any]):
    """A group of positions."""

    positions = serializers.IntegerField()
    market_value = SidesSerializer()
    notional = SidesSerializer()
    delta_adjusted = SidesSerializer()
    beta_weighted = SidesSerializer()


class MarketBetaSerializer(serializers.Serializer[Any]):
    """The book in dollars of one benchmark."""

    benchmark = serializers.CharField()
    weighted = SidesSerializer()
    beta = _number("Net over total value.")


class ConcentrationSerializer(serializers.Serializer[Any]):
    """How few names carry the book, netted per underlying."""

    weights = serializers.DictField(child=serializers.FloatField(), help_text="Share of gross, largest first.")
    hhi = serializers.FloatField()
    effective_names = serializers.FloatField()


class SectorWeightSerializer(serializers.Serializer[Any]):
    """A sector's share of the book against the universe."""

    sector = serializers.CharField()
    title = serializers.CharField()
    held = serializers.FloatField()
    universe = serializers.FloatField()
    active = serializers.FloatField()


class ExposuresSerializer(AnswerSerializer):
    """All exposures. A position with several tags is in each: tags do not add up to the book."""

    book = ExposureSerializer(source="exposure.book")
    by_sector = serializers.DictField(child=ExposureSerializer(), source="exposure.by_sector")
    by_tag = serializers.DictField(child=ExposureSerializer(), source="exposure.by_tag")
    by_option = serializers.DictField(child=ExposureSerializer(), source="exposure.by_option")
    by_underlying = serializers.DictField(child=ExposureSerializer(), source="exposure.by_underlying")
    portfolio_beta = serializers.FloatField(
        source="exposure.portfolio_beta", allow_null=True, help_text="Beta-weighted net over total value."
    )
    benchmark = serializers.CharField(allow_blank=True, help_text="Whose betas weigh; empty: none has bars.")
    betas = MarketBetaSerializer(many=True)
    concentration = ConcentrationSerializer()
    top_ten = serializers.FloatField()
    sector_weights = SectorWeightSerializer(many=True)
    universe_by = serializers.CharField(allow_blank=True)


class FactorLineSerializer(serializers.Serializer[Any]):
    """One factor. alone: one at a time, "exposure to", never to be added up."""

    name = serializers.CharField()
    description = serializers.CharField()
    proxy = serializers.CharField()
    factor_type = serializers.CharField()
    used = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    beta = _number("Jointly, by ridge.")
    low = _number("Lower end of the 95 % band.")
    high = _number()
    standard_error = _number()
    alone = _number()
    vif = _number("Variance inflation; null beyond measure.")
    dollars = _number()
    share = _number("Of the book's variance.")


class VolatilitySplitSerializer(serializers.Serializer[Any]):
    """Per year, fractions of total value."""

    total = serializers.FloatField()
    factor = serializers.FloatField()
    specific = serializers.FloatField()
    factor_share = serializers.FloatField()
    value_at_risk = serializers.FloatField(help_text="95 %, one session, in a normal world.")


class ShortInterestSerializer(serializers.Serializer[Any]):
    """The custom factor."""

    exposure = _number("Sum of weight times z-score.")
    weighed = serializers.FloatField(help_text="Share of gross that has a score.")
    days = serializers.IntegerField()
    in_regression = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)


class FactorViewSerializer(AnswerSerializer):
    """Factor betas of a book."""

    factors = FactorLineSerializer(many=True)
    reason = serializers.CharField(allow_blank=True)
    penalty = serializers.FloatField()
    observations = serializers.IntegerField()
    common = serializers.IntegerField()
    short_sample = serializers.BooleanField()
    r_squared = _number()
    condition = _number()
    coverage = serializers.FloatField()
    volatility = VolatilitySplitSerializer(allow_null=True)
    short_interest = ShortInterestSerializer()


class RatiosSerializer(serializers.Serializer[Any]):
    """Annualised by 252 sessions; fractions."""

    observations = serializers.IntegerField()
    cumulative_return = _number()
    annual_return = _number()
    volatility = _number()
    sharpe = _number()
    sortino = _number()
    calmar = _number()
    max_drawdown = _number()
    beta = _number()
    alpha = _number()
    value_at_risk = _number("The return at the 5 % quantile of what happened.")
    conditional_value_at_risk = _number()


class BenchmarkSerializer(serializers.Serializer[Any]):
    """Beta and alpha against one benchmark."""

    symbol = serializers.CharField()
    beta = _number()
    alpha = _number()
    observations = serializers.IntegerField()


class RatioViewSerializer(serializers.Serializer[Any]):
    """Ratios of the stored daily rows."""

    basis = BasisSerializer()
    ratios = RatiosSerializer()
    reasons = serializers.DictField(child=serializers.CharField(), help_text="Why a ratio is null, by its name.")
    first = serializers.DateField(allow_null=True)
    last = serializers.DateField(allow_null=True)
    benchmarks = BenchmarkSerializer(many=True)
    expected_beta = _number("Of the positions held.")
    peak = serializers.DateField(allow_null=True)
    trough = serializers.DateField(allow_null=True)
    recovery = serializers.DateField(allow_null=True)


class ClusterSerializer(serializers.Serializer[Any]):
    """Names that move together."""

    names = serializers.ListField(child=serializers.CharField())
    weight = serializers.FloatField()
    gross = serializers.FloatField()
    mean_correlation = _number()


class ClusterViewSerializer(AnswerSerializer):
    """Correlation clusters."""

    names = serializers.ListField(child=serializers.CharField(), source="map.names")
    correlation = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), source="map.correlation"
    )
    clusters = ClusterSerializer(many=True, source="map.clusters")
    shrinkage = serializers.FloatField(source="map.intensity", allow_null=True)
    effective_bets = serializers.FloatField(source="map.effective_bets")


class ScenarioSerializer(serializers.Serializer[Any]):
    """Moves as fractions. shocks: symbol to its own move."""

    name = serializers.CharField(max_length=NAME_MAX)
    market = serializers.FloatField(default=0.0, min_value=BOUNDS["market"][0], max_value=BOUNDS["market"][1])
    sectors = serializers.DictField(child=serializers.FloatField(), default=dict)
    volatility = serializers.FloatField(
        default=0.0, min_value=BOUNDS["volatility"][0], max_value=BOUNDS["volatility"][1]
    )
    rates = serializers.FloatField(default=0.0, min_value=BOUNDS["rates"][0], max_value=BOUNDS["rates"][1])
    shocks = serializers.DictField(child=serializers.FloatField(), default=dict, help_text=f"At most {MOVES_MAX}.")

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """A theme's weights as the moves they make."""
        theme = instance.theme
        return {
            "name": instance.name,
            "market": instance.market,
            "sectors": dict(instance.sectors),
            "volatility": instance.volatility,
            "rates": instance.rates,
            "shocks": {} if theme is None else theme.moves,
        }


class ScenariosSerializer(serializers.Serializer[Any]):
    """Scenarios of one's own."""

    scenarios = ScenarioSerializer(many=True, allow_empty=False, max_length=SCENARIOS_MAX)  # type: ignore[call-arg]


class StressLineSerializer(serializers.Serializer[Any]):
    """One position."""

    key = serializers.CharField()
    symbol = serializers.CharField()
    pnl = serializers.FloatField()


class StressOutcomeSerializer(serializers.Serializer[Any]):
    """The book under one scenario."""

    scenario = ScenarioSerializer()
    pnl = serializers.FloatField()
    pct = _number("Of total value.")
    positions = StressLineSerializer(many=True, source="lines", help_text="Worst first.")
    by_sector = serializers.DictField(child=serializers.FloatField())
    missing = UnmeasuredSerializer(many=True)


class StressViewSerializer(serializers.Serializer[Any]):
    """Every scenario."""

    basis = BasisSerializer()
    benchmark = serializers.CharField(allow_blank=True)
    outcomes = StressOutcomeSerializer(many=True)


class StockReadingSerializer(serializers.Serializer[Any]):
    """What is known of one stock beside its sector."""

    free_float = _number()
    short_percent = _number("Percent of the float.")
    days_to_cover = _number()
    halted_since = serializers.DateTimeField(allow_null=True)
    theme = serializers.CharField(allow_null=True)
    temperature = serializers.CharField(allow_null=True)
    squeeze = _number()
    manipulation = _number()
    reasons = serializers.DictField(child=serializers.CharField(), help_text="Why a field is null.")


class LitPositionSerializer(serializers.Serializer[Any]):
    """A position beside its sector's light."""

    key = serializers.CharField()
    symbol = serializers.CharField()
    underlying = serializers.CharField()
    position_type = serializers.CharField()
    sector = serializers.CharField(allow_null=True)
    dollars = serializers.FloatField(help_text="Delta-adjusted, negative if bearish.")
    colour = serializers.CharField(source="lit.colour", help_text="no_read, no_sector: there is no light.")
    verb = serializers.CharField(source="lit.verb", allow_blank=True)
    confidence = serializers.FloatField(source="lit.confidence", allow_null=True)
    with_light = serializers.FloatField(source="lit.with_light", help_text="-1 fights it fully, 1 goes with it.")
    stock = StockReadingSerializer()


class WarnedSerializer(serializers.Serializer[Any]):
    """Where the book fights the evidence."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=["high", "medium"])
    key = serializers.CharField()
    message = serializers.CharField()


class LitViewSerializer(AnswerSerializer):
    """The book and the light."""

    positions = LitPositionSerializer(many=True)
    long_shares = serializers.DictField(child=serializers.FloatField(), source="book.long_shares")
    short_shares = serializers.DictField(child=serializers.FloatField(), source="book.short_shares")
    long_gross = serializers.FloatField(source="book.long_gross")
    short_gross = serializers.FloatField(source="book.short_gross")
    agreement = serializers.FloatField(source="book.agreement", allow_null=True)
    light_adjusted_net = serializers.FloatField(source="book.light_adjusted_net")
    headlines = serializers.ListField(child=serializers.CharField(), source="book.headlines")
    warnings = WarnedSerializer(many=True, source="book.warnings")
    light_as_of = serializers.DateTimeField(allow_null=True)
    light_simulated = serializers.BooleanField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
