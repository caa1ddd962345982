"""What is written when a company has something to say: reports, offerings, reverse splits, catalysts, and storms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sentiment_site.simulator.documents.brief import DAY, HOUR, Brief
from sentiment_site.simulator.documents.document import Channel
from sentiment_site.simulator.documents.figures import day_and_month, dollars, drug, money, per_share, person

_MINUTE = 60.0
# topic of a catalyst: key of its texts
_CATALYSTS = {
    "drug_approval": "approval",
    "trial_failure": "failure",
    "takeover": "takeover",
    "contract_win": "contract",
}
_STORM_FILINGS = {"chief_executive_leaves": "5.02", "activist_investor": "13D"}


def plan_earnings(brief: Brief) -> None:
    """The release and the 8-K at once, articles and posts after, the 10-Q by the day after."""
    story, dice = brief.story, brief.dice
    eps, estimate = brief.number("eps", 0.1), brief.number("eps_estimate", 0.1)
    kind, sign = ("beat", 1.0) if eps >= estimate else ("miss", -1.0)
    move = story.members[0].amplitude
    tone = sign * dice.between(0.3, 0.8)
    facts = {"eps": per_share(eps), "epsx": per_share(estimate), "rev": money(brief.number("revenue", 1e7)),
             "date": day_and_month(story.begins.date() + dt.timedelta(days=1))}  # fmt: skip
    known = min((brief.usual() / 0.1) ** 0.5, 12.0)
    if dice.unit() < 0.8:
        brief.add(Channel.RELEASE, brief.begins + 20 + dice.wait(90.0), kind, tone=tone, facts=facts)
    brief.add(Channel.FILING, brief.begins + 2 * _MINUTE + dice.wait(15 * _MINUTE), "2.02", tone=tone, facts=facts)
    for _ in range(dice.count(0.25 + 0.3 * known)):
        brief.add(Channel.NEWS, brief.begins + 3 * _MINUTE + dice.wait(2 * HOUR), kind, tone=tone, facts=facts)
    for _ in range(dice.count(0.3 * known * (1.0 + 12.0 * abs(move)))):
        channel = Channel.X if dice.unit() < 0.75 else Channel.REDDIT
        brief.add(channel, brief.begins + 2 * _MINUTE + dice.wait(4 * HOUR), kind, tone=tone + dice.between(-0.3, 0.3),
                  facts=facts, heat=1.5)  # fmt: skip
    if dice.unit() < 0.6:
        brief.add(Channel.FILING, brief.begins + dice.between(0.05, 0.7) * DAY, "10-Q")


def plan_offering(brief: Brief) -> None:
    """Proposed after the close and priced at night, or priced before the open; then the papers, and the grumbling."""
    dice = brief.dice
    priced = brief.moment("priced_at") or brief.begins
    price = brief.number("offering_price", brief.close * (1.0 - brief.number("discount", 0.12)))
    shares = brief.number("shares", 1e6)
    facts = {"price": dollars(price), "shares": f"{shares:,.0f}", "gross": money(price * shares),
             "last": dollars(price / (1.0 - brief.number("discount", 0.12)))}  # fmt: skip
    if priced > brief.begins + _MINUTE:
        brief.add(Channel.RELEASE, brief.begins + 20 + dice.wait(120.0), "proposed", tone=-0.3)
    brief.add(Channel.RELEASE, priced + 20 + dice.wait(20 * _MINUTE), "offering", tone=-0.4, facts=facts)
    private = dice.unit() < 0.25
    papers = brief.add(
        Channel.FILING, priced + HOUR + dice.wait(3 * HOUR), "3.02" if private else "offering", tone=-0.5, facts=facts
    )
    if private:
        shelf = brief.add(Channel.FILING, papers.at + dice.between(15.0, 25.0) * DAY, "S-3", tone=-0.3)
        brief.add(Channel.FILING, shelf.at + 7 * DAY, "EFFECT")
    else:
        brief.add(Channel.FILING, papers.at + dice.wait(4 * HOUR), "424B5", tone=-0.5, facts=facts)
    if dice.unit() < 0.04:
        brief.add(Channel.FILING, papers.at + dice.between(3.0, 12.0) * DAY, "RW", tone=-0.1)
    for _ in range(1 + dice.count(1.5)):
        brief.add(Channel.NEWS, priced + 10 * _MINUTE + dice.wait(4 * HOUR), "offering", tone=-0.5, facts=facts)
    for _ in range(dice.count(3.0 + 6.0 * brief.usual())):
        channel = Channel.X if dice.unit() < 0.7 else Channel.REDDIT
        at = _awake(brief, priced + 5 * _MINUTE, 10 * HOUR)
        brief.add(channel, at, "offering", tone=dice.between(-0.9, 0.0), facts=facts)


def plan_reverse_split(brief: Brief) -> None:
    """Announced after a close; the 8-K has items 3.03 and 5.03."""
    story, dice = brief.story, brief.dice
    executed = story.facts.get("execution_date")
    facts = {"ratio": f"1-for-{brief.number('split_from', 10):.0f}"}
    if isinstance(executed, dt.date):
        facts["date"] = day_and_month(executed)
    brief.add(Channel.RELEASE, brief.begins + 60 + dice.wait(30 * _MINUTE), "split", tone=-0.3, facts=facts)
    brief.add(Channel.FILING, brief.begins + 10 * _MINUTE + dice.wait(HOUR), "split", tone=-0.3, facts=facts)
    for _ in range(dice.count(1.5)):
        brief.add(Channel.NEWS, brief.begins + 10 * _MINUTE + dice.wait(3 * HOUR), "split", tone=-0.3, facts=facts)
    for _ in range(dice.count(5.0)):
        channel = Channel.X if dice.unit() < 0.7 else Channel.REDDIT
        brief.add(channel, _awake(brief, brief.begins, 30 * HOUR), "split", tone=dice.between(-0.9, 0.0), facts=facts)


def plan_catalyst(brief: Brief) -> None:
    """Genuine news: a release, an 8-K, many articles, heavy and honest talk; for a takeover the papers that follow."""
    dice, kind = brief.dice, _CATALYSTS.get(brief.story.topic, "contract")
    sign = 1.0 if brief.story.members[0].amplitude >= 0 else -1.0
    facts = _catalyst_facts(brief)
    told = brief.facts()
    told.update(facts)
    event = {**facts, "event": brief.book.write(f"event.{kind}", dice, told)}
    brief.add(Channel.RELEASE, brief.begins + 15 + dice.wait(60.0), kind, tone=sign * 0.8, facts=facts)
    brief.add(Channel.FILING, brief.begins + 10 * _MINUTE + dice.wait(HOUR), kind, tone=sign * 0.7, facts=facts)
    for _ in range(5 + dice.count(6.0)):
        at = brief.begins + 2 * _MINUTE + dice.wait(5 * HOUR)
        brief.add(Channel.NEWS, at, kind, tone=sign * dice.between(0.3, 0.9), facts=facts)
    rate = brief.usual() * brief.number("posts_factor", 25.0)
    for _ in range(dice.count(min(1.4 * rate, 450.0))):
        channel = Channel.X if dice.unit() < 0.65 else Channel.REDDIT
        at = _awake(brief, brief.begins + _MINUTE, 14 * HOUR)
        brief.add(channel, at, "event", tone=sign * dice.between(0.2, 0.9), facts=event, heat=4.0)
    if kind == "takeover":
        _bid(brief, facts)


def _catalyst_facts(brief: Brief) -> dict[str, str]:
    """What all documents about it agree on."""
    dice = brief.dice
    return {
        "drug": drug(dice),
        "person": person(dice),
        "bigamount": money(1e8 * dice.between(0.6, 24.0)),
        "price": dollars(brief.number("offer_price", brief.price)),
    }


def _bid(brief: Brief, facts: Mapping[str, str]) -> None:
    """A tender offer, or a merger with its registration or its vote."""
    dice = brief.dice
    way = dice.unit()
    first = brief.begins + dice.between(8.0, 20.0) * DAY
    if way < 0.35:
        brief.add(Channel.FILING, first, "SC TO-T", tone=0.3, facts=facts)
        return
    if way < 0.6:
        brief.add(Channel.FILING, first, "S-4", tone=0.2, facts=facts)
    brief.add(Channel.FILING, first + dice.between(8.0, 20.0) * DAY, "DEFM14A", tone=0.2, facts=facts)


def plan_storm(brief: Brief) -> None:
    """Article after article on one company, by many publishers, and no other company in sight."""
    story, dice = brief.story, brief.dice
    affair = brief.book.write(f"affair.{story.topic}", dice, brief.facts())
    facts, tone = {"affair": affair}, -0.4 if story.topic != "new_product" else 0.4
    length = brief.ends - brief.begins
    for _ in range(int(brief.number("articles", 25.0))):
        at = brief.begins + 3 * _MINUTE + min(dice.wait(0.35 * length), length)
        brief.add(Channel.NEWS, at, "storm", tone=tone + dice.between(-0.3, 0.3), facts=facts)
    if dice.unit() < 0.5:
        brief.add(Channel.RELEASE, brief.begins + dice.wait(5 * HOUR), "storm", tone=0.1, facts=facts)
    if dice.unit() < 0.4:
        kind = _STORM_FILINGS.get(story.topic, "storm")
        brief.add(Channel.FILING, brief.begins + HOUR + dice.wait(8 * HOUR), kind, tone=tone, facts=facts)
    rate = brief.usual() * brief.number("posts_factor", 3.0) * length / DAY
    for _ in range(dice.count(min(rate, 200.0))):
        channel = Channel.X if dice.unit() < 0.7 else Channel.REDDIT
        brief.add(channel, _awake(brief, brief.begins + 5 * _MINUTE, 0.4 * length), "storm", tone=tone, facts=facts)


def _awake(brief: Brief, first: float, mean: float) -> float:
    """A moment after the first, this long after it on average, at which people are awake."""
    for _ in range(6):
        at = first + brief.dice.wait(mean)
        if brief.awake(at):
            return at
    return at
