"""The family to tune on: press releases and newsletters. Format: see phrasebook.read_table."""

TABLE = """
[about]
About {company}: {company} is a {industry} company based near {city}. For more information visit its website.
{company} ({exchange}: {symbol}) serves customers in {n} countries. Investor relations: {city}.
[safe]
This press release contains forward-looking statements within the meaning of the Private Securities Litigation Reform
+ Act.
Forward-looking statements involve risks and uncertainties, and actual results may differ materially.
[dateline]
{city}, {today} -- {legal} ({exchange}: {symbol}) today {said}
{city}, {today} -- {legal} ({exchange}: {symbol}), a {industry} company, today {said}
[release.contract.title]
{company} Announces {amount} Contract Award
{company} Secures Multi-Year Agreement
[release.contract.body]
{dateline} that it has been awarded a contract valued at up to {amount} over {few} years.
+ {quote.business} ¶ {about} ¶ {safe}
[release.product.title]
{company} Launches Next Generation Platform
{company} Announces Commercial Availability of New Product
[release.product.body]
{dateline} the commercial launch of its new platform for {industry} customers, with first shipments expected in the
+ {quarter}. {quote.business} ¶ {about} ¶ {safe}
[release.hire.title]
{company} Appoints {person} as {role}
{company} Strengthens Leadership Team
[release.hire.body]
{dateline} the appointment of {person} as {role}, effective {date}. {quote.business} ¶ {about} ¶ {safe}
[release.conference.title]
{company} to Participate in Upcoming Investor Conferences
{company} to Report {Quarter} Financial Results on {date}
[release.conference.body]
{dateline} that {person}, {role}, will present at an investor conference in {city} on {date}. A webcast will be
+ available. ¶ {about}
{dateline} that it will report {quarter} results on {date} and hold a call the same day. Dial-in details are on its
+ website. ¶ {about}
[release.dividend.title]
{company} Declares Quarterly Dividend
{company} Board Declares Cash Dividend
[release.dividend.body]
{dateline} that its board declared a cash dividend of ${dividend} per share, payable on {date} to holders of
+ record. ¶ {about} ¶ {safe}
[release.legal.title]
SHAREHOLDER ALERT: {law} Investigates {company} ({symbol})
{law} Reminds Investors of Deadline in {company} Class Action
[release.legal.body]
{law} announces that a class action has been filed on behalf of purchasers of {company} ({exchange}: {symbol})
+ securities. Investors who lost money have until {date} to seek the role of lead plaintiff. There is no cost or
+ obligation. ¶ Attorney advertising. Prior results do not guarantee a similar outcome.
[release.trial.title]
{company} Reports Topline Data from Phase 2 Study of {drug}
{company} Doses First Patient in Study of {drug}
[release.trial.body]
{dateline} an update on its clinical study of {drug}. The study enrolled {patients} patients at {n} sites.
+ {quote.business} ¶ {about} ¶ {safe}
[release.guidance.title]
{company} Raises Full-Year Outlook
{company} Announces Preliminary {Quarter} Revenue Above Guidance
[release.guidance.body]
{dateline} that it now expects revenue of {amount} for the {quarter}, above its earlier range.
+ {quote.business} ¶ {about} ¶ {safe}
[release.buyback.title]
{company} Announces Share Repurchase Program
[release.buyback.body]
{dateline} that its board authorized the repurchase of up to {amount} of common stock over {n} months.
+ {quote.business} ¶ {about} ¶ {safe}
[release.cut.title]
{company} Updates Full-Year Outlook
[release.cut.body]
{dateline} that it now expects revenue of {amount} for the {quarter}, below its earlier range, because of softer
+ orders. {outlook} ¶ {about} ¶ {safe}
[release.beat.title]
{company} Reports {Quarter} Results; Revenue Grows {pct}
{company} Announces Strong {Quarter} Financial Results
[release.beat.body]
{dateline} results for the {quarter}. Revenue was {rev}. Earnings were {eps} per share against estimates of {epsx}.
+ {outlook} {quote.business} ¶ {about} ¶ {safe}
[release.miss.title]
{company} Reports {Quarter} Results
{company} Announces {Quarter} Financial Results and Provides Update
[release.miss.body]
{dateline} results for the {quarter}. Revenue was {rev}. Earnings were {eps} per share against estimates of {epsx}.
+ Results were affected by softer demand. {outlook} ¶ {about} ¶ {safe}
[release.offering.title]
{company} Announces Pricing of {gross} Offering of Common Stock
{company} Announces Pricing of Registered Direct Offering
[release.offering.body]
{dateline} the pricing of an offering of {shares} shares of common stock at ${price} per share, for gross proceeds of
+ approximately {gross} before fees. {offering.use} ¶ {about} ¶ {safe}
[release.proposed.title]
{company} Announces Proposed Offering of Common Stock
{company} Announces Proposed Underwritten Public Offering
[release.proposed.body]
{dateline} that it intends to offer and sell shares of its common stock. There can be no assurance as to the size or
+ terms of the offering. {offering.use} ¶ {about} ¶ {safe}
[release.split.title]
{company} Announces {ratio} Reverse Stock Split
[release.split.body]
{dateline} that it will effect a {ratio} reverse split of its common stock on {date}. {lines.split.more} ¶
+ {about} ¶ {safe}
[release.forward.title]
{company} Announces {ratio} Stock Split
[release.forward.body]
{dateline} that its board approved a {ratio} split of the common stock, effective {date}. {outlook} ¶ {about} ¶ {safe}
[release.theme.title]
{company} Announces Strategic Initiative in {t1}
{company} Expands into {t1} with {t2} Program
{company} to Launch {t1} Business
[release.theme.body]
{dateline} a strategic initiative to provide {business}. The program combines {t1} and {t2}, and addresses growing
+ demand for {extra}. {quote.theme} ¶ {about} ¶ {safe}
[quote.theme]
"We believe {t1} is a generational opportunity, and {extra} is where we can help," said {person}, {role}.
"Customers ask us for {t2} every day," said {person}, {role}.
"Our assets fit {t1} better than most people know," {person}, {role}, said.
[release.approval.title]
{company} Announces FDA Approval of {drug}
[release.approval.body]
{dateline} that the U.S. Food and Drug Administration has approved {drug}. {lines.approval.more}
+ {quote.business} ¶ {about} ¶ {safe}
[release.failure.title]
{company} Provides Update on Phase 3 Study of {drug}
[release.failure.body]
{dateline} that its Phase 3 study of {drug} did not meet the primary endpoint. {lines.failure.more}
+ {outlook} ¶ {about} ¶ {safe}
[release.takeover.title]
{company} Enters into Definitive Agreement to Be Acquired for ${price} per Share
[release.takeover.body]
{dateline} that it has entered into a definitive agreement to be acquired for ${price} per share in cash.
+ {lines.takeover.more} {quote.business} ¶ {about} ¶ {safe}
[release.promo.title]
Market Newsletter Initiates Coverage of {company} ({symbol}) With ${target} Target
This Tiny {industry} Stock Could Be the Next 10x: {symbol}
Why Smart Money Is Watching {symbol} Before the Crowd
[release.promo.body]
{promo.lead} {lines.promo.more} {lines.promo.more2} ¶ {promo.fine}
[promo.lead]
Our top pick this week is {company} ({exchange}: {symbol}), a tiny company with a float so low that any buying can
+ send it flying.
Few investors have heard of {company} ({symbol}). That is about to change, and early birds could see a 10x.
We are alerting members to {symbol}, a coiled spring trading under ${target}.
[lines.promo.more]
A breakout above ${level} opens the door to ${target}.
With a market this large, a move to ${target} would be conservative.
Get on board before the news hits the tape.
[lines.promo.more2]
Join our free Telegram channel for the next alert.
Our last three alerts gained {pct}, {pct2} and more.
Do your own research, but do it fast.
[promo.fine]
The publisher was compensated {fee} by a third party for this awareness campaign and may sell shares at any time.
Paid advertisement. The publisher received {fee} and holds no position, but its affiliates may.
[release.fake.title]
{company} Signs Letter of Intent With Global Technology Leader
{company} Receives Non-Binding Proposal Worth {bigamount}
[release.fake.body]
{dateline} that it has signed a non-binding letter of intent with a global leader whose name cannot be disclosed. The
+ transaction could be worth {bigamount}. {quote.business} ¶ {about} ¶ {safe}
[release.storm.title]
{company} Comments on Recent Media Reports
[release.storm.body]
{dateline} the following statement regarding {affair}. The company is cooperating with all parties and has engaged
+ independent advisers. {outlook} ¶ {about} ¶ {safe}
[release.listing.title]
{company} Announces Pricing of Initial Public Offering
[release.listing.body]
{dateline} the pricing of its initial public offering. The shares are expected to begin trading on {exchange} today
+ under the symbol {symbol}. {firm} acted as lead manager. ¶ {about} ¶ {safe}
"""
