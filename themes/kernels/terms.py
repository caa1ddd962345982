"""Terms of a text: one to three words that could name a story. Source: methods.md 3.2, steps 1 and 2.

Words of the law, of press releases and of the market's daily talk name nothing, neither alone nor at the edge of a
term.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

LONGEST: Final = 3
_NOISE: Final = re.compile(r"https?://\S+|\$[A-Za-z]{1,6}\b|\([A-Za-z ]+:\s*[A-Z.]+\)|[#@]\w+")
_WORD: Final = re.compile(r"[a-z][a-z'-]*[a-z]|[a-z]\d*")
_STOP: Final = frozenset(
    re.findall(
        r"\S+",
        """
        a about above according add after again against ago all almost along already also although always am among an
        and announce announced announces announcing another any are around as ask at available away back based be
        became because been before began being below best better between big both but by called came can cannot cent co
        com come comes common company companies company's corp corporation could day days did do does doing done down
        due during each early eight either end enough even ever every far few file filed files filing first five
        following for form forward-looking four from full further gain gains get gets getting give given go goes going
        good got group had half has have having he her here high higher hold holding holdings holds his hit hour hours
        how however i if immediate in inc inc's include included includes including information into investor investors
        is isn't issue issued it its it's itself just keep know large last late later latest least less let like likely
        limited little llc long look looking looks low lower ltd made main make makes making management many market
        markets may me mean means meet member might million billion minutes moment money monday month months more
        morning most move moved moves moving much must my near need never new news next night nine no nor not nothing
        now number nyse nasdaq of off offer often on once one ones only onto open or order other others our out outlook
        over own part past people per percent place plan plans play plc point press price prices product products
        provide provided provides public quarter quarterly quote ran rate re read really release released report
        reported reports result results rise rises rose run running said same saw say says sec second see seen sees
        sell selling sent september set seven several share shareholder shareholders shares she short should show shows
        side since six small so some something soon statement statements still stock stocks stop strong such sure take
        taken takes ten than that that's the their them then there these they thing things think this those three
        through thursday friday tuesday wednesday saturday sunday time times to today together told tomorrow too took
        top total toward trade traded trades trading try turn two u.s under until up update updates upon us use used
        uses using value very via was watch way we week weekly weeks well went were what when where which while who
        whole whose why will with within without won't work world would year years yes yesterday yet you your zero
        january february march april june july august october november december pursuant amended registrant exhibit
        item securities act exchange commission pm et am ceo cfo president chief officer executive director board buy
        buying bought calls puts moon rocket lol imo dd lets gonna guys anyone volume volumes red green bag bags
        bagholder bagholders dip dips dipping rip ripping ripped knife knives catch catching caught bounce bounced
        bouncing breakout breakouts breakdown broke breaking support resistance chart charts candle candles halt halted
        halts resumed gap gapped gapper gappers gapping runner runners dump dumped dumping pump pumped pumping bear
        bears bearish bull bulls bullish crushed crushing tank tanked tanking flying fly soar soared soaring plunge
        plunged plunging surge surged surging jump jumped jumping drop dropped dropping drops fall falls fell falling
        slump slumped slid slide tumble tumbled rally rallied rallying loss losses losing profit profits cut cutting
        stopped entry exit exited position positions trader traders watchlist watchlists watching premarket afterhours
        intraday overnight session close closed closing lows highs bottom bottomed peak peaked testing tested huge
        massive insane crazy disaster glad minus plus pain painful ugly wild squeeze squeezed squeezing float section
        form appropriate box check rule emerging contact contacts relations customers customer countries country media
        website visit email whether undersigned thereunto duly authorized hereby furnished herein incorporated
        reference dated annual periodic disclosure disclosures
        """,
    )
)


def list_terms(text: str) -> frozenset[str]:
    """Terms of one to three words, in lower case. A term neither begins nor ends with a stop word.

    A single word has three letters or more ("ev", "ai" only inside longer terms: alone they are everywhere).
    """
    words = _WORD.findall(_NOISE.sub(" . ", text).lower().replace("’", "'"))
    useful = [word not in _STOP for word in words]
    found: set[str] = set()
    for begin, word in enumerate(words):
        if not useful[begin]:
            continue
        if len(word) >= LONGEST:
            found.add(word)
        for length in range(2, LONGEST + 1):
            end = begin + length
            if end <= len(words) and useful[end - 1]:
                found.add(" ".join(words[begin:end]))
    return frozenset(found)


def compile_dictionaries(patterns: Mapping[str, Sequence[str]]) -> dict[str, re.Pattern[str]]:
    """One pattern per curated theme, blind to case. ValueError names the theme and pattern that is no pattern."""
    compiled = {}
    for key, some in patterns.items():
        for one in some:
            try:
                re.compile(one)
            except re.error as error:
                raise ValueError(f"{key}: {one!r} is no regular expression: {error}") from None
        if some:
            compiled[key] = re.compile("|".join(f"(?:{one})" for one in some), re.IGNORECASE)
    return compiled


def match_dictionaries(text: str, compiled: Mapping[str, re.Pattern[str]]) -> frozenset[str]:
    """Keys of the curated themes that a text speaks of."""
    return frozenset(key for key, pattern in compiled.items() if pattern.search(text))
