"""Writes filings as EDGAR holds them: form, items, parties, numbers; and EDGAR's hours.

EDGAR accepts filings from 06:00 to 22:00 New York time on business days; what comes after 17:30 carries the next
business day's filing date, reports of insiders and holders excepted (Regulation S-T, rule 13).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.documents.cast import Subject
from sentiment_site.simulator.documents.dice import Dice, mix
from sentiment_site.simulator.documents.document import Document, Filing
from sentiment_site.simulator.documents.figures import Facts, person
from sentiment_site.simulator.documents.identity import accession
from sentiment_site.simulator.documents.item import Item
from sentiment_site.simulator.documents.writing import Desk, moment

OPENS, CLOSES = dt.time(6, 0), dt.time(22, 0)
_LAST_SAME_DAY = dt.time(17, 30)
_UNTIL_CLOSE = ("3", "4", "5", "144", "SCHEDULE 13D", "SCHEDULE 13D/A", "SCHEDULE 13G", "SCHEDULE 13G/A")
_FIRST_AGENT, _AGENTS, _MOST_A_DAY = 1_880_011, 7, 1000
_ITEM = re.compile(r"Item (\d\.\d\d)\.? ")
_OTHER_WORD = 0x54

FILER, OWNED, HELD = "filer", "owned", "held"


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind of filing appears. who: FILER alone, OWNED by an insider (issuer and reporting), or HELD (subject and
    filed by); abroad: the form a foreign private issuer files instead."""

    form: str
    description: str
    who: str = FILER
    abroad: str = ""


FORMS = {
    **{
        kind: Form("8-K", "CURRENT REPORT", abroad="6-K")
        for kind in ("1.01", "2.02", "3.01", "3.02", "5.02", "5.07", "7.01", "8.01", "offering", "split", "theme",
                     "approval", "failure", "contract", "takeover", "storm")
    },
    "10-Q": Form("10-Q", "QUARTERLY REPORT", abroad="6-K"),
    "10-K": Form("10-K", "ANNUAL REPORT", abroad="20-F"),
    "NT": Form("NT 10-Q", "NOTIFICATION OF LATE FILING"),
    "4": Form("4", "OWNERSHIP DOCUMENT", OWNED),
    "144": Form("144", "REPORT OF PROPOSED SALE OF SECURITIES", OWNED),
    "13G": Form("SCHEDULE 13G", "SCHEDULE 13G", HELD),
    "13D": Form("SCHEDULE 13D", "SCHEDULE 13D", HELD),
    "S-8": Form("S-8", "SECURITIES OFFERED TO EMPLOYEES"),
    "S-3": Form("S-3", "REGISTRATION STATEMENT", abroad="F-3"),
    "424B5": Form("424B5", "PROSPECTUS SUPPLEMENT"),
    "EFFECT": Form("EFFECT", "NOTICE OF EFFECTIVENESS"),
    "25-NSE": Form("25-NSE", "NOTIFICATION OF REMOVAL FROM LISTING", HELD),
    "8-A12B": Form("8-A12B", "REGISTRATION OF SECURITIES"),
    "SC TO-T": Form("SC TO-T", "TENDER OFFER STATEMENT", HELD),
    "S-4": Form("S-4", "REGISTRATION STATEMENT", HELD),
    "DEFM14A": Form("DEFM14A", "DEFINITIVE PROXY STATEMENT"),
    "RW": Form("RW", "REGISTRATION WITHDRAWAL REQUEST"),
    "6-K": Form("6-K", "REPORT OF FOREIGN PRIVATE ISSUER"),
}  # fmt: skip
_ROLES = {OWNED: ("Issuer", "Reporting"), HELD: ("Subject", "Filed by")}
_HOLDERS = ("Alder Point Capital Management", "Corvid Advisors", "Fernbrook Partners", "Granite Hill Fund",
            "Larkspur Investment Management", "Marrow Creek Capital", "Silverthorn Asset Management",
            "Tidewater Value Partners")  # fmt: skip


def filing_date(form: str, at: dt.datetime) -> dt.date:
    """The date EDGAR gives a filing accepted at this moment (aware)."""
    local = at.astimezone(NEW_YORK)
    if local.time() <= _LAST_SAME_DAY or form in _UNTIL_CLOSE:
        return local.date()
    return calendar.shift(calendar.last_session(at).date, 1).date


