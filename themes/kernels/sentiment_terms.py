"""What words mean where people write about stocks: the finance lexicon, written for this product.

Valences are on VADER's scale, -4 to 4, set by hand from reading and not fitted to any labelled set; no term comes from
a licensed list. One line is one entry: its valence, then words; a slash separates forms of one word, an underscore
joins what counts as one form. Several words in a row are a phrase, taken as a whole before its words are looked at.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Final

_TERMS: Final = """
# results and outlook
2.2 beat/beats/beating/topped/tops/exceeds/exceeded estimates/expectations/consensus/forecasts/views
2.2 better than expected/feared/estimated
2.0 ahead of expectations/estimates/consensus/forecasts
2.0 above expectations/estimates/consensus/forecasts
-2.2 miss/misses/missed/missing/trails/lags estimates/expectations/consensus/forecasts/views
-2.2 worse/weaker/lower than expected/feared/estimated
-2.0 below estimates/expectations/consensus/forecasts
-2.2 short of estimates/expectations/consensus/forecasts
1.8 beat/beats/beating
-1.8 misses/missed
2.5 raises/raised/boosts/boosted/lifts/lifted/hikes guidance/outlook/forecast/view
-2.6 cuts/cut/slashes/slashed/lowers/lowered/trims/trimmed guidance/outlook/forecast/view
-2.4 withdraws/withdrew/suspends/suspended/pulls guidance/outlook/forecast
0.4 reaffirms/reaffirmed/maintains/backs guidance/outlook/forecast
2.4 record revenue/sales/profit/earnings/quarter/results/high/highs
-2.8 profit/earnings/revenue/sales warning/warnings
1.4 loss/losses narrows/narrowed/narrow/shrinks/shrank
1.4 narrower/smaller loss/losses
-2.0 loss/losses widens/widened/widen/grew
-2.0 wider/bigger/deeper loss/losses
1.6 returns/returned/swings/swung to profit/profitability
-2.2 swings/swung to loss
1.6 revenue/sales/profit/earnings growth/grows/grew/rises/rose/jumps/climbs
-1.8 revenue/sales/profit/earnings falls/fell/declines/declined/drops/drop/slips
1.5 profitable
1.2 profitability
-2.2 unprofitable
1.8 margin/margins expansion/expands/expand/improve/improved
-1.8 margin/margins compression/pressure/shrink/contract/squeeze
-2.4 impairment
-1.6 write/writes down/off
-1.6 writedown/writeoff/writedowns
-2.5 restatement/restates/restated
-2.2 material weakness
1.1 upbeat
1.8 blowout
-1.6 headwind/headwinds
1.4 tailwind/tailwinds
1.4 outperform/outperforms/outperformed/outperforming
-1.5 underperform/underperforms/underperformed/underperforming
-1.5 disappoints/disappoint/lackluster/sluggish
# analysts
2.2 upgrade/upgrades/upgraded
-2.4 downgrade/downgrades/downgraded
1.8 price target/targets raised/lifted/boosted/increased/hiked
-1.9 price target/targets cut/lowered/slashed/trimmed/reduced
1.8 pt/target raised/lifted/boosted/upped
-1.9 pt/target cut/lowered/slashed/trimmed
1.8 raises/lifts/boosts/ups pt/target
-1.9 cuts/lowers/slashes/trims pt/target
-1.9 cut/cuts/lowered at
-1.6 cut/cuts to neutral/hold/sell/underweight/underperform/equal
1.8 raised/initiated/started at/to buy/overweight/outperform
1.9 strong buy
1.5 top pick
1.6 overweight
-1.6 underweight
2.0 undervalued
-2.0 overvalued
1.4 oversold
-1.2 overbought
1.4 cheap
-1.2 overpriced
1.4 upside
-1.4 downside
# money of the company
1.6 buyback/buybacks/repurchase/repurchases
2.0 dividend increase/hike/raise/raised/increased
2.0 raises/raised/hikes/boosts/increases dividend/payout
-2.4 dividend cut/suspension/suspended
-2.4 cuts/cut/slashes/suspends/suspended/scraps dividend/payout
0.6 dividend/dividends
-1.6 public/direct/secondary/registered/priced offering
-1.2 offering
-2.2 dilution/dilutive/diluted/diluting
-2.0 toxic financing
-1.6 shelf registration
-1.6 atm program
-2.3 reverse split
0.9 stock split
-3.2 going concern
-3.4 bankruptcy/bankrupt/insolvency/insolvent
-3.4 chapter 11/7/eleven
-2.6 default/defaults/defaulted
-2.8 delisting/delisted/delist
-2.2 deficiency notice
-2.0 cash burn
-1.6 debt burden
1.4 debt free
0.8 refinance/refinances/refinancing
1.6 insider/insiders buying/bought/buys/purchase
-1.6 insider/insiders selling/sold/sells/sales
# business
1.8 contract win/awarded/award
1.8 wins/won/lands/landed/secures/secured contract/deal/order/award
1.4 partnership/partners/collaboration
1.2 agreement signed
1.2 expands/expansion/expanding
1.2 breakthrough
1.8 game changer
2.0 to be acquired
2.0 buyout/takeover offer
1.3 buyout/takeover
0.7 merger/acquires/acquisition
-1.8 deal/merger/talks collapses/collapsed/terminated/fails/failed/scrapped
3.0 fda approval/approves/approved/clearance
3.0 approved by the fda
2.0 fast track
2.2 breakthrough designation/therapy
-3.0 complete response letter
-3.0 crl
-2.8 clinical hold
-3.0 fda rejects/rejected/rejection
2.8 met/meets/achieved primary endpoint/endpoints
2.8 met/meets the/its primary endpoint/endpoints
-3.0 failed/fails to meet/achieve/show
-2.8 missed/misses primary endpoint/endpoints
-2.4 trial/study failure/fails/failed/halted
2.2 positive topline/results/data
-1.6 layoffs/layoff
-1.4 job cuts
-1.2 cuts/slashes/axes jobs/staff/workforce
1.2 cost cuts/savings
-1.4 step/steps/stepping/stepped down
-1.5 resigns/resigned/resignation
-1.8 recall/recalls/recalled
-1.6 shutdown/closures
-1.6 delay/delays/delayed
-1.6 shortage/shortages/bottleneck
-1.4 tariff/tariffs
-1.8 cyberattack/breach/hacked
-1.8 strike/strikes
# law
-1.8 lawsuit/lawsuits/sued/sues/litigation
-1.8 probe/probes/probed/investigation/investigations
-2.6 class action
-2.6 sec charges/probe/investigation/subpoena
-3.2 fraud/fraudulent
-2.4 subpoena/subpoenaed
-1.8 fined/fines/penalty
0.9 settles/settlement
-2.6 short report
-1.8 trading halt/halted
# prices
1.9 gained
1.6 gain/gains/gaining
-1.9 dropped
-1.7 drop/drops/dropping
2.6 surge/surges/surged/surging
2.8 soar/soars/soared/soaring
3.0 skyrocket/skyrockets/skyrocketed/skyrocketing
2.2 rally/rallies/rallied/rallying
1.9 jump/jumps/jumped/jumping
1.5 climb/climbs/climbed/climbing
1.4 rise/rises/rose/rising
1.6 rebound/rebounds/rebounded/recovers/recovering/recovery
1.2 higher
-1.2 lower
-1.5 fall/falls/fell/falling
-1.7 slide/slides/slid/sliding
-1.4 slip/slips/slipped/slipping/dips/dipped
-1.4 decline/declines/declined/declining
-2.4 slump/slumps/slumped/slumping
-2.6 tumble/tumbles/tumbled/tumbling
-2.3 sink/sinks/sank/sinking
-2.9 plunge/plunges/plunged/plunging
-3.0 plummet/plummets/plummeted/plummeting
-3.0 crash/crashes/crashed/crashing
-2.7 tank/tanks/tanked/tanking
-2.8 nosedive/nosedives/freefall/bloodbath
-2.0 sell/selling off
-2.0 selloff/selloffs
-1.4 pullback/correction
2.0 breakout/breakouts
2.0 breaking/broke/breaks out
-1.9 breakdown
-1.7 breaks/broke/breaking down/support
1.8 gap/gaps/gapping up
-1.8 gap/gaps/gapping down
1.4 going/moving/heading/goes/trending up/higher
-1.5 going/moving/heading/goes/trending down/lower
1.5 up big/nicely/huge
-1.6 down big/bad/badly/hard
1.9 all time high/highs
-2.2 all time low/lows
1.8 new/52_week/multi_year high/highs
-2.0 new/52_week/multi_year low/lows
1.4 higher highs/lows
-1.4 lower highs/lows
1.6 golden cross
-1.8 death cross
1.5 bull flag
-1.5 bear flag
-1.4 double top
1.4 double bottom
1.2 uptrend
-1.4 downtrend
1.2 bounce/bounces/bounced/bouncing
-1.5 dead cat
1.2 momentum
1.4 bottomed
-1.4 topped out
-1.8 bubble
-1.6 volatile
# talk of traders
2.6 bullish/bull/bulls
-2.6 bearish/bear/bears
1.6 buy/buying/buys
1.2 bought/adding/added/accumulating/accumulate
1.8 buy/buying/bought the/this dip
1.8 load/loading/loaded up/boat/more
-1.6 sell/selling/sells
-1.1 sold
-1.6 short/shorting/shorted/shorts
2.2 short squeeze
1.4 squeeze/squeezing
-1.2 stay away
-1.8 get out
1.2 long/longs
1.6 long position/setup/here
-1.6 short position/setup/here
1.2 calls
-1.6 puts
1.8 hodl/hodling
1.0 hold/holding strong/tight
2.4 moon/mooning/moons
2.6 to the moon
2.2 rocket/rip/ripping/rips/ripped/rippin
2.0 diamond hands
-1.4 paper/weak hands
1.6 tendies
-2.2 bagholder/bagholders/bagholding
-2.2 bag holder/holders
-3.2 rug/rugged pull/pulled
-3.2 rugpull
-2.3 dump/dumps/dumped/dumping
-2.4 pump and dump
0.9 pump/pumping/pumped
-2.8 scam/scammers/ponzi
-2.2 rekt
-1.8 fud
1.1 green
-1.3 red
2.0 printing/brrr
1.6 undervalued gem
1.5 hidden gem
2.0 multibagger
1.5 price discovery
-2.0 margin call/calls
-1.8 stopped out
-2.0 trap/trapped
-1.6 bull trap
1.6 bear trap
-1.8 dead money
-2.0 falling knife
-1.4 profit taking
-1.8 overhyped/hype
1.4 loading
1.6 easy money
1.2 lets go
1.8 crushed/crushes/crushing it/earnings/estimates
1.6 ath
-1.8 recession/stagflation
-1.4 inflation
-1.4 hawkish
1.4 dovish
"""

# Emotional elsewhere, matter-of-fact where shares are traded: what the general lexicon says of them is left out.
MATTER_OF_FACT: Final = frozenset(
    re.findall(
        r"\w+",
        """
        share shares interest interests trust security securities energy top gross crude debt tax bond bonds
        yield capital credit fed growth asset assets natural vice united charge charges cancer care pay pays
        paid please fire play played playing best well fine sir dear hand value values special award yes
        chance drug drugs medical cut cuts limited active number party like resolve solution solutions save
        join
        """,
    )
)

# What traders mean by some emoji, and faces. Others keep what the general lexicon says of their names.
EMOJI: Final[dict[str, float]] = {
    "🚀": 2.4, "📈": 2.0, "📉": -2.2, "🐂": 2.2, "🐻": -2.2, "💎": 1.6, "🙌": 1.4, "🧻": -1.4, "🌙": 1.4, "🌕": 1.4,
    "🌝": 1.2, "💰": 1.4, "🤑": 1.8, "💵": 1.0, "💸": -0.6, "🔥": 1.5, "💩": -2.4, "🤡": -2.0, "🗑": -2.2, "💀": -1.4,
    "☠": -1.8, "🩸": -2.0, "🔴": -1.2, "🟢": 1.3, "🟩": 1.2, "🟥": -1.2, "✅": 1.2, "❌": -1.4, "⬆": 1.3, "⬇": -1.4,
    "🔻": -1.6, "🔺": 1.0, "💪": 1.4, "👍": 1.5, "👎": -1.8, "👏": 1.3, "🎯": 1.2, "🏆": 1.8, "🎉": 1.8, "🥳": 1.8,
    "🍾": 1.6, "🥂": 1.5, "🍻": 1.3, "😎": 1.2, "😀": 1.4, "😁": 1.5, "😃": 1.4, "😄": 1.5, "🙂": 0.8, "😊": 1.6,
    "😍": 2.0, "🤩": 1.8, "❤": 1.8, "💚": 1.6, "😂": 0.2, "🤣": 0.1, "🙏": 0.8, "😭": -1.3, "😢": -1.5, "😡": -2.0,
    "🤬": -2.2, "😠": -1.7, "😤": -0.8, "😱": -1.4, "😨": -1.4, "😰": -1.4, "🤮": -2.4, "🤢": -2.0, "😞": -1.5,
    "😔": -1.3, "🙄": -1.0, "🤦": -1.2, "💔": -2.0, "⚠": -1.0, "🚨": 0.0, "👀": 0.3, "🤔": -0.1, "🍀": 1.2, "🦍": 1.0,
}  # fmt: skip

# The writer says the opposite of what the words say.
SARCASM: Final = (
    "/s",
    "sarcasm",
    "said no one ever",
    "what could go wrong",
    "what could possibly go wrong",
    "totally not a bubble",
    "sure buddy",
)


def _read(lines: str) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for line in lines.splitlines():
        valence, *words = line.split()
        for forms in product(*(word.split("/") for word in words)):
            found.setdefault(tuple(" ".join(forms).replace("_", " ").split()), float(valence))
    return found


_LINES: Final = "\n".join(line for line in _TERMS.splitlines() if line and not line.startswith("#"))
ENTRIES: Final = _LINES.count("\n") + 1
FINANCE: Final = _read(_LINES)
