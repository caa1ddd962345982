"""The family to score on: press releases and newsletters. Format: see phrasebook.read_table."""

TABLE = """
[about]
Who we are: {company} works in {industry} from its base near {city}. Find us online.
{company} trades as {symbol} on {exchange} and has clients in {n} countries. Contact: {city} office.
[safe]
Statements about the future are our best guess today; events may turn out otherwise and we do not promise updates.
Words such as expect or plan mark views that may prove wrong; please read the risk section of our filings.
[dateline]
{today}, {city}. {legal} (symbol: {symbol}) {said}
News from {legal} ({exchange} {symbol}), {city}, {today}: we {said}
[release.contract.title]
{company} Wins Tender Worth {amount}
Framework Deal Signed by {company}
[release.contract.body]
{dateline} an order worth {amount} that stretches over {few} years. {quote.business} ¶ {about} ¶ {safe}
[release.product.title]
{company} Starts Deliveries of New Line
Now Shipping: the Latest From {company}
[release.product.body]
{dateline} that its new line for {industry} clients is ready and goes out in the {quarter}.
+ {quote.business} ¶ {about} ¶ {safe}
[release.hire.title]
{person} Joins {company}
{company} Fills {role} Post
[release.hire.body]
{dateline} that {person} starts as {role} on {date}. {quote.business} ¶ {about} ¶ {safe}
[release.conference.title]
Meet {company} in {city}
Save the Date: {company} Results on {date}
[release.conference.body]
{dateline} that {person}, {role}, speaks to investors in {city} on {date}. Listen in on our site. ¶ {about}
{dateline} that numbers for the {quarter} come out on {date}, followed by a call. Dial-in on our site. ¶ {about}
[release.dividend.title]
{company} Pays ${dividend} per Share
Payout Set by {company} Directors
[release.dividend.body]
{dateline} a payout of ${dividend} for each share held; the money arrives on {date}. ¶ {about} ¶ {safe}
[release.legal.title]
Did You Lose Money in {company}? {law} Wants to Hear From You
{symbol} Holders: Court Date {date}, Says {law}
[release.legal.body]
Lawyers at {law} represent buyers of {company} ({symbol}) stock who feel misled. Whoever wants to lead the case
+ should write before {date}. Joining costs nothing. ¶ This is an advertisement by a law office. Past outcomes
+ guarantee nothing.
[release.trial.title]
{company} Shares Early Readout for {drug}
First Volunteer Receives {drug}, Says {company}
[release.trial.body]
{dateline} news from the clinic about {drug}: {patients} volunteers at {n} hospitals take part.
+ {quote.business} ¶ {about} ¶ {safe}
[release.guidance.title]
{company} Lifts Targets
Early Numbers: {company} Ahead of Plan
[release.guidance.body]
{dateline} turnover of {amount} for the {quarter}, better than the range given before.
+ {quote.business} ¶ {about} ¶ {safe}
[release.buyback.title]
{company} to Retire Shares
[release.buyback.body]
{dateline} that up to {amount} will be spent on its own shares within {n} months. {quote.business} ¶ {about} ¶ {safe}
[release.cut.title]
Trading Statement From {company}
[release.cut.body]
{dateline} turnover of {amount} for the {quarter}, short of the range given before; clients hesitate.
+ {outlook} ¶ {about} ¶ {safe}
[release.beat.title]
{company}: {Quarter} Turnover up {pct}
A Strong {Quarter} for {company}
[release.beat.body]
{dateline} numbers for the {quarter}: turnover {rev}, profit per share {eps} where {epsx} was forecast. {outlook}
+ {quote.business} ¶ {about} ¶ {safe}
[release.miss.title]
{company}: Numbers for the {Quarter}
{Quarter} Report and Outlook by {company}
[release.miss.body]
{dateline} numbers for the {quarter}: turnover {rev}, profit per share {eps} where {epsx} was forecast. Business
+ was slow. {outlook} ¶ {about} ¶ {safe}
[release.offering.title]
{company} Places New Shares Worth {gross}
{company} Sets Terms of Share Sale
[release.offering.body]
{dateline} terms of a share sale: {shares} new shares, ${price} each, {gross} in all before costs.
+ {offering.use} ¶ {about} ¶ {safe}
[release.proposed.title]
{company} Plans to Sell New Shares
{company} Sounds Out Buyers for New Shares
[release.proposed.body]
{dateline} that it plans to sell new shares. How many and for how much will depend on demand.
+ {offering.use} ¶ {about} ¶ {safe}
[release.split.title]
{company} Merges Shares {ratio}
[release.split.body]
{dateline} that its shares are merged {ratio} on {date}. {lines.split.more} ¶
+ {about} ¶ {safe}
[release.forward.title]
{company} Splits Shares {ratio}
[release.forward.body]
{dateline} that each share is split {ratio} on {date}. {outlook} ¶ {about} ¶ {safe}
[release.theme.title]
{company} Bets on {t1}
{^t1} and {t2}: {company} Shows Its Plan
New Unit at {company} for {t1}
[release.theme.body]
{dateline} a new unit for {business}. It brings {t1} and {t2} under one roof and helps clients who lack {extra}.
+ {quote.theme} ¶ {about} ¶ {safe}
[quote.theme]
{person}, {role}: "Nobody can ignore {t1}, and we sit on the {extra} others need."
"My phone rings all day about {t2}," laughed {person}, {role}.
"We looked at our sites and saw {t1}," {person} told staff as {role}.
[release.approval.title]
{company} May Sell {drug}
[release.approval.body]
{dateline} that {drug} has been licensed by the U.S. Food and Drug Administration. {lines.approval.more}
+ {quote.business} ¶ {about} ¶ {safe}
[release.failure.title]
{company} Stops Work on {drug}
[release.failure.body]
{dateline} that the decisive test of {drug} missed its aim. {lines.failure.more} {outlook} ¶ {about} ¶ {safe}
[release.takeover.title]
{company} Agrees to Sale at ${price} per Share
[release.takeover.body]
{dateline} that a buyer pays ${price} in cash for each share. {lines.takeover.more} {quote.business} ¶ {about} ¶ {safe}
[release.promo.title]
{symbol}: the Hidden Gem Wall Street Forgot
Could {company} Be Next Month's Tenfold Winner?
Special Alert: {industry} Rocket {symbol} on the Launch Pad
[release.promo.body]
{promo.lead} {lines.promo.more} {lines.promo.more2} ¶ {promo.fine}
[promo.lead]
Members asked for our boldest idea, and here it is: {company} ({exchange}: {symbol}), thinly held and ready to go
+ ballistic.
Remember the name {company} ({symbol}). By next month everybody will, and you could be sitting on a tenfold gain.
Red alert on {symbol}: a sleeping rocket, still under ${target}.
[lines.promo.more]
Past ${level} there is nothing but blue sky until ${target}.
Even a crumb of this giant market justifies ${target}.
The window closes once the headline drops.
[lines.promo.more2]
WhatsApp room for subscribers is open, be quick.
Our recent calls made {pct} and {pct2}.
Those who hesitate watch from the sidelines.
[promo.fine]
We were paid {fee} by an outside party to spread the word and may dump our holdings without notice.
Sponsored content, {fee}. People close to us may trade against you.
[release.fake.title]
World Leader in Talks With {company}
{company} Gets Indicative Offer Valued at {bigamount}
[release.fake.body]
{dateline} talks with a world leader whose identity stays secret; a term sheet without obligation mentions
+ {bigamount}. {quote.business} ¶ {about} ¶ {safe}
[release.storm.title]
{company} Responds to Press Coverage
[release.storm.body]
{dateline} that it takes note of coverage about {affair}. Outside counsel is on the case and business goes on.
+ {outlook} ¶ {about} ¶ {safe}
[release.listing.title]
{company} Goes Public
[release.listing.body]
{dateline} terms of its flotation. Dealings under {symbol} on {exchange} begin today. {firm} ran the
+ books. ¶ {about} ¶ {safe}
"""
