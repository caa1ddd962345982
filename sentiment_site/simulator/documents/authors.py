"""Who writes posts: a crowd per channel with a few who are followed by many, newcomers, and crews of young accounts."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sentiment_site.simulator.documents.dice import Dice, mix
from sentiment_site.simulator.documents.document import Author, Channel

STREAM = 24
INFLUENCERS = 15
_TABLE = 1 << 14  # places over which the authors are spread by how often they write
_SNOWFLAKES_SINCE = 1288834974657
_FIRST = ("alpha", "bagholder", "bear", "bull", "candle", "chart", "dip", "fib", "float", "gamma", "green", "iron",
          "lazy", "lucky", "micro", "moon", "quiet", "red", "silver", "sleepy", "small", "swing", "tape", "theta",
          "tiny", "value", "wall", "yolo")  # fmt: skip
_SECOND = ("annie", "ape", "cap", "carl", "desk", "dude", "eagle", "fox", "gains", "hawk", "hunter", "jack", "joe",
           "lion", "mike", "monk", "owl", "pete", "pro", "rider", "sam", "shark", "street", "tom", "trader", "whale",
           "wolf", "zen")  # fmt: skip


class Crowd:
    """The authors of a channel, drawn once per seed; all accounts are older than `before`.

    Followers follow a power law; on Reddit the number stands for karma. `table` spreads the authors by their activity.
    """

    def __init__(self, channel: Channel, seed: int, count: int, before: dt.datetime) -> None:
        rng = np.random.default_rng([seed, STREAM, tuple(Channel).index(channel)])
        self._channel = channel
        age = np.minimum(20.0 + 365.0 * rng.gamma(2.2, 1.9, count), 365.0 * 14)
        followers = np.minimum(8.0 * (1.0 - rng.random(count)) ** (-1 / 1.05), 9e5).astype(np.int64)
        active = np.sort(rng.pareto(1.3, count) + 0.05)[::-1]
        followers[:INFLUENCERS] = np.sort(rng.integers(40_000, 900_000, INFLUENCERS))[::-1]
        words = rng.integers(0, 1 << 62, count).tolist()
        self.authors: list[Author] = [
            make_author(channel, word, before - dt.timedelta(days=days), fans)
            for word, days, fans in zip(words, age.tolist(), followers.tolist(), strict=True)
        ]
        # influencers write often, yet no author writes more than a few percent
        share = np.minimum(active, 40.0) / np.minimum(active, 40.0).sum()
        places = np.searchsorted(np.cumsum(share), (np.arange(_TABLE) + 0.5) / _TABLE)
        self._table: list[Author] = [self.authors[min(place, count - 1)] for place in places.tolist()]

    def pick(self, dice: Dice, at: float) -> Author:
        """Who writes at this moment (epoch seconds): 3 % are newcomers, the rest of the crowd by activity."""
        if dice.unit() < 0.03:
            word = int(dice.unit() * (1 << 53))
            born = dt.datetime.fromtimestamp(int(at - 86_400.0 * (1.0 + dice.wait(12.0))), dt.UTC)
            return make_author(self._channel, word, born, int(3.0 * dice.tail(1.2)))
        return dice.pick(self._table)

    def influencer(self, dice: Dice) -> Author:
        """One of those with the most followers."""
        return self.authors[dice.whole(0, INFLUENCERS - 1)]


def make_author(channel: Channel, word: int, born: dt.datetime, followers: int, bot: bool = False) -> Author:
    """An account; everything about it follows from its word."""
    dice = Dice(word)
    born = born.replace(microsecond=0)
    name = f"{dice.pick(_FIRST)}{dice.pick(('', '_', ''))}{dice.pick(_SECOND)}{dice.pick(('', dice.whole(1, 9999)))}"
    if bot:
        name = f"{dice.pick(_FIRST)}{dice.pick(_SECOND)}{dice.whole(10_000, 9_999_999)}"
    milliseconds = int(born.timestamp() * 1000)
    if channel is Channel.X:
        # accounts had short numbers until 2015
        id = str((milliseconds - _SNOWFLAKES_SINCE << 22) | word & 0x3FFFFF)
        if born.year < 2016:
            id = str(10_000_000 + word % 3_900_000_000)
    else:
        id = f"t2_{base36(milliseconds // 10 * 64 + word % 64)}"
    posts = int(min((60.0 if bot else 15.0) * dice.tail(0.8), 3e5))
    return Author(id, name, born, followers, dice.whole(5, 900), posts, bot)


def make_crew(channel: Channel, word: int, count: int, begins: float) -> list[Author]:
    """Accounts that push a security from `begins` (epoch seconds) on: days or weeks old, few followers, many posts."""
    dice, crew = Dice(word), []
    for number in range(count):
        old = dice.unit() < 0.1  # bought accounts
        days = dice.between(200.0, 900.0) if old else dice.between(0.5, 28.0)
        born = dt.datetime.fromtimestamp(int(begins - 86_400.0 * days), dt.UTC)
        crew.append(make_author(channel, mix(word, number), born, int(2.0 * dice.tail(1.1)), bot=dice.unit() < 0.7))
    return crew


def base36(number: int) -> str:
    """Lower-case digits of base 36."""
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
        if not number:
            return digits
