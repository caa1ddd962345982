"""The family to tune on: posts. `say` follows a security's name, `more` stands alone. See phrasebook.read_table."""

TABLE = """
[x.frame]
{cashtag} {say}{end} {more}
{opener} {cashtag} {say}{end}
{cashtag} {say}, {aside}{end} {more} {tag}
{more} {cashtag} {say}{end}
{opener} {cashtag} {say}{end} {more} {close}
{cashtag} {say}{end} {close}
{cashtag} {more} {close} {tag}
[x.loose]
{say} {tag}
{say} {close}
{opener} {say}
[r.title]
{cashtag} {say}
{company} ({symbol}) {say}
{opener} {cashtag} {say}
{symbol}: {short} {say}
[r.body]
{more} {more2} ¶ {close}
{opener} {more} {aside.long} ¶ {more2} {close}
{more} {aside.long} {more2} ¶ {disclose} {close}
{more} {more2} {disclose}
[r.loose.title]
{say}
[r.loose.body]
{more} {close}
{more}
[opener]
Morning all. | Ok so | Listen, | Quick note: | Update: | Hey everyone, | Been digging and | Not gonna lie, | Just my
+ view:
Heads up, | For what it's worth, | Reminder: | I keep saying it, | Third time this week: | Watching closely,
[aside]
imo | at least on my screen | as far as I can tell | if volume holds | for now | in my humble opinion | as of
+ now | no joke
[aside.long]
I went through the last {few} filings over the weekend.
My average is around ${level} and I have held for {weeks} weeks.
The float is about {shares} shares if I read it right.
Cash burn is roughly {amount} a year.
Institutions hold maybe {si}, last I looked.
The call with {person} was worth a listen.
[close]
Thoughts? | What do you think? | Not financial advice. | Good luck all. | DYOR. | Let's see. | I could be
+ wrong. | Anyone else in?
Trade safe. | Change my mind. | Position or ban, I know. | We will know by {date}. | See you at ${level}. | That is
+ all.
[disclose]
I own {lots} shares. | No position. | Long {lots} shares at ${level}. | Holding calls for {month}. | Flat right now.
Sold half at ${level}. | I have a small starter position.
[end]
. | ! | !! | ... | 🚀 | . | . | 👀 | {blank}
[tag]
#stocks | #smallcaps | #trading | #investing | {blank} | {blank} | #stockmarket | #daytrading | {blank}

[bull.say]
looks ready to run | is setting up nicely above ${level} | has more upside from here | keeps making higher lows
is way too cheap at this market cap | just found strong support at ${level} | is my favourite name in {industry}
could double by {month} | is a buy on every dip | should trade at ${target} on fundamentals | looks bullish into
+ {quarter}
has a clean chart and real revenue | is finally waking up | is being accumulated | is the most undervalued stock I own
[bull.more]
Added {lots} more today.
Guidance was solid and nobody noticed.
Insiders bought last month, that tells you something.
Sellers look exhausted around ${level}.
Loading more on any weakness.
Backlog is up {pct} and margins keep improving.
Strong hands only from here.
New contract could land before {month}.
Balance sheet is clean, {amount} in cash and hardly any debt.
I think the next leg takes us to ${target}.
Great management, real customers, tiny float.
The market will catch on to this one soon.
[bear.say]
looks weak under ${level} | is heading lower | will dilute again, watch | is overvalued by any measure
keeps rejecting at ${level} | is a short on every pop | has no revenue to speak of | broke support at ${level}
is a melting ice cube | could see ${target.low} before {month} | looks like dead money | is losing customers in
+ {industry}
has a going concern note in the 10-Q | should have cut guidance already | is bearish on every timeframe
[bear.more]
Puts for {month} look cheap.
Insiders keep selling into strength.
They need cash by {month} and everybody knows it.
Margins are shrinking, down {pct} from last year.
I took the loss and moved on.
Lower highs for {weeks} weeks now.
Careful, the shelf has room for another {amount}.
Volume is drying up and bids are thin.
The bounce was sold as usual.
No catalyst until the {quarter} report.
Debt of {amount} comes due next year.
Bag holders are in for more pain.
[question.say]
anyone know why this moves today? | worth a look at ${level}? | what is the float here? | buy or wait for {quarter}?
still a hold? | is the dividend safe? | when do they report? | what happened in the after hours?
what am I missing on this one? | how do the warrants work? | any news I cannot find?
[question.more]
New to this, be gentle.
I am down {pct} and not sure what to do.
My broker shows different volume than the chart.
Cannot find anything on the wire.
Does anybody follow the {industry} names?
Thinking of a small position around ${level}.
Is ${target} realistic or just hype?
The filing from {lately} reads odd to me.
Somebody explain the last offering please.
Should I average down or cut it?
[chart.say]
holding the {few} day moving average | RSI at {rsi} on the daily | bull flag under ${level}
gap fill at ${level} still open | inside day, waiting for the break | MACD turning on the {few} hour chart
volume profile shows a shelf at ${level} | rejected at VWAP twice | wedge getting tight between ${level} and ${level2}
testing the lows from {month}
[chart.more]
Stop under ${level}, target ${target}.
Needs volume to confirm.
Watching the first half hour tomorrow.
Invalid below ${level}.
Risk is small here, reward is decent.
I want to see a close over ${level2}.
Relative volume {few} so far.
Range has been {pct} all week.
The weekly candle matters more than today.
[echo.say]
{rose} | news out | in focus today | on the tape | announces update | reports on {date} | rated by {firm}
[echo.more]
{company} {said} a new agreement worth {amount}.
{firm} puts a ${target} target on {company}.
{company} names {person} {role}.
{company} to present in {city} on {date}.
{company} sets date for {quarter} report.
{company} files {few} forms with the regulator.
Unusual volume in {company} this morning.
[watch.say]
on watch: {cashtags} | watch list for {weekday}: {cashtags} | small caps I follow: {cashtags} | gappers: {cashtags}
runners today {cashtags} | my swing ideas {cashtags}
[watch.more]
Alerts set at the highs.
Size small, cut fast.
Only trading what holds VWAP.
Volume first, opinion later.
Best setup wins.
Charts tonight.
[joke.say]
my wife's boyfriend says {cashtag} is a value trap | {cashtag} is the only thing lower than my self esteem
bought {cashtag} at the top, it is tradition | my portfolio is {few} percent cash and the rest is hope and {cashtag}
I asked the magic 8 ball about {cashtag}, it filed for chapter 11 | {cashtag} chart looks like my sleep schedule
they should teach {cashtag} in school as a warning | diamond hands but the diamonds are from a cereal box, {cashtag}
[joke.more]
Send help and ramen.
Wendy's is hiring, right?
This is a casino and I am the free drink.
Sir, this is a forum.
I only lose money on days ending in y.
Buy high, sell low, repeat.
[sarcasm.say]
only down {pct} today, great job everyone | another offering, how lovely | what a wonderful way to lose money
sure, this time it is different | truly the stock of the decade | love when they dilute at the lows, thanks
fantastic guidance, so good that it was withdrawn
[sarcasm.more]
Best management in the world, clearly.
I am so happy I could cry.
Can't wait for the next reverse split.
What could possibly go wrong.
Brilliant capital allocation as always.
[offtopic.say]
anyone else's broker down again? | what do you use for charting? | happy friday, traders | best book on options?
coffee or tea before the open? | how do you track taxes on {n} trades? | my internet died at the open
which screener do you like? | is there a mute button for this market? | how long until the long weekend?
[offtopic.more]
Asking for a friend.
The app has been slow since the update.
I paper traded for {weeks} weeks before this.
Any recommendation under {n} dollars a month?
Mods please pin this.
I keep a journal and it helps.
[word.tail]
{word} in, as they say. | That is {word} from me. | It is {word} I need right now.
[spam.say]
turned $500 into ${spam} in {few} weeks, message me | join our VIP room, {pct} win rate | free signals every day,
+ link in bio
my mentor on telegram changed my life | copy my trades, first week free | crypto giveaway, last {n} places
[spam.more]
DM for details.
Link in profile.
Limited spots.
100 % legit.
Ask about our results.
[foreign.say]
sieht stark aus, Ziel ${target} | va a subir hasta ${target} | je pense que ça va monter | está barato demais a
+ ${level}
wird heute wieder verkauft | cuidado con la dilución | attention au volume, il est faible | vou esperar o resultado
[foreign.more]
Was meint ihr?
Nadie habla de esta acción.
Le marché se réveille doucement.
Alguém mais comprou hoje?
Ich bleibe bis {month} dabei.
Stop en ${level}.

[up.say]
up {pct} today | is on fire, up {pct} | {rose} {pct} and still going | at ${price}, wow | halted yet? up {pct}
breaking out at ${price} | going vertical | just ripped through ${price} | green {pct} on huge volume
[up.more]
Shorts must be sweating.
Congrats to everyone who held.
Chasing here is risky but what a move.
Volume is off the charts.
Taking some profit into this.
Did I miss it?
Next stop ${target}.
I sold too early again.
Let it cool off first.
[down.say]
down {pct} today | is getting crushed, down {pct} | {fell} {pct} and no bid | at ${price}, ouch | knifing lower
red {pct} on huge volume | lost ${price} like it was nothing | bleeding all day | what a disaster, minus {pct}
[down.more]
Anyone catching this knife?
Glad I sold last week.
Margin calls everywhere.
Way overdone if you ask me.
Stops got run.
Not touching it until it bases.
That is the whole year's gain gone.
I bought the first dip, that was dumb.
Somebody knew.
[theme.say]
is a pure {t1} play | finally getting into {t1} | the sleeper in {t1} and {t2} | next in line for the {t2} trade
is how I play {t1} | just said the magic words, {t1} | could be the cheap way to own {t2}
[theme.more]
{^t1} is the story of this month, with {t2} right behind.
Everything with {t2} in the headline is moving.
After {t1} comes {t2}, then {extra}.
Read up on {extra} and {t2} before you laugh.
The {t1} names are spreading, {t2} today and {extra} tomorrow.
Demand for {extra} is real, {t1} is not hype.
I made a list of {n} stocks with {t1} and {t2} exposure.
[pump.say]
IS ABOUT TO EXPLODE 🚀🚀🚀 | next 10x, load before the crowd | float is locked, target ${target} 🚀 | huge news coming,
+ get in now
will be ${target} by friday, bookmark this | is the easiest 300% of the year | insiders know, load the boat 🔥🔥
[pump.more]
Low float and massive volume coming in, this is the one we have been waiting for all year, do not miss it.
Everyone in the group is loading under ${level} because the announcement drops any minute and shorts are trapped.
My last alert did {pct2} in a day and this setup looks even better with the tiny float and heavy buying.
Big buyers stepped in at the open, the chart is a coiled spring and the next stop is ${target} easily.
Join the telegram before the next leg, we called this at the bottom and the target of ${target} stays.
Do not sell for pennies, hold the line together and this goes to ${target} before the week is over.
[pump.close]
🚀🚀🚀 | 🔥🔥 | 💎🙌 | LFG | to the moon | #10x | tick tock | 💰💰 | #runner | you have been warned | 📈
[bag.say]
rugged, exactly like the last one | down {drop} from the top | dumped on everyone | what happened? it was ${level}
+ yesterday
pump is over | insiders sold it to you | classic, straight up and straight down
[bag.more]
Who is still holding this thing?
The group chat went silent, funny.
They filed right after the spike, as always.
Lost {drop} in an hour.
It will come back, I have to believe that.
Report the newsletter that pushed it.
Buy the dip, same story, next leg soon.
[squeeze.say]
short interest {si} and climbing | shorts are trapped | borrow fee through the roof | squeeze is on
no shares left to borrow | gamma ramp to ${target} | is squeezing again
[squeeze.more]
Days to cover is {cover}, they cannot get out.
Hold and do not lend your shares.
Every dip is bought within minutes.
Failures to deliver are piling up.
The options chain is loaded at ${target}.
Shorts covered maybe half, my guess.
This ends the way these always end, trade it, don't marry it.
[event.say]
{event}, huge | got it: {event} | finally, {event} | {event} and the market agrees | is a different company now after
+ {event}
[event.more]
Real news for once, not a rumor.
I read the release twice, it is solid.
Holders since {year} deserve this.
Analysts will have to redo their models.
Selling some, keeping the rest for ${target}.
Not a pump, the filing is out.
Who had this on the bingo card?
Valuation still looks reasonable.
[beat.say]
beat on {q}, revenue {rev} | crushed earnings | great quarter, eps {eps} | results out and they are good
[beat.more]
Guidance matters more, wait for the call.
Margins up, cash up, what else do you want.
Expected {epsx}, got {eps}.
Should hold the gap.
That is {few} beats in a row.
[miss.say]
missed on {q}, revenue {rev} | ugly earnings | weak quarter, eps {eps} | results out and it is not pretty
[miss.more]
Guidance cut comes next.
Expected {epsx}, got {eps}.
The call better be good.
Same excuses as last quarter.
Kitchen sink quarter maybe.
[offering.say]
priced an offering at ${price} | dilution again, {gross} | selling shares at ${price}, knew it | there is the offering
[offering.more]
Warrants too, read the 424B5.
They always sell into strength.
At least the cash runway is fixed.
Same placement agent as last time.
Holders pay the bill.
[split.say]
reverse split {ratio}, here we go | doing a {ratio} reverse split | {ratio} consolidation announced
[split.more]
Short it after the split like clockwork.
They need the bid price back over a dollar.
Fewer shares, same problems.
Next comes the offering.
[forward.say]
splitting {ratio} | stock split {ratio} announced | board approved a {ratio} split
[forward.more]
Nothing changes but people like it.
More shares for everybody.
Options will be adjusted.
[storm.say]
in the news again over {affair} | another headline on {affair} | cannot catch a break, {affair}
[storm.more]
Every outlet runs the same story.
Does {affair} even matter for earnings?
Overblown if you ask me.
The company says it is cooperating, sure.
Waiting for the dust to settle.
[macro.say]
{t1} day, buckle up | {t1} and the whole tape moves | all about {t1} and {t2} now | {t2} just broke my charts
nobody trades stocks today, only {t1}
[macro.more]
{^extra} came in different than expected.
Small caps hate {t1}.
Futures whipsawed on {t2}.
{^t1} again, every month the same circus.
Cash is a position while {t1} is on.
Watch {extra} and {extra2} next.
[listing.say]
first day of trading | just went public | IPO opens today
[listing.more]
Tiny float, careful.
Lockup ends in {n} weeks.
No analyst covers it yet.
"""
