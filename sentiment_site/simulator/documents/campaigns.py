"""What is written while a crowd pushes a price: pumps with their crews and newsletters, and honest squeezes."""

from __future__ import annotations

from sentiment_site.simulator.documents.authors import make_crew
from sentiment_site.simulator.documents.brief import DAY, HOUR, Brief
from sentiment_site.simulator.documents.document import Author, Channel
from sentiment_site.simulator.documents.item import Item

_MOST_POSTS = 500
_MASTERS = 3  # texts a crew repeats in each channel, from 2 to twice that less one
_EFFECTIVE_AFTER = 6 * DAY
_DILUTION_DISCOUNT = (0.75, 0.92)


def plan_pump(brief: Brief) -> None:
    """Nothing while shares are gathered; then newsletters, posts by crews that repeat each other, in a third of cases a
    hollow press release, and a filing that sells stock into it."""
    run, dump = brief.phase("run"), brief.phase("dump")
    promoted = brief.moment("promotion_at") or run[0]
    price = brief.price
    for _ in range(1 + brief.dice.count(0.7)):
        brief.add(Channel.RELEASE, promoted + brief.dice.wait(2 * HOUR), "promo", tone=0.8, price=price)
    _posts(brief, promoted, run, dump)
    faked = brief.moment("fake_release_at")
    if faked is not None:
        brief.add(Channel.RELEASE, faked, "fake", tone=0.7)
    for _ in range(brief.dice.count(1.5)):
        brief.add(Channel.NEWS, run[0] + 0.5 * HOUR + brief.dice.unit() * (run[1] - run[0]), "list", tone=0.2)
    _dilute(brief)


def _posts(brief: Brief, promoted: float, run: tuple[float, float], dump: tuple[float, float]) -> None:
    dice = brief.dice
    rate = brief.usual() * brief.number("posts_factor", 40.0)
    young = brief.number("young_accounts", 0.7)
    crews = {
        channel: make_crew(channel, dice.word(), dice.whole(10, 28), promoted)
        for channel in (Channel.X, Channel.REDDIT)
    }
    masters: dict[Channel, list[Item]] = {Channel.X: [], Channel.REDDIT: []}
    wanted = {channel: dice.whole(2, 2 * _MASTERS - 1) for channel in masters}
    copies = brief.number("duplicates", 0.5)
    count = min(rate * max((run[1] - run[0]) / DAY, 0.4), float(_MOST_POSTS))
    # the crew posts before and during the run, less in the dump, when the others find out
    moments = [_between(brief, promoted, run[1]) for _ in range(dice.count(count))]
    moments += [_between(brief, *dump) for _ in range(dice.count(min(count, 150.0) * 0.4))]
    for at in sorted(moments):
        channel = Channel.X if dice.unit() < 0.65 else Channel.REDDIT
        author = _from_crew(brief, crews[channel]) if dice.unit() < young else None
        source = "pennystocks" if channel is Channel.REDDIT and author else ""
        known = masters[channel]
        # earlier posts count towards the share of copies, so later ones are copied a little more often
        if known and dice.unit() < copies * 1.08:
            first = dice.pick(known)
            brief.add(channel, at, "pump", tone=0.9, price=brief.price, author=author, source=source, repeats=first)
            continue
        kind, tone = ("pump", 0.9) if author or at < dump[0] else ("bag", -0.7)
        item = brief.add(channel, at, kind, tone=tone, price=brief.price, author=author, source=source, heat=2.0)
        if kind == "pump" and len(known) < wanted[channel]:
            known.append(item)


def _between(brief: Brief, first: float, last: float) -> float:
    """A moment at which people are awake, more often later than sooner."""
    for _ in range(6):
        at = first + (last - first) * float(brief.dice.unit() ** 0.8)
        if brief.awake(at):
            return at
    return at


def _from_crew(brief: Brief, crew: list[Author]) -> Author:
    """A few accounts do most of it."""
    return crew[min(int(len(crew) * brief.dice.unit() ** 2.2), len(crew) - 1)]


def _dilute(brief: Brief) -> None:
    filed = brief.moment("dilution_at")
    if filed is None:
        return
    form = str(brief.story.facts.get("dilution_form", "424B5"))
    if form == "S-3":
        shelf = brief.add(Channel.FILING, filed, "S-3", tone=-0.3)
        brief.add(Channel.FILING, shelf.at + _EFFECTIVE_AFTER, "EFFECT")
        return
    dice = brief.dice
    # the price is that of the day of the filing, which is not known when the story begins; the discount is
    share = dice.whole(20, 60) / 100.0
    shares = max(round(brief.cast.subject(brief.row).shares * share, -4), 100_000.0)
    facts = {"shares": f"{shares:,.0f}", "discount": str(dice.between(*_DILUTION_DISCOUNT))}
    private = dice.unit() < 0.5
    sold = brief.add(Channel.FILING, filed, "424B5", tone=-0.6, facts=facts)
    papers = "3.02" if private else "offering"
    brief.add(Channel.FILING, sold.at + 120.0 + dice.wait(600.0), papers, tone=-0.6, facts=facts)
    brief.add(Channel.RELEASE, sold.at + 60.0 + dice.wait(600.0), "offering", tone=-0.3, facts=facts)
    for _ in range(dice.count(4.0)):
        brief.add(Channel.X, sold.at + 0.3 * HOUR + dice.wait(2 * HOUR), "offering", tone=-0.6, facts=facts)


def plan_squeeze(brief: Brief) -> None:
    """Loud and honest: old accounts, many words, hardly a copy."""
    dice = brief.dice
    rise, retreat = brief.phase("rise"), brief.phase("retreat")
    facts = {"si": f"{100.0 * brief.number('short_of_float', 0.25):.1f}%",
             "cover": f"{max(brief.number('days_to_cover', 3.0), 1.0):.0f}"}  # fmt: skip
    rate = brief.usual() * brief.number("posts_factor", 25.0)
    first = rise[0] + 0.6 * HOUR
    moments = [_between(brief, first, rise[1]) for _ in range(_count(brief, rate, rise))]
    moments += [_between(brief, *retreat) for _ in range(_count(brief, 0.3 * rate, retreat))]
    for at in moments:
        channel = Channel.X if dice.unit() < 0.55 else Channel.REDDIT
        source = "wallstreetbets" if channel is Channel.REDDIT and dice.unit() < 0.6 else ""
        tone = dice.between(0.3, 0.9) if at < rise[1] else dice.between(-0.6, 0.5)
        brief.add(channel, at, "squeeze", tone=tone, facts=facts, source=source)
    for _ in range(3 + dice.count(6.0)):
        brief.add(
            Channel.NEWS, _between(brief, first, retreat[1]), "squeeze", tone=dice.between(-0.1, 0.5), facts=facts
        )


def _count(brief: Brief, rate: float, phase: tuple[float, float]) -> int:
    return brief.dice.count(min(rate * (phase[1] - phase[0]) / DAY, float(_MOST_POSTS)))
