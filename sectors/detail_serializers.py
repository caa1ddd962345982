"""The JSON of one sector in depth: stocks, explanation, movers, freshness. null is missing and never a zero."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sectors.cards import Card, Mover, Side
from sectors.detail import StockRow
from sectors.kernels.parameters import HORIZONS
from sectors.serializers import ProvenanceSerializer

PARTS = ("gap", "volume", "alignment", "tradability")


class ConstituentSerializer(serializers.Serializer[Any]):
    """One constituent; moves in percent points, contribution in points of the score."""

    symbol = serializers.CharField()
    name = serializers.CharField()
    moves = serializers.SerializerMethodField(help_text="Percent points by timeframe.")
    rvol = serializers.FloatField(allow_null=True, help_text="Relative volume for the time of day.")
    opening_gap = serializers.FloatField(source="gap", allow_null=True)
    weight = serializers.FloatField(help_text="Share of the sector, 0..1.")
    contribution = serializers.FloatField()
    rank = serializers.FloatField(allow_null=True, help_text="0..10.")
    rank_parts = serializers.SerializerMethodField(help_text="The four parts of the rank, 0..1 each.")
    float_shares = serializers.FloatField(allow_null=True)
    average_dollar_volume = serializers.FloatField(source="dollar_volume", allow_null=True)
    last = serializers.FloatField(allow_null=True)
    official_close = serializers.FloatField(allow_null=True)
    excluded = serializers.CharField(allow_blank=True, help_text="Why it takes no part; empty when it does.")
    badges = serializers.ListField(child=serializers.CharField())

    @extend_schema_field(serializers.DictField(child=serializers.FloatField(allow_null=True)))
    def get_moves(self, row: StockRow) -> dict[str, float | None]:
        """The four moves by name."""
        return dict(zip(HORIZONS, row.moves, strict=True))

    @extend_schema_field(serializers.DictField(child=serializers.FloatField(allow_null=True)))
    def get_rank_parts(self, row: StockRow) -> dict[str, float | None]:
        """The four parts by name."""
        return dict(zip(PARTS, row.rank_parts, strict=True))


class ConstituentsSerializer(ProvenanceSerializer):
    """A sector's stocks as filtered and sorted."""

    seq = serializers.IntegerField()
    sector = serializers.CharField()
    count = serializers.IntegerField(help_text="How many fit the filters.")
    next_offset = serializers.IntegerField(allow_null=True, help_text="The offset of the next page, null on the last.")
    results = ConstituentSerializer(many=True)


class StepSerializer(serializers.Serializer[Any]):
    """One step of the waterfall. The values of all steps sum exactly to the score."""

    key = serializers.CharField()
    title = serializers.CharField()
    factor = serializers.FloatField(allow_null=True)
    value = serializers.DecimalField(max_digits=9, decimal_places=6)
    running = serializers.DecimalField(max_digits=9, decimal_places=6)


class StockStepSerializer(serializers.Serializer[Any]):
    """What one stock adds to a timeframe; the rows of a timeframe sum to its step."""

    symbol = serializers.CharField()
    move = serializers.FloatField(allow_null=True)
    counted = serializers.FloatField(source="clipped", allow_null=True, help_text="The move as clipped.")
    share = serializers.FloatField(allow_null=True)
    value = serializers.DecimalField(max_digits=9, decimal_places=6)


class WaySerializer(serializers.Serializer[Any]):
    """What would lead to another colour, each alone."""

    colour = serializers.CharField()
    distance = serializers.DecimalField(max_digits=6, decimal_places=3)
    moves = serializers.DictField(child=serializers.FloatField(allow_null=True))
    stocks = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DictField(child=serializers.FloatField()))
    def get_stocks(self, way: Any) -> dict[str, float]:
        """Moves of single stocks, percent from here."""
        return {stock.symbol: stock.move for stock in way.stocks}


class MissingSerializer(serializers.Serializer[Any]):
    """What is not there and why."""

    what = serializers.CharField()
    why = serializers.CharField()


class ExplanationSerializer(ProvenanceSerializer):
    """Why a sector has its colour."""

    seq = serializers.IntegerField()
    sector = serializers.CharField()
    formula = serializers.CharField()
    status = serializers.CharField()
    score = serializers.DecimalField(max_digits=4, decimal_places=3, allow_null=True)
    colour = serializers.CharField()
    steps = StepSerializer(many=True)
    timeframes = serializers.DictField(child=StockStepSerializer(many=True))
    catalysts = serializers.ListField(child=serializers.DictField())
    ways_out = WaySerializer(many=True)
    missing = MissingSerializer(many=True)
    abstentions = serializers.ListField(child=serializers.CharField())
    challengers = serializers.DictField(child=serializers.FloatField(allow_null=True), help_text="Scores by formula.")


class MoverSerializer(serializers.Serializer[Mover]):
    """One top mover with the parts of its rank."""

    symbol = serializers.CharField()
    move = serializers.FloatField()
    rvol = serializers.FloatField(allow_null=True)
    rank = serializers.FloatField()
    gap = serializers.FloatField()
    volume = serializers.FloatField()
    alignment = serializers.FloatField()
    tradability = serializers.FloatField(source="shortability")
    is_new = serializers.BooleanField()
    volume_spike = serializers.BooleanField(source="spike")
    low_float = serializers.BooleanField()


class SideSerializer(serializers.Serializer[Side]):
    """One list; `hidden` says why a page does not show it."""

    hidden = serializers.CharField(allow_blank=True)
    movers = MoverSerializer(many=True)


class SectorMoversSerializer(serializers.Serializer[Card]):
    """Both lists of a sector."""

    sector = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True)
    bearish = serializers.SerializerMethodField()
    bullish = serializers.SerializerMethodField()

    @extend_schema_field(SideSerializer)
    def get_bearish(self, card: Card) -> dict[str, Any]:
        """The falling ones."""
        return _side(card, "bear")

    @extend_schema_field(SideSerializer)
    def get_bullish(self, card: Card) -> dict[str, Any]:
        """The rising ones."""
        return _side(card, "bull")


class MoversSerializer(ProvenanceSerializer):
    """The top movers of all sectors."""

    seq = serializers.IntegerField()
    sectors = SectorMoversSerializer(many=True, source="cards")


class FreshnessSerializer(serializers.Serializer[Any]):
    """How current the light is. Ages count in session time: a closed market ages nothing."""

    state = serializers.ChoiceField(choices=["LIVE", "DELAYED", "AGEING", "STALE", "NO DATA"])
    text = serializers.CharField()
    age_s = serializers.FloatField(allow_null=True)
    seq = serializers.IntegerField()
    as_of = serializers.DateTimeField(allow_null=True)
    ageing_from = serializers.DateTimeField(allow_null=True)
    stale_from = serializers.DateTimeField(allow_null=True)
    delay_s = serializers.IntegerField(allow_null=True)
    simulated = serializers.BooleanField(allow_null=True)


def _side(card: Card, key: str) -> dict[str, Any]:
    side = next((each for each in card.sides if each.key == key), Side(key, "", "", "", ()))
    return dict(SideSerializer(side).data)
