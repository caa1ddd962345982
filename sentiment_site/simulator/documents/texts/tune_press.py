"""The family to tune on: articles. Format: see phrasebook.read_table."""

TABLE = """
[rose]
rose | climbed | gained | advanced | jumped | rallied
[fell]
fell | dropped | slid | declined | sank | tumbled
[hours]
in early trading | in active trading | on heavy volume | in thin dealings | as volume picked up
on above-average volume | in a volatile session
[said]
said | announced | reported | disclosed
[stake]
shareholders | investors | holders of the common stock | the market
[outlook]
Management expects the second half to be stronger than the first.
The company reiterated its full-year guidance.
{short} said it has cash to fund operations into {year}.
The company ended the quarter with {amount2} in cash and equivalents.
Capital spending is expected to remain near {amount2} this year.
No financial terms were disclosed.
{person2}, {role2} of {short}, will speak at an investor event in {city} on {date2}.
The company employs people at {n} sites and is headquartered near {city}.
[context]
Shares of {short} last traded near ${level}.
Average volume over the past month was about {shares} shares a day.
The stock has traded between ${level} and ${level2} over the past {weeks} weeks.
Short interest stood at roughly {si} of the float at the last settlement date.
Peers in {industry} were mixed.
The broader small-cap benchmark was little changed.
Options activity in the name was muted.
{short} is due to report {quarter} results on or about {date2}.
Consensus calls for {quarter} revenue of {amount2}.
[disclaim]
This article is for information only and is not investment advice.
The author holds no position in the securities mentioned.
Prices may be delayed by at least 15 minutes.
Data as of publication. Figures may be revised.

[news.analyst.up.title]
{firm} raises {short} to buy, sees ${target}
{company} ({symbol}) upgraded at {firm} on improving demand
{firm} lifts price target on {company} to ${target}
{short} wins new bull at {firm}
[news.analyst.up.body]
{lead.analyst.up} {why.analyst.up} ¶ {context} {context} {disclaim}
{lead.analyst.up} {context} ¶ {why.analyst.up} {outlook}
[lead.analyst.up]
Analysts at {firm} raised their rating on {company} ({exchange}: {symbol}) and set a price target of ${target}.
{firm} turned more positive on {company} on {weekday}, pointing to better orders and a lighter cost base.
{company} was upgraded to outperform by {firm}, which now values the shares at ${target} each.
[why.analyst.up]
The firm sees revenue growth of {pct} next year and thinks estimates are too low.
Channel checks point to firm demand in {industry}, the analysts wrote in a note to clients.
The note cites margin expansion, a cleaner balance sheet and a backlog of {amount}.
The analysts think the recent weakness is overdone and valuation is undemanding.
[news.analyst.down.title]
{firm} cuts {short} to hold, trims target to ${target}
{company} ({symbol}) downgraded at {firm} on slower growth
{firm} steps to the sidelines on {company}
Price target on {short} lowered to ${target} at {firm}
[news.analyst.down.body]
{lead.analyst.down} {why.analyst.down} ¶ {context} {context} {disclaim}
{lead.analyst.down} {context} ¶ {why.analyst.down} {outlook}
[lead.analyst.down]
Analysts at {firm} cut their rating on {company} ({exchange}: {symbol}) and lowered the target to ${target}.
{firm} turned cautious on {company} on {weekday}, warning of weaker orders and rising costs.
{company} was downgraded to neutral by {firm}, which sees limited upside from here.
[why.analyst.down]
The firm trimmed its revenue estimate by {pct} and flagged execution risk.
Channel checks in {industry} have softened, the analysts wrote in a note to clients.
The note cites margin pressure, customer concentration and a refinancing due in {year}.
The analysts see better risk and reward elsewhere in the group.
[news.preview.title]
{company} earnings preview: what to watch
What to expect from {short} in the {quarter}
{short} ({symbol}) set to report {quarter} results on {date}
{quarter} preview: {company}
[news.preview.body]
{company} ({exchange}: {symbol}) is scheduled to release {quarter} results on {date}. {view.preview} ¶ {context}
+ {context}
Wall Street will look at margins when {company} reports {quarter} numbers on {date}. {context} ¶ {view.preview}
+ {disclaim}
[view.preview]
The consensus estimate is earnings of {eps} per share on revenue of {amount}.
Analysts expect revenue of {amount}, a change of {pct} from a year ago, and earnings of {eps} a share.
Of the {few} analysts who cover the stock, most expect earnings near {eps} per share; revenue is seen at {amount}.
[news.business.title]
{company} opens new facility near {city}
{short} names {person} {role}
{company} signs {few}-year supply agreement
{short} expands {industry} business
{company} completes purchase of assets for {amount}
[news.business.body]
{lead.business} {outlook} ¶ {context} {context}
{lead.business} {quote.business} ¶ {outlook} {disclaim}
[lead.business]
{company} ({exchange}: {symbol}) {said} on {weekday} that it will expand its operations near {city} at a cost of
+ {amount}.
{company} {said} an agreement with a customer in {city} that runs {few} years and is worth up to {amount}.
{company} appointed {person} as {role}, effective {date}, succeeding an executive who is retiring.
{company} completed the purchase of {industry} assets for {amount} in cash.
[quote.business]
"This is a natural next step for {short} and for our customers," said {person}, {role}.
"We have been preparing for this for {few} years," {person}, {role}, said in a statement.
"Our teams delivered, and we thank our partners in {city}," {person} said.
[news.insider.title]
Director of {short} buys {shares} shares
{company} insiders active, filing shows
{short} ({symbol}) executive sells stock under trading plan
[news.insider.body]
{person}, {role} of {company} ({exchange}: {symbol}), {insider.act} {shares} shares at an average of ${level}, a
+ filing shows.
+ {context} {context} ¶ {disclaim}
[insider.act]
bought | sold under a 10b5-1 plan | acquired on the exercise of options | disposed of
[news.wrap.title]
Stocks moving in the pre-market: {names}
Small caps in focus on {weekday}
{names} among names on the move
Mid-day movers: {names}
[news.wrap.body]
Here is a look at companies making headlines on {weekday}. {wrap.names} ¶ {context.market} {disclaim}
[wrap.names]
{names} traded actively. Volume leaders also included several names in {industry}.
Traders are watching {names} after overnight developments.
{names} were among the more heavily traded small caps, data show.
[context.market]
The small-cap benchmark was little changed, while Treasury yields edged higher.
Breadth was mixed, with advancers and decliners close to even.
Volume was in line with the {weeks}-week average.
Energy led and utilities lagged in the morning.
[news.list.title]
{few} {industry} stocks to keep on your radar
Is {short} a bargain after its recent pullback?
Should you own {company} right now?
{few} reasons to look at {short} again
[news.list.body]
{lead.list} {why.list} ¶ {context} {why.list} {disclaim}
[lead.list]
Long-term investors often overlook {company} ({exchange}: {symbol}), a {industry} business valued well below its
+ peers.
It has been a quiet quarter for {company} ({exchange}: {symbol}), and that may suit patient buyers.
With the shares near ${level}, {company} deserves a second look, or at least a place on the watch list.
[why.list]
Return on capital has improved for {few} quarters in a row.
Debt has come down by {amount2} since last year.
The multiple of {few} times forward earnings looks modest beside a growth rate of {pct}.
Risks remain, among them customer concentration and a thin float.
[news.mover.up.title]
{company} shares {rose} {pct} {hours}
Why {short} ({symbol}) stock is up {pct}
{short} {rose} {pct} as {reason.head.up}
{symbol} stock {rose} {pct} to ${price}
[news.mover.up.body]
Shares of {company} ({exchange}: {symbol}) {rose} {pct} to ${price} {hours} after {reason.text.up}.
+ {context} ¶ {quote.mover.up} {disclaim}
{company} ({exchange}: {symbol}) stock was up {pct} at ${price} {hours}. The move followed {reason.text.up}.
+ {quote.mover.up} ¶ {context}
[quote.mover.up]
Trading volume ran well ahead of the daily average.
Several brokers reacted with positive notes.
Bulls pointed to the tight float of the stock.
[news.mover.down.title]
{company} shares {fell} {pct} {hours}
Why {short} ({symbol}) stock is down {pct}
{short} {fell} {pct} as {reason.head.down}
{symbol} stock {fell} {pct} to ${price}
[news.mover.down.body]
Shares of {company} ({exchange}: {symbol}) {fell} {pct} to ${price} {hours} after {reason.text.down}.
+ {context} ¶ {quote.mover.down} {disclaim}
{company} ({exchange}: {symbol}) stock was down {pct} at ${price} {hours}. The move followed {reason.text.down}.
+ {quote.mover.down} ¶ {context}
[quote.mover.down]
Selling was heavy from the open of the move.
At least one broker put its rating under review.
The shares broke below their recent range on the news.
[reason.text.up]
news of {reason}
[reason.text.down]
word of {reason}
[reason.head.up]
{reason} lifts sentiment
[reason.head.down]
{reason} weighs
[because.contract]
a supply contract worth {amount} | a multi-year order from a customer in {city} | a contract award of {amount}
[because.product]
the launch of a new product line | the start of shipments of its new platform | a product clearance
[because.trial]
positive mid-stage trial data | interim data that met the main goal of a study | encouraging trial results
[because.guidance]
raised full-year guidance | a forecast above consensus | preliminary sales above expectations
[because.buyback]
a share repurchase plan of {amount} | a special dividend | a buyback authorization
[because.cut]
lowered full-year guidance | a cautious forecast | preliminary sales below expectations
[because.setback]
a failed mid-stage trial | a clinical hold | trial data that missed the main goal
[because.loss]
the loss of a major customer | a cancelled order worth {amount} | a delayed project
[because.exit]
the departure of its chief financial officer | a change of auditor | the resignation of a director
[because.report]
a critical report by a short seller | questions about its accounting | a regulator's inquiry
[news.quiet.up.title]
{company} ({symbol}) stock {rose} {pct} without apparent news
No news as {short} {rose} {pct}
[news.quiet.up.body]
Shares of {company} ({exchange}: {symbol}) {rose} {pct} to ${price} {hours}. The company has not issued any news.
+ {context} ¶ {context} {disclaim}
[news.quiet.down.title]
{company} ({symbol}) stock {fell} {pct} without apparent news
No news as {short} {fell} {pct}
[news.quiet.down.body]
Shares of {company} ({exchange}: {symbol}) {fell} {pct} to ${price} {hours}. The company has not issued any news.
+ {context} ¶ {context} {disclaim}
[news.beat.title]
{company} tops {quarter} estimates
{short} ({symbol}) earnings beat, revenue up {pct}
{short} posts {quarter} profit above expectations
[news.beat.body]
{company} ({exchange}: {symbol}) reported {quarter} earnings of {eps} per share, above the consensus of {epsx}.
+ {lines.beat.more} {outlook} ¶ {context} {disclaim}
[lines.beat.more]
Revenue of {rev} exceeded expectations.
Sales came in at {rev}, helped by strong demand and better pricing.
Revenue grew {pct} to {rev}, and gross margin widened.
[news.miss.title]
{company} misses {quarter} estimates
{short} ({symbol}) earnings fall short, revenue at {rev}
{short} posts weaker {quarter} and disappoints
[news.miss.body]
{company} ({exchange}: {symbol}) reported {quarter} earnings of {eps} per share, below the consensus of {epsx}.
+ {lines.miss.more} {outlook} ¶ {context} {disclaim}
[lines.miss.more]
Revenue of {rev} missed expectations.
Sales came in at {rev}, hurt by weak orders and higher costs.
Revenue slipped to {rev}, and gross margin narrowed.
[news.offering.title]
{company} prices offering of {shares} shares at ${price}
{short} ({symbol}) sells stock at a discount
{short} raises {gross} in share sale
[news.offering.body]
{company} ({exchange}: {symbol}) priced an offering of {shares} shares at ${price} per share for gross proceeds of
+ about {gross}. {offering.use} ¶ {context} {disclaim}
[offering.use]
The company intends to use the net proceeds for working capital and general corporate purposes.
Net proceeds will fund research, development and debt repayment. The sale dilutes existing {stake}.
{firm} acted as placement agent. The shares are sold under an effective shelf registration statement.
[news.split.title]
{company} to effect {ratio} stock split
{short} ({symbol}) announces {ratio} {split.word}
[split.word]
share consolidation | reverse stock split
[news.forward.title]
{company} board approves {ratio} stock split
{short} ({symbol}) to split its shares {ratio}
[news.split.body]
{company} ({exchange}: {symbol}) will effect a {ratio} reverse split of its common stock, effective {date}.
+ {lines.split.more} ¶ {context} {disclaim}
[news.forward.body]
{company} ({exchange}: {symbol}) will split its common stock {ratio}, effective {date}. Holders will receive the
+ additional shares after the close. ¶ {context} {disclaim}
[lines.split.more]
The split is meant to regain compliance with the minimum bid price rule.
No fractional shares will be issued. The number of authorized shares does not change.
[news.theme.title]
{company} steps into {t1}
{short} shares in focus on {t1} and {t2}
{company} ({symbol}) joins the push into {t2}
{^t1}: {short} unveils plan as {extra} demand grows
[news.theme.body]
{lead.theme} {why.theme} ¶ {context} {why.theme}
[lead.theme]
{company} ({exchange}: {symbol}) {said} a plan around {t1}, adding to a list of companies that see growth in {t2}.
{company} {said} on {weekday} that it will offer {business}, with a focus on {t1} and {t2}.
Interest in {t1} has reached {company} ({exchange}: {symbol}), which outlined its role in {t2} on {weekday}.
[why.theme]
Demand for {extra} is running ahead of supply, the company says.
Analysts at {firm} call {t1} one of the stronger themes of the quarter.
The group has attracted buyers since the first announcements on {extra} and {extra2}.
Executives see {extra} as the bottleneck and {t2} as the opportunity.
[news.approval.title]
{company} wins FDA approval for {drug}
FDA clears {drug} from {short}
{short} ({symbol}) {rose} on approval of {drug}
[news.approval.body]
The U.S. Food and Drug Administration approved {drug} from {company} ({exchange}: {symbol}). {lines.approval.more}
+ {context} ¶ {disclaim}
[lines.approval.more]
Launch is planned for the {quarter} and the company sees peak sales of {bigamount}.
The label covers the full population that was studied, {person}, {role}, said.
Approval came ahead of the target date and without an advisory panel.
[news.failure.title]
{company} drug fails in late-stage trial
{short} ({symbol}) study of {drug} misses main goal
[news.failure.body]
{company} ({exchange}: {symbol}) said its late-stage study of {drug} did not meet its primary endpoint.
+ {lines.failure.more} {outlook} ¶ {context} {disclaim}
[lines.failure.more]
The company will discontinue the program and review its options.
Patients on {drug} did not improve more than those on placebo, {person}, {role}, said.
Full data will be presented at a medical meeting.
[news.contract.title]
{company} wins contract worth {bigamount}
{short} ({symbol}) lands largest order in its history
[news.contract.body]
{company} ({exchange}: {symbol}) was awarded a contract worth up to {bigamount} over {few} years. {quote.business}
+ {outlook} ¶ {context} {disclaim}
[news.takeover.title]
{company} to be acquired for ${price} per share in cash
Buyer agrees to purchase {short} ({symbol}) in {bigamount} deal
{short} accepts takeover offer
[news.takeover.body]
{company} ({exchange}: {symbol}) agreed to be acquired for ${price} per share in cash. {lines.takeover.more}
+ {context} ¶ {disclaim}
[lines.takeover.more]
The boards of both companies approved the transaction, which is expected to close in the {quarter}.
The deal is not subject to a financing condition. {firm} advised the seller.
[news.squeeze.title]
{short} ({symbol}) soars as short sellers rush to cover
Heavily shorted {company} {rose} again
Short squeeze in {symbol}? Borrow costs spike
[news.squeeze.body]
Shares of {company} ({exchange}: {symbol}) extended their advance as short sellers bought back stock.
+ {lines.squeeze.more} ¶ {context} {disclaim}
[lines.squeeze.more]
About {si} of the float is sold short, and the fee to borrow shares has risen sharply.
Days to cover stood at {cover} at the last settlement date. Volume was many times the average.
[news.storm.title]
{company} faces questions over {affair}
{short} ({symbol}) responds to {affair}
What we know about {short} and {affair}
{^affair} at {company}: a timeline
Lawmakers weigh in on {short} after {affair}
[news.storm.body]
{company} ({exchange}: {symbol}) remained in the headlines on {weekday} over {affair}. {lines.storm.more}
+ {lines.storm.more2} ¶ {context} {disclaim}
[lines.storm.more]
The company said it is cooperating and declined to comment further.
{person}, {role}, told reporters that a review is under way and that customers are not affected.
Two people familiar with the matter said more details will follow this week.
[lines.storm.more2]
Analysts at {firm} called the event a distraction.
Rivals stand to benefit if the matter drags on, {firm} wrote.
The board met on {weekday} to discuss its response.
[affair.lawsuit]
a lawsuit by former partners | a patent suit | an antitrust complaint
[affair.chief_executive_leaves]
the departure of its chief executive | the sudden exit of its chief executive
[affair.product_recall]
a product recall | a safety recall
[affair.activist_investor]
an activist campaign | demands by an activist investor
[affair.data_breach]
a data breach | a cyber incident
[affair.new_product]
its new product | the launch of its flagship product
[event.approval]
FDA approval | approval of {drug}
[event.failure]
the failed trial | {drug} missing its endpoint
[event.takeover]
a buyout at ${price} | the takeover offer
[event.contract]
the {bigamount} contract | the big award
[news.macro.title]
Stocks swing as {t1} takes centre stage
Markets digest {t1} and {t2}
{^t2} in focus after {t1} surprise
[news.macro.body]
U.S. stocks moved sharply on {weekday} as investors weighed {t1} and {t2}. {lines.macro.more} ¶
+ {context.market} {disclaim}
[lines.macro.more]
Economists pointed to {extra} and {extra2} as the main risk.
Small caps are sensitive to {t1}, strategists at {firm} said.
Traders repriced {extra} within minutes.
[news.macro.company.title]
{company} shares move with the market on {t1}
{short} exposed to {t1}, analysts say
[news.macro.company.body]
{company} ({exchange}: {symbol}) traded with the wider market as {t1} and {t2} dominated. {lines.macro.more} ¶ {context}
+ {disclaim}
[news.delisting.title]
{company} to leave {exchange}
{short} ({symbol}) shares to be delisted
[news.delisting.body]
Trading in {company} ({exchange}: {symbol}) will end after {weekday}'s session. The exchange will file to remove the
+ shares. {context} ¶ {disclaim}
[news.listing.title]
{company} begins trading on {exchange}
{short} ({symbol}) makes its market debut
[news.listing.body]
Shares of {company} began trading on {exchange} under the symbol {symbol} on {weekday}. {firm} led the offering.
+ {outlook} ¶ {disclaim}
[news.market.title]
Wall Street ends mixed as investors await data
Small caps lag in quiet trade
Week ahead: earnings, data and a crowded calendar
[news.market.body]
Stocks traded in a narrow range on {weekday}. {context.market} {context.market2} ¶ {disclaim}
[context.market2]
Strategists at {firm} expect a busy {quarter} earnings season.
Investors pulled {amount} from small-cap funds last week, {firm} said.
The dollar was steady, and gold gained {pct}.
"""
