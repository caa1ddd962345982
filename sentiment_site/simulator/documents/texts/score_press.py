"""The family to score on: articles in another voice. Format: see phrasebook.read_table."""

TABLE = """
[rose]
rips higher | pushes up | adds | surges | pops | spikes
[fell]
gives up | retreats | plunges | loses | skids | craters
[hours]
with turnover swelling | as orders pile in | while rivals barely budge | in a brisk tape | before lunch in New York
[said]
revealed | confirmed | told the market | let it be known
[stake]
owners | existing backers | long-time holders
[outlook]
Forecasts for the current year were left where they were.
{person2}, who serves as {role2}, struck an upbeat note on the months ahead.
There is roughly {amount2} in the till, enough for about {few} quarters at today's pace.
Spending plans of {amount2} are unchanged.
Terms stay confidential.
Expect to hear more at the {city} roadshow on {date2}.
Headcount across {n} offices should stay flat.
{short} wants to be self-funding by {year}.
[context]
You can pick the shares up for about ${level} apiece.
Typical turnover is {shares} a day.
Over {weeks} weeks the price has swung from ${level} to ${level2}.
Bears hold around {si} of the free float.
Competing {industry} outfits went nowhere.
The little-company index ended flat.
Derivatives desks saw little of note.
Numbers for the {quarter} land around {date2}.
Brokers pencil in turnover of {amount2} for the {quarter}.
[disclaim]
Nothing here is a recommendation.
We own none of the shares mentioned.
Quotes run a quarter of an hour late.
Always check the primary source before you act.

[news.analyst.up.title]
Broker {firm} warms to {company}
{symbol}: {firm} now says buy, with ${target} in sight
A thumbs-up for {short} from {firm}
Fresh optimism on {company}: target goes to ${target}
[news.analyst.up.body]
{lead.analyst.up} {why.analyst.up} ¶ {context} {context} {disclaim}
Why the change of heart at {firm}? {why.analyst.up} The new target for {company} ({symbol}) is ${target}. ¶ {outlook}
+ {context}
[lead.analyst.up]
{firm} has put {company} on its list of favourites and reckons each share could fetch ${target}.
It took a while, but {firm} likes {company} ({symbol}) again and says so in fresh research.
The research desk of {firm} moved {short} to accumulate and told clients to aim for ${target}.
[why.analyst.up]
Sales could climb {pct} from here, in its view, and consensus lags behind.
Distributors report brisk reordering, a good omen for anybody in {industry}.
Debt is shrinking, pricing sticks and {amount} of work is already booked.
At this price you pay little for growth, it argues.
[news.analyst.down.title]
{firm} loses patience with {company}
{symbol}: one broker less in the fan club
{firm} tells clients to look elsewhere than {short}
Cooler words on {company}: target falls to ${target}
[news.analyst.down.body]
{lead.analyst.down} {why.analyst.down} ¶ {context} {context} {disclaim}
What bothers {firm}? {why.analyst.down} Its new target for {company} ({symbol}) is ${target}. ¶ {outlook} {context}
[lead.analyst.down]
{firm} has struck {company} off its list of favourites; ${target} is all it would pay now.
Enthusiasm for {company} ({symbol}) is fading at {firm}, fresh research shows.
The research desk of {firm} moved {short} to reduce and told clients to take money off the table.
[why.analyst.down]
Sales could come in {pct} lighter than hoped, in its view.
Distributors sit on stock, a bad omen for anybody in {industry}.
Costs creep up, two clients make half the sales, and a loan falls due in {year}.
At this price a lot has to go right, it argues.
[news.preview.title]
Countdown to numbers at {company}
{symbol} opens its books on {date}: our cheat sheet
Three things to look for when {short} reports
Will {company} deliver this {quarter}?
[news.preview.body]
Mark {date} in your diary: that is when {company} ({symbol}) opens its books for the {quarter}.
+ {view.preview} ¶ {context} {disclaim}
{company} is next on the earnings calendar. {view.preview} {context} ¶ All eyes will be on costs and on what
+ {person}, {role}, says about demand.
[view.preview]
Brokers pencil in {eps} a share and turnover of {amount}.
The crowd looks for {eps} a share; whisper numbers are a touch higher. Turnover should reach {amount}.
Last year it managed growth of {pct}; this time {amount} of turnover and {eps} a share would do.
[news.business.title]
New chapter for {company} in {city}
{person} takes the {role} seat at {short}
Ink is dry: {company} lands a deal for {few} years
{short} grows its footprint
Shopping spree: {company} spends {amount}
[news.business.body]
{lead.business} {quote.business} ¶ {context} {outlook}
{lead.business} {outlook} ¶ {quote.business} {disclaim}
[lead.business]
A site near {city} will carry the flag of {company} ({symbol}) soon; the budget is {amount}.
{company} ({symbol}) {said} that a client from {city} committed for {few} years, good for {amount} if all options are
+ used.
From {date} on {person} runs things as {role} at {company} ({symbol}); the predecessor bows out.
{company} ({symbol}) paid {amount} in cash to take over a smaller {industry} outfit.
[quote.business]
{person}, {role}: "It simply fits."
"Ask our clients, they wanted this for ages," quipped {person}, {role}.
"You will see the benefit from next year," {person} promised as {role}.
[news.insider.title]
Who is buying and selling at {company}?
Boardroom trade at {short}: {shares} shares change hands
{symbol}: a look at the latest Form 4
[news.insider.body]
A fresh Form 4 tells us that {person}, {role} at {company} ({symbol}), {insider.act} {shares} shares around ${level}.
+ {context} {context} ¶ {disclaim}
[insider.act]
picked up | let go of | exercised options over | parted with, by a preset schedule,
[news.wrap.title]
Before the bell: {names}
{names}: today's talking points
Your {weekday} cheat sheet for tiny stocks
Who moves? {names} and more
[news.wrap.body]
Good morning. {wrap.names} {context.market} ¶ {disclaim}
[wrap.names]
Keep an eye on {names}, all of them busy since the first prints.
Overnight chatter centred on {names}.
The most active corner includes {names}.
[context.market]
The little-company index hovers around yesterday's mark and bonds are calm.
Winners and losers keep each other in check.
Turnover matches a usual {weekday}.
Drillers are in demand, power companies are not.
[news.list.title]
{few} bargains hiding in {industry}
Cheap for a reason? A fresh look at {short}
Would I buy {company} today?
What the crowd gets wrong about {short}
[news.list.body]
{lead.list} {why.list} {why.list} ¶ {context} {disclaim}
[lead.list]
Hardly anyone writes about {company} ({symbol}), which is exactly why I did the maths.
Patience has not paid at {company} ({symbol}) so far, but the pieces are falling into place.
Around ${level} you get a {industry} franchise that others would pay more for.
[why.list]
Each dollar put to work earns more than it did {few} quarters ago.
Creditors got {amount2} back within twelve months.
You pay {few} times next year's profit for growth of {pct}.
On the flip side, two clients dominate and trading is thin.
[news.mover.up.title]
What is behind the {pct} pop in {company}?
{symbol} {rose} {pct}: here is the story
{short} {rose} {pct} {hours}
Buyers storm {company}, price hits ${price}
[news.mover.up.body]
{company} ({symbol}) {rose} {pct} and changes hands at ${price} {hours}. Credit goes to {reason}.
+ {quote.mover.up} ¶ {context} {disclaim}
If you own {company} ({symbol}), you are {pct} richer today. The trigger: {reason}. {context} ¶ {quote.mover.up} At
+ ${price} the bill looks different.
[quote.mover.up]
More shares traded than in a usual week.
Desk chatter turned friendly at once.
With so few shares around, every order counts.
[news.mover.down.title]
What went wrong at {company}? Shares off {pct}
{symbol} {fell} {pct}: here is the story
{short} {fell} {pct} {hours}
Sellers swamp {company}, price hits ${price}
[news.mover.down.body]
{company} ({symbol}) {fell} {pct} and changes hands at ${price} {hours}. Blame goes to {reason}.
+ {quote.mover.down} ¶ {context} {disclaim}
If you own {company} ({symbol}), you are {pct} poorer today. The trigger: {reason}. {context} ¶ {quote.mover.down} At
+ ${price} the bill looks different.
[quote.mover.down]
Nobody wanted to stand in the way.
Desk chatter turned sour at once.
Old supports gave way one after the other.
[because.contract]
a fat order worth {amount} | a framework deal with a client from {city} | a tender won for {amount}
[because.product]
a gadget that ships earlier than thought | first deliveries of its new line | a green light for its device
[because.trial]
patients who did better than hoped | early readouts that hit the mark | clean results from the clinic
[because.guidance]
a rosier forecast for the year | targets lifted well past consensus | early numbers that beat the street
[because.buyback]
plans to retire {amount} of stock | an extra payout | a repurchase scheme
[because.cut]
a trimmed forecast for the year | a sober trading statement | early numbers short of the mark
[because.setback]
patients who fared no better | a stop order from the regulator | poor results from the clinic
[because.loss]
a key client walking away | an order of {amount} torn up | a project pushed back again
[because.exit]
the finance head leaving at short notice | a new set of auditors | a seat vacated in the boardroom
[because.report]
a scathing dossier by an activist short | doubts over how sales are booked | a letter from the regulator
[news.quiet.up.title]
Mystery bid: {company} {rose} {pct}
Nobody knows why {short} {rose} {pct}
[news.quiet.up.body]
{company} ({symbol}) {rose} {pct} to ${price} {hours}, and we found no headline that would explain it.
+ {context} ¶ {context} {disclaim}
[news.quiet.down.title]
Mystery selling: {company} {fell} {pct}
Nobody knows why {short} {fell} {pct}
[news.quiet.down.body]
{company} ({symbol}) {fell} {pct} to ${price} {hours}, and we found no headline that would explain it.
+ {context} ¶ {context} {disclaim}
[news.beat.title]
Better than feared: {company} delivers
{symbol} sails past forecasts with {eps} a share
A {quarter} to like at {short}
[news.beat.body]
Forecasts said {epsx}, {company} ({symbol}) made {eps} a share. {lines.beat.more} {outlook} ¶ {context} {disclaim}
[lines.beat.more]
Turnover of {rev} was more than brokers had pencilled in.
Clients bought more and paid more, and turnover reached {rev}.
Turnover swelled by {pct} to {rev} while costs behaved.
[news.miss.title]
A letdown: {company} falls short
{symbol} trips over forecasts with {eps} a share
A {quarter} to forget at {short}
[news.miss.body]
Forecasts said {epsx}, {company} ({symbol}) made only {eps} a share. {lines.miss.more} {outlook} ¶ {context} {disclaim}
[lines.miss.more]
Turnover of {rev} was less than brokers had pencilled in.
Clients hesitated, inputs cost more, and turnover stopped at {rev}.
Turnover shrank to {rev} and costs did not.
[news.offering.title]
Fresh paper: {company} places {shares} shares at ${price}
{symbol} taps the market for {gross}
More shares, less cake: {short} sells stock
[news.offering.body]
{company} ({symbol}) hands out {shares} new shares at ${price} each and collects {gross}. {offering.use} ¶ {context}
+ {disclaim}
[offering.use]
The money is meant for day-to-day needs and whatever else comes up.
Lenders and the lab get most of it; {stake} end up with a thinner slice.
{firm} found the buyers. The paperwork was on the shelf already.
[news.split.title]
{ratio}: {company} shrinks its share count
Fewer but dearer shares at {short} ({symbol})
[news.split.body]
{company} ({symbol}) merges its shares {ratio} from {date}. {lines.split.more} ¶ {context} {disclaim}
[lines.split.more]
The listing rules want a price above a dollar, and this is the quick fix.
Odd lots are paid out or rounded. Your slice of the company stays the same.
[news.forward.title]
{ratio}: {company} makes its shares handier
[news.forward.body]
{company} ({symbol}) splits each share {ratio} from {date}. Your slice of the company stays the same, only the count
+ changes. ¶ {context} {disclaim}
[news.theme.title]
Now {short} wants a slice of {t1}
{^t1} fever reaches {company}
{symbol}, {t1} and the hunt for {t2}
Everybody talks {t2}; {short} does something about it
[news.theme.body]
{lead.theme} {why.theme} ¶ {why.theme} {context}
[lead.theme]
Add {company} ({symbol}) to the growing club around {t1}: a plan for {t2} is on the table.
From now on {company} ({symbol}) also does {business}. Buzzwords of the day: {t1} and {t2}.
Another week, another convert to {t1}. This time {company} ({symbol}) courts the {t2} crowd.
[why.theme]
Whoever has {extra} to sell can name the price these days.
{firm} sees {t1} as the topic that will not go away this year.
Money has been chasing anything with {extra} or {extra2} in the pitch.
Sceptics reply that {extra} is scarce and {t2} takes years.
[news.approval.title]
Green light for {drug}: {company} gets its licence
Regulator says yes to {short}
{symbol} can sell {drug}
[news.approval.body]
It is official: {drug} by {company} ({symbol}) may be sold in the United States. {lines.approval.more}
+ {context} ¶ {disclaim}
[lines.approval.more]
Shelves should be stocked by the {quarter}; up to {bigamount} a year looks possible.
No strings attached to the label, rejoiced {person}, {role}.
The regulator did not even use all of its time.
[news.failure.title]
Clinic flop at {company}
{drug} disappoints, and so does {symbol}
[news.failure.body]
Hopes for {drug} are dashed: {company} ({symbol}) told us that the decisive test came up empty. {lines.failure.more}
+ {outlook} ¶ {context} {disclaim}
[lines.failure.more]
The programme is shelved and every option is on the table.
Volunteers on the real thing fared like those on dummy pills, conceded {person}, {role}.
Details will follow at a congress.
[news.contract.title]
Jackpot for {company}: {bigamount} order
{symbol} bags the deal of its life
[news.contract.body]
Over {few} years {company} ({symbol}) will deliver goods for as much as {bigamount}, the parties {said}.
+ {quote.business} {outlook} ¶ {context} {disclaim}
[news.takeover.title]
Sold: {company} goes for ${price} a share
A suitor for {short}: {bigamount} on the table
{symbol} bows out at a premium
[news.takeover.body]
Owners of {company} ({symbol}) are offered ${price} in cash for each share. {lines.takeover.more} {context} ¶ {disclaim}
[lines.takeover.more]
Both boards are in favour, and papers should be signed off by the {quarter}.
The money is there already. {firm} counselled the seller.
[news.squeeze.title]
Bears in a trap at {company}
{symbol}: when everybody has to buy at once
The most hated stock fights back: {short}
[news.squeeze.body]
Whoever bet against {company} ({symbol}) is paying for it. {lines.squeeze.more} ¶ {context} {disclaim}
[lines.squeeze.more]
Some {si} of the free float is on loan and renting more costs a fortune.
It would take bears {cover} days of usual turnover to get out. Turnover is anything but usual.
[news.storm.title]
{^affair}: what it means for {company}
{symbol} under pressure over {affair}
More voices on {short} and {affair}
Five questions about {affair} at {company}
Timeline: {short} and {affair}
[news.storm.body]
The talk about {company} ({symbol}) does not die down. The matter: {affair}. {lines.storm.more} {lines.storm.more2} ¶
+ {context} {disclaim}
[lines.storm.more]
A spokesman would not go into details but promised to help all authorities.
{person}, {role}, asked for calm and pointed to business as usual.
Insiders whisper that there is more to come before the weekend.
[lines.storm.more2]
{firm} thinks it will be forgotten in a month.
Competitors rub their hands, remarks {firm}.
The directors held a special session on {weekday}.
[affair.lawsuit]
the court case | that patent quarrel | the row with old partners
[affair.chief_executive_leaves]
the boss walking out | an empty corner office
[affair.product_recall]
goods called back | the safety scare
[affair.activist_investor]
an unruly shareholder | the activist's letter
[affair.data_breach]
hackers in the system | stolen client files
[affair.new_product]
its latest launch | the shiny new gadget
[event.approval]
the licence for {drug} | a yes from the regulator
[event.failure]
the clinic flop | {drug} doing nothing
[event.takeover]
${price} in cash from a buyer | being bought
[event.contract]
the {bigamount} order | the deal of its life
[news.macro.title]
{^t1}: why your screen blinks
All about {t1} today
{^t2} and {t1} set the tone
[news.macro.body]
One topic rules the tape this {weekday}: {t1}, and with it {t2}. {lines.macro.more} ¶
+ {context.market} {disclaim}
[lines.macro.more]
Watch {extra} and {extra2}, advises {firm}.
For little companies {t1} matters more than for giants, says {firm}.
Desks rewrote their view of {extra} in no time.
[news.macro.company.title]
{company} swims with the tide on {t1}
How {short} copes with {t1}
[news.macro.company.body]
Nothing new from {company} ({symbol}) itself; {t1} and {t2} moved everything. {lines.macro.more} ¶ {context} {disclaim}
[news.delisting.title]
Last orders for {company} on {exchange}
{symbol} disappears from the board
[news.delisting.body]
After {weekday} you cannot trade {company} ({symbol}) on {exchange} any more; the papers are filed.
+ {context} ¶ {disclaim}
[news.listing.title]
Newcomer: {company} rings the bell
Welcome {symbol}
[news.listing.body]
{company} is the newest name on {exchange}; look for {symbol} on your screen. {firm} brought it to market.
+ {outlook} ¶ {disclaim}
[news.market.title]
A day without direction
Little companies tread water
The calendar for the days ahead
[news.market.body]
Not much to write home about this {weekday}. {context.market} {context.market2} ¶ {disclaim}
[context.market2]
{firm} warns of a hectic {quarter} reporting calendar.
Funds for little companies bled {amount}, counts {firm}.
Bullion put on {pct} and currencies slept.
"""
