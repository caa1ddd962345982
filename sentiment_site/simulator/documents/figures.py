"""Facts of a document, and the figures a text may ask for when nobody has stated them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from sentiment_site.simulator.documents.dice import Dice

QUARTERS = ("fourth quarter", "first quarter", "second quarter", "third quarter")
ROLES = ("chief executive officer", "chief financial officer", "chief operating officer", "chief medical officer",
         "general counsel", "director", "head of sales", "chief technology officer")  # fmt: skip
FIRMS = ("Halvorsen Pike", "Brightwater Securities", "Oakmont & Lane", "Tarrow Research", "Caldera Partners",
         "Northgate Capital", "Pellworth", "Quill Street Advisors", "Redfern Markets", "Stonebridge Equity",
         "Vantage Row", "Wexcombe & Co.")  # fmt: skip
CITIES = ("Austin", "Boston", "Calgary", "Charlotte", "Columbus", "Dallas", "Denver", "Houston", "Irvine", "London",
          "Miami", "Minneapolis", "Nashville", "Newark", "Phoenix", "Raleigh", "Reno", "San Diego", "Tampa", "Tel Aviv",
          "Toronto", "Tulsa")  # fmt: skip
FIRST_NAMES = ("Ada", "Alan", "Beth", "Carla", "Colin", "Dana", "Diego", "Elena", "Frank", "Grace", "Hugo", "Ines",
               "Ivan", "Joan", "Karl", "Lena", "Marcus", "Mei", "Nadia", "Omar", "Paula", "Quentin", "Rita", "Samir",
               "Tara", "Uma", "Victor", "Wanda", "Yusuf", "Zoe")  # fmt: skip
LAST_NAMES = ("Abbott", "Barrow", "Castell", "Devlin", "Engel", "Farrow", "Gupta", "Hollis", "Ibarra", "Jansen",
              "Kessler", "Lindqvist", "Marlow", "Nakata", "Okafor", "Pruitt", "Quist", "Rossi", "Sandoval", "Tran",
              "Ulrich", "Vance", "Whitlock", "Xu", "Yates", "Zeller")  # fmt: skip
INDUSTRIES = ("software", "biotechnology", "banks", "restaurants", "gold", "medical devices", "oil & gas e&p")
_DRUG_STARTS = ("Al", "Be", "Ca", "Do", "El", "Fi", "Ga", "Lu", "Mo", "Ne", "Ri", "So", "Ta", "Ve", "Zu")
_DRUG_MIDDLES = ("dra", "fe", "lo", "mi", "na", "pra", "ro", "ti", "va", "xe")
_DRUG_ENDS = ("cept", "fenib", "gliptin", "lumab", "mab", "nertinib", "parib", "stat", "tide", "zole")


class Facts(dict[str, str]):
    """What a document states, by slot. price: of the security it is about, dollars; day: the date it is written on."""

    __slots__ = ("day", "price")

    def __init__(self, price: float, day: dt.date, stated: Mapping[str, str] | None = None) -> None:
        super().__init__(stated or {})
        self.price = price
        self.day = day


def dollars(price: float) -> str:
    """A price as it is quoted: cents, below a dollar hundredths of a cent."""
    return f"{price:,.2f}" if price >= 1.0 else f"{max(price, 0.0001):.4f}"


def money(amount: float) -> str:
    """An amount in words: $850 thousand, $14.2 million, $1.3 billion."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if abs(amount) >= size:
            return f"${amount / size:,.1f} {word}"
    return f"${amount / 1e3:,.0f} thousand"


def per_share(amount: float) -> str:
    """Earnings per share: $0.12 or -$0.12."""
    return f"{'-' if amount < 0 else ''}${abs(amount):.2f}"


def day_and_month(day: dt.date) -> str:
    """A date as a text has it: November 3."""
    return f"{day:%B} {day.day}"


def last_quarter(day: dt.date) -> int:
    """Index into QUARTERS of the calendar quarter that ended last."""
    return (day.month - 1) // 3


def gross(facts: Facts) -> str:
    """Shares times price, both as stated."""
    return money(int(facts["shares"].replace(",", "")) * float(facts["price"].replace(",", "")))


def person(dice: Dice) -> str:
    """Somebody who does not exist."""
    return f"{dice.pick(FIRST_NAMES)} {dice.pick(LAST_NAMES)}"


def drug(dice: Dice) -> str:
    """A drug that does not exist."""
    return dice.pick(_DRUG_STARTS) + dice.pick(_DRUG_MIDDLES) + dice.pick(_DRUG_ENDS)


def _gross(dice: Dice, facts: Facts) -> str:
    for slot in ("shares", "price"):
        facts.setdefault(slot, FIGURES[slot](dice, facts))
    return gross(facts)