def next_open(at: float) -> float:
    """The moment itself (epoch seconds) if EDGAR is open then, else shortly after it opens again."""
    local = dt.datetime.fromtimestamp(at, NEW_YORK)
    day = local.date()
    if calendar.session_on(day) is not None:
        if OPENS <= local.time() < CLOSES:
            return at
        if local.time() >= CLOSES:
            day += dt.timedelta(days=1)
    while calendar.session_on(day) is None:
        day += dt.timedelta(days=1)
    return dt.datetime.combine(day, OPENS, NEW_YORK).timestamp() + 60.0 + at % 1500.0


def write_filings(desk: Desk, items: Sequence[Item]) -> list[Document]:
    """The filings of one day, oldest first; accession numbers count through the day by filer agent."""
    agents = _AGENTS * (1 + len(items) // (_AGENTS * _MOST_A_DAY // 2))
    numbers: dict[int, int] = {}
    documents = []
    for item in sorted(items, key=lambda item: item.at):
        agent = _FIRST_AGENT + 1009 * (mix(item.row, 7) % agents)
        number = numbers[agent] = numbers.get(agent, -1) + 1
        if number < _MOST_A_DAY:
            documents.append(_write(desk, item, accession(agent, desk.date, number)))
    return documents


def _write(desk: Desk, item: Item, number: str) -> Document:
    dice, subject = Dice(item.word), desk.cast.subject(item.row)
    shape = FORMS[item.kind]
    facts = desk.facts(item, dice)
    form = item.form or shape.form
    if subject.foreign and shape.abroad:
        form = f"{shape.abroad}/A" if item.form else shape.abroad
    parties = _parties(shape, subject, facts, Dice(mix(item.word, _OTHER_WORD)))
    body = _body(desk, item, form, dice, facts)
    items = tuple(dict.fromkeys(_ITEM.findall(body))) if form.startswith("8-K") else ()
    if items and "xhibit" in body:
        items = (*items, "9.01")
    at = moment(item)
    return Document(
        id=number,
        channel=item.channel,
        at=at,
        title=f"{form} - {parties[0][2]}",
        body=body,
        symbols=(subject.symbol,),
        filing=Filing(form, number, items, parties, _primary(form, subject, desk.date, item.word), shape.description,
                      (desk.date - dt.timedelta(days=item.word % 3 if not item.story else 0)).isoformat()),
        tone={subject.symbol: round(item.tone, 2)},
        story=item.story,
    )  # fmt: skip


def _body(desk: Desk, item: Item, form: str, dice: Dice, facts: Facts) -> str:
    key = f"filing.{item.kind}"
    if form.startswith("6-K"):
        key = "filing.6-K"
        release = f"release.{item.kind}.title"
        if "reason" not in facts and release in desk.book:
            facts["reason"] = f'"{desk.book.write(release, dice, facts)}"'
    if "reason" not in facts:
        facts["reason"] = desk.book.write("because.contract", dice, facts)
    body = desk.book.write(key, dice, facts)
    return f"{desk.book.write('filing.amended', dice, facts)}\n\n{body}" if form.endswith("/A") else body


def _parties(shape: Form, subject: Subject, facts: Facts, dice: Dice) -> tuple[tuple[str, str, str], ...]:
    """Who the filing is listed under. The issuer or subject comes first; its counterpart is noted as the owner."""
    name = subject.legal.upper()
    if shape.who == FILER:
        return (("Filer", subject.cik, name),)
    first, second = _ROLES[shape.who]
    if shape.form == "25-NSE":
        owner, word = f"{subject.exchange} Stock Market", len(subject.exchange)
    elif shape.who == HELD:
        word = dice.whole(0, len(_HOLDERS) - 1)
        owner = f"{_HOLDERS[word]}, LLC"
    else:
        word = 100 + mix(int(subject.cik), dice.whole(0, 5)) % 40_000  # a company has few insiders, who come back
        owner = _insider(word)
    facts.setdefault("owner", owner)
    owner = facts["owner"]
    filed = owner.upper() if shape.who == HELD else " ".join(reversed(owner.split(" ", 1))).upper()
    return ((first, subject.cik, name), (second, f"{1_600_000 + word:010d}", filed))


def _insider(word: int) -> str:
    """The insider with this number, always the same."""
    return person(Dice(word))


def _primary(form: str, subject: Subject, date: dt.date, word: int) -> str:
    if form == "4":
        return f"wk-form4_{word % 10**10:010d}.xml"
    if form in ("144", "SCHEDULE 13D", "SCHEDULE 13G", "SCHEDULE 13G/A", "SCHEDULE 13D/A", "EFFECT"):
        return "primary_doc.xml"
    root = "".join(letter for letter in subject.symbol.lower() if letter.isalnum())
    kind = "".join(letter for letter in form.lower() if letter.isalnum())
    return f"{root}-{date:%Y%m%d}{'' if form.startswith('8-K') else '_' + kind}.htm"
