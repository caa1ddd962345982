"""What people post about stocks, as the social inputs of the red flags: how much, by how few, copied, by whom, how."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from django.db import connection

from themes.kernels.red_flags import FEWEST_POSTS

from .signs import Signs

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int32]
Counts = Mapping[int, tuple[int, int]]

DAY = dt.timedelta(days=1)
WINDOW_POSTS, WINDOW_COPIES, WINDOW_BASE = DAY, 2 * DAY, 21 * DAY
MOST_DAYS = 20.0
SLACK = dt.timedelta(hours=3)
YOUNG = 30 * DAY
LOW_CREDIBILITY, FEWEST_CALLS = 0.3, 5
MOST_POSTS = 20_000
INPUTS = ("posts_24h", "mention_z", "top_authors", "duplicates", "young", "promotion")

_POSTS = """
SELECT m.instrument_id, d.id, d.event_at, d.author, d.cluster_id, d.recorded_at, i.created_on, i.credibility, i.calls
FROM themes_mention m JOIN themes_document d ON d.id = m.document_id
LEFT JOIN themes_tweet t ON t.document_id = d.id LEFT JOIN themes_redditpost r ON r.document_id = d.id
LEFT JOIN themes_influencer i ON i.id = coalesce(t.influencer_id, r.influencer_id)
WHERE m.instrument_id = ANY(%(ids)s) AND m.event_at > %(since)s AND m.event_at <= %(at)s AND d.recorded_at <= %(known)s
  AND d.kind IN ('x', 'reddit')
ORDER BY m.event_at DESC, d.id DESC LIMIT %(most)s
"""
_COUNTS = """
SELECT m.instrument_id, count(*) FILTER (WHERE m.event_at > %(day)s), count(*) FILTER (WHERE m.event_at <= %(day)s)
FROM themes_mention m JOIN themes_document d ON d.id = m.document_id
WHERE m.event_at > %(since)s AND m.event_at <= %(at)s AND d.recorded_at <= %(known)s AND d.kind IN ('x', 'reddit')
GROUP BY m.instrument_id
"""


class Post(NamedTuple):
    """A post about a stock and what is known of its author; credibility counts from five settled calls on."""

    instrument_id: int
    document_id: int
    event_at: dt.datetime
    author: str
    cluster_id: int
    recorded_at: dt.datetime
    created_on: dt.date | None
    credibility: float | None
    calls: int | None


def count_mentions(at: dt.datetime, known_at: dt.datetime) -> dict[int, tuple[int, int]]:
    """Posts of the last day and of the twenty days before it, by instrument. One statement over all stocks."""
    asked = {"at": at, "known": known_at, "day": at - WINDOW_POSTS, "since": at - WINDOW_BASE}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, asked)
        return {int(one): (int(day), int(before)) for one, day, before in cursor.fetchall()}


def score_bursts(counts: Counts, since: dt.datetime | None, at: dt.datetime) -> dict[int, float]:
    """Posts of the day in deviations of the stock's own days: (posts - usual) / sqrt(usual + 1), counts as of Poisson.

    since: of the first post that is here, None where nobody reads. Empty until a whole day before this one is there.
    """
    days = 0.0 if since is None else min((at - WINDOW_POSTS - since) / DAY, MOST_DAYS)
    if days < 1.0:
        return {}
    return {one: (day - before / days) / float(np.sqrt(before / days + 1.0)) for one, (day, before) in counts.items()}


def load_posts(ids: Ids, at: dt.datetime, known_at: dt.datetime) -> dict[int, list[Post]]:
    """The posts of 48 hours, oldest first, by instrument; of a flood the newest 20,000. One statement."""
    asked = {"ids": ids.tolist(), "at": at, "known": known_at, "since": at - WINDOW_COPIES, "most": MOST_POSTS}
    found: dict[int, list[Post]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_POSTS, asked)
        for row in reversed(cursor.fetchall()):
            found[row[0]].append(Post(*row))
    return found


def read_posts(
    ids: Ids,
    posts: Mapping[int, Sequence[Post]],
    signs: Mapping[int, Signs],
    at: dt.datetime,
    since: dt.datetime | None,
    counts: Counts,
) -> dict[str, Floats]:
    """The social inputs, (n,) each, by name. A stock without posts had none where the feed was read all day."""
    z, looked = score_bursts(counts, since, at), since is not None and since <= at - WINDOW_POSTS + SLACK
    columns: dict[str, list[float]] = {name: [] for name in INPUTS}
    for one in ids.tolist():
        rows = posts.get(one, ())
        day = [post for post in rows if post.event_at > at - WINDOW_POSTS]
        columns["posts_24h"].append(float(len(day)) if day or looked else float("nan"))
        columns["mention_z"].append(z.get(one, 0.0 if z else float("nan")))
        if len(day) < FEWEST_POSTS:  # no campaign, whatever they look like; and nothing to take shares of
            for name in INPUTS[2:]:
                columns[name].append(float("nan"))
            continue
        authors = Counter(post.author for post in day)
        columns["top_authors"].append(sum(count for _, count in authors.most_common(10)) / len(day))
        columns["duplicates"].append(share_copied(rows, at))
        columns["young"].append(share_doubtful(day))
        read = [signs[post.document_id] for post in day if signs[post.document_id].is_known]
        columns["promotion"].append(sum(each.is_promotional for each in read) / len(read) if read else float("nan"))
    return {name: np.array(column, dtype=np.float64) for name, column in columns.items()}


def share_copied(posts: Sequence[Post], at: dt.datetime) -> float:
    """Share of the day's posts that repeat an earlier one about the stock, of 48 hours; posts oldest first."""
    seen: set[int] = set()
    copies = total = 0
    for post in posts:
        if post.event_at > at - WINDOW_POSTS:
            total += 1
            copies += post.cluster_id in seen
        seen.add(post.cluster_id)
    return copies / total if total else float("nan")


def share_doubtful(posts: Sequence[Post]) -> float:
    """Share of posts by accounts under 30 days old or of poor record; NaN where less than half of them are known."""
    known = doubtful = 0
    for post in posts:
        settled = post.calls is not None and post.calls >= FEWEST_CALLS
        if post.created_on is None and not settled:
            continue
        known += 1
        young = post.created_on is not None and post.event_at.date() - post.created_on < YOUNG
        doubtful += young or (settled and (post.credibility or 0.0) < LOW_CREDIBILITY)
    return doubtful / known if known and known >= len(posts) / 2 else float("nan")
