"""The language model's words on an analysis as the page shows them: wrong numbers struck through, with why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from macro.analyst.check import CONTEXT, Piece, list_pieces, list_texts
from macro.cards import PERMISSIONS, REGIMES, Face
from macro.models import MacroOpinion, MacroSentimentAnalysis


@dataclass(frozen=True, slots=True)
class Text:
    """One of its texts. kind: summary, evidence or risks."""

    kind: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What was said, or why nothing was (`row.state` failed). checked, struck: numbers. regime, permission: its own."""

    row: MacroOpinion
    texts: tuple[Text, ...]
    regime: Face | None
    permission: Face | None
    confidence: int | None
    checked: int
    struck: int

    def of_kind(self, kind: str) -> list[Text]:
        """Its texts of one kind."""
        return [text for text in self.texts if text.kind == kind]

    @property
    def summary(self) -> list[Text]:
        """The summary."""
        return self.of_kind("summary")

    @property
    def evidence(self) -> list[Text]:
        """What it saw."""
        return self.of_kind("evidence")

    @property
    def risks(self) -> list[Text]:
        """What would change it."""
        return self.of_kind("risks")


def get_opinion(analysis: MacroSentimentAnalysis, known_at: datetime) -> Opinion | None:
    """The newest usable opinion on an analysis known at a moment, else the newest failure; None if nobody was asked.

    One statement.
    """
    rows = list(MacroOpinion.objects.filter(analysis=analysis, ended_at__lte=known_at).order_by("-ended_at")[:10])
    done = [row for row in rows if row.state == MacroOpinion.State.DONE]
    return build_opinion((done or rows)[0]) if rows else None


def build_opinion(row: MacroOpinion) -> Opinion:
    """The opinion of a stored row."""
    answer = row.answer or {}
    texts = [
        Text(path.partition(".")[0], tuple(list_pieces(path, words, row.claims))) for path, words in list_texts(answer)
    ]
    checked = [claim for claim in row.claims if claim["verdict"] != CONTEXT]
    return Opinion(
        row=row,
        texts=tuple(texts),
        regime=REGIMES.get(answer.get("market_regime", "")),
        permission=PERMISSIONS.get(answer.get("trade_permission", "")),
        confidence=answer.get("confidence"),
        checked=len(checked),
        struck=sum(piece.is_struck for text in texts for piece in text.pieces),
    )
