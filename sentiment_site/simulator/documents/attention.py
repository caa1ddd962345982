"""What documents gather: likes, replies, score, comments. Heavy-tailed, and come by and by."""

from __future__ import annotations

import datetime as dt
import math

from sentiment_site.simulator.documents.dice import Dice
from sentiment_site.simulator.documents.document import Author, Channel, Document

_HALF_COME = {Channel.X: 2.5 * 3600.0, Channel.REDDIT: 5.0 * 3600.0}  # seconds
_SHARES = frozenset({"ratio"})  # percentages do not grow


def draw_attention(channel: Channel, dice: Dice, author: Author | None, heat: float) -> dict[str, int]:
    """What a post will have gathered in the end. X: likes, reposts, replies, quotes, impressions; Reddit: score,
    comments, ratio (upvotes in percent). Nothing for other channels."""
    followers = author.followers if author else 10
    if channel is Channel.X:
        likes = int(heat * (0.4 + 0.006 * followers**0.85) * (dice.tail(1.25) - 0.6))
        impressions = int(12 + followers * dice.between(0.05, 0.4) + likes * dice.between(15.0, 70.0))
        return {
            "likes": likes,
            "reposts": int(likes * dice.between(0.02, 0.3)),
            "replies": int(heat * (dice.tail(1.5) - 0.9) + likes * dice.between(0.0, 0.2)),
            "quotes": int(likes * dice.between(0.0, 0.05)),
            "impressions": impressions,
        }
    if channel is Channel.REDDIT:
        score = int(heat * 1.5 * (dice.tail(0.95) - 0.7))
        return {
            "score": min(score, 90_000),
            "comments": int(heat * (dice.tail(1.2) - 0.8) + min(score, 90_000) ** 0.8 * dice.between(0.1, 0.9)),
            "ratio": int(dice.between(55.0, 99.0)),
        }
    return {}


def gathered(document: Document, name: str, now: dt.datetime) -> int:
    """What of a document's attention has come by `now`: none before it is public, half after some hours, all in the
    end; 0 for a name it does not have. A vendor shows this number, never the total."""
    total = document.attention.get(name, 0)
    age = (now - document.at).total_seconds()
    if age < 0:
        return 0
    if name in _SHARES:
        return total
    return int(total * -math.expm1(-math.log(2.0) * (age / _HALF_COME.get(document.channel, 3600.0)) ** 0.8))