def _ahead(facts: Facts, days: int) -> str:
    return day_and_month(facts.day + dt.timedelta(days=days))


FIGURES: dict[str, Callable[[Dice, Facts], str]] = {
    "pct": lambda dice, facts: f"{dice.whole(2, 24)}%",
    "pct2": lambda dice, facts: f"{dice.whole(40, 280)}%",
    "drop": lambda dice, facts: f"{dice.whole(25, 80)}%",
    "price": lambda dice, facts: dollars(facts.price),
    "last": lambda dice, facts: dollars(facts.price * dice.between(1.03, 1.2)),
    "level": lambda dice, facts: dollars(facts.price * dice.between(0.9, 1.1)),
    "level2": lambda dice, facts: dollars(facts.price * dice.between(1.15, 1.5)),
    "target": lambda dice, facts: dollars(facts.price * dice.between(1.3, 2.6)),
    "target.low": lambda dice, facts: dollars(facts.price * dice.between(0.4, 0.8)),
    "amount": lambda dice, facts: money(2e6 * dice.tail(0.8) if dice.unit() < 0.9 else 1e9 * dice.between(1.0, 6.0)),
    "amount2": lambda dice, facts: money(2e6 * dice.tail(0.8)),
    "bigamount": lambda dice, facts: money(1e8 * dice.between(0.6, 24.0)),
    "rev": lambda dice, facts: money(1e7 * min(dice.tail(0.9), 900.0)),
    "eps": lambda dice, facts: f"${facts.price * dice.between(0.004, 0.03):.2f}",
    "epsx": lambda dice, facts: f"${facts.price * dice.between(0.004, 0.03):.2f}",
    "dividend": lambda dice, facts: f"{facts.price * dice.between(0.002, 0.012):.3f}",
    "shares": lambda dice, facts: f"{dice.whole(4, 900) * 5_000:,}",
    "gross": _gross,
    "lots": lambda dice, facts: f"{dice.whole(1, 40) * 50:,}",
    "patients": lambda dice, facts: str(dice.whole(24, 620)),
    "n": lambda dice, facts: str(dice.whole(6, 48)),
    "few": lambda dice, facts: str(dice.whole(2, 9)),
    "cover": lambda dice, facts: str(dice.whole(2, 9)),
    "weeks": lambda dice, facts: str(dice.whole(3, 52)),
    "rsi": lambda dice, facts: str(dice.whole(21, 84)),
    "si": lambda dice, facts: f"{dice.between(1.0, 18.0):.1f}%",
    "stake5": lambda dice, facts: f"{dice.between(5.0, 9.9):.1f}%",
    "fee": lambda dice, facts: f"${dice.whole(3, 60) * 5_000:,}",
    "spam": lambda dice, facts: f"{dice.whole(4, 90) * 1_000:,}",
    "ratio": lambda dice, facts: f"1-for-{dice.pick((5, 8, 10, 15, 20, 25))}",
    "person": lambda dice, facts: person(dice),
    "person2": lambda dice, facts: person(dice),
    "owner": lambda dice, facts: person(dice),
    "drug": lambda dice, facts: drug(dice),
    "industry": lambda dice, facts: dice.pick(INDUSTRIES),
    "role": lambda dice, facts: dice.pick(ROLES),
    "role2": lambda dice, facts: dice.pick(ROLES),
    "law": lambda dice, facts: f"{dice.pick(LAST_NAMES)} {dice.pick(LAST_NAMES)} LLP",
    "firm": lambda dice, facts: dice.pick(FIRMS),
    "city": lambda dice, facts: dice.pick(CITIES),
    "code4": lambda dice, facts: dice.pick(("P", "S", "S", "M", "F", "A")),
    "quarter": lambda dice, facts: QUARTERS[last_quarter(facts.day)],
    "Quarter": lambda dice, facts: QUARTERS[last_quarter(facts.day)].title(),
    "q": lambda dice, facts: f"Q{last_quarter(facts.day) or 4}",
    "year": lambda dice, facts: str(facts.day.year + dice.whole(1, 4)),
    "month": lambda dice, facts: f"{facts.day + dt.timedelta(days=dice.whole(20, 200)):%B}",
    "date": lambda dice, facts: _ahead(facts, dice.whole(3, 40)),
    "date2": lambda dice, facts: _ahead(facts, dice.whole(3, 60)),
    "lately": lambda dice, facts: _ahead(facts, -dice.whole(2, 40)),
    "today": lambda dice, facts: _ahead(facts, 0),
    "report": lambda dice, facts: f"{day_and_month(facts.day)}, {facts.day.year}",
    "weekday": lambda dice, facts: f"{facts.day:%A}",
}
