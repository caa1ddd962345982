"""The family to score on: what filings say, by other counsel. Format: see phrasebook.read_table."""

TABLE = """
[filing.1.01]
Item 1.01. Material Definitive Agreement. ¶ {legal} ("we") signed a contract with a partner from {city} as of
+ {report}. It runs {few} years; payments may add up to {amount}. {filing.ref}
Item 1.01. Material Definitive Agreement. ¶ As of {report} a bank syndicate grants {legal} ("we") a credit line of
+ {amount}, repayable in {year}. {filing.ref}
[filing.ref]
Please read the contract itself, to be attached to our next periodic report, for all details.
The document includes the usual promises and remedies.
[filing.2.02]
Item 2.02. Results and Condition. ¶ Numbers for the {quarter} of {legal} were published on {report}: turnover {rev},
+ per share {eps}. See Exhibit 99.1 for the announcement.
[filing.3.01]
Item 3.01. Listing Standards. ¶ {exchange} informed {legal} on {report} that its shares traded too long beneath one
+ dollar. There is a cure period of half a year, and a hearing can be requested afterwards.
[filing.3.02]
Item 1.01. Material Definitive Agreement. ¶ Several funds agreed on {report} to buy {shares} new shares of {legal} at
+ ${price} each. ¶ Item 3.02. Sales of Equity Without Registration. ¶ Warrants that go with them rely on an exemption
+ for private deals. We collected {gross} before costs.
[filing.offering]
Item 1.01. Material Definitive Agreement. ¶ {firm} agreed on {report} to find buyers for {shares} new shares of
+ {legal} at ${price} each, {gross} before costs. {filing.ref}
[filing.split]
Item 3.03. Changed Rights of Holders. ¶ The shares of {legal} will be merged {ratio}. ¶ Item 5.03. Charter
+ Amendment. ¶ An amended charter was lodged on {report} and takes effect on {date}.
[filing.5.02]
Item 5.02. Changes on the Board or Among Officers. ¶ {person} becomes {role} of {legal} as of {date}, as resolved on
+ {report}. No family ties exist.
Item 5.02. Changes on the Board or Among Officers. ¶ {person} told {legal} on {report} that the post of {role} will
+ be vacated on {date}; there was no quarrel.
[filing.5.07]
Item 5.07. Votes of Holders. ¶ Holders of {legal} met on {report}, chose {few} directors and approved the auditors.
[filing.7.01]
Item 7.01. Fair Disclosure. ¶ New slides of {legal} for talks with investors from {report} onward are provided in
+ Exhibit 99.1; they are furnished only.
[filing.8.01]
Item 8.01. Other News. ¶ {legal} told the press on {report} about {reason}. The text is in Exhibit 99.1.
[filing.theme]
Item 8.01. Other News. ¶ The directors of {legal} resolved on {report} to enter {t1} and {t2} and to build
+ {business}; appetite for {extra} is the motive.
Item 7.01. Fair Disclosure. ¶ Slides of {legal} on {t1}, {t2} and {extra} are provided herewith.
Item 1.01. Material Definitive Agreement. ¶ {legal} signed a preliminary understanding on {report} covering {t1},
+ {t2} and {business}. {filing.ref}
[filing.approval]
Item 8.01. Other News. ¶ The drug regulator licensed {drug}, as {legal} told the press on {report}. The text is in
+ Exhibit 99.1.
[filing.failure]
Item 8.01. Other News. ¶ The decisive test of {drug} missed its aim, as {legal} told the press on {report}. The text
+ is in Exhibit 99.1.
[filing.contract]
Item 1.01. Material Definitive Agreement. ¶ {legal} will deliver goods for as much as {bigamount} over {few} years
+ under a contract signed on {report}. {filing.ref}
[filing.takeover]
Item 1.01. Material Definitive Agreement. ¶ {legal} and a buyer signed a merger contract on {report}. Holders get
+ ${price} in cash for each share when it closes. {filing.ref}
[filing.storm]
Item 8.01. Other News. ¶ {legal} comments on {affair}: management sees no lasting harm to the business.
[filing.10-Q]
REPORT FOR THE QUARTER. ¶ Turnover of {legal} was {amount}. Shares in issue on {date}: {shares}. ¶ Discussion by
+ Management. {outlook} ¶ {filing.risk} ¶ {filing.risk2}
[filing.10-K]
REPORT FOR THE YEAR. ¶ Turnover of {legal} was {amount}. ¶ What could go wrong.
+ {filing.risk} ¶ {filing.risk2} ¶ Discussion by Management. {outlook}
[filing.risk]
So far we lose money. Should we have to issue shares, each existing one will stand for less of the whole.
Our quotation swings widely and past prices tell nothing about future ones.
Whether we can carry on for twelve months is in doubt unless new funds arrive.
[filing.risk2]
A handful of clients make up most of our turnover, and any of them may leave.
Checks over our reporting worked as designed in the period.
Rules set by public bodies, including duties on imports, may add to our expenses.
[filing.NT]
NOTICE THAT A REPORT WILL BE LATE. ¶ {legal} needs more days to finish its accounts; an undue burden would otherwise
+ arise.
[filing.4]
CHANGE IN OWNERSHIP BY AN INSIDER. ¶ Company: {legal} ({symbol}). Person: {owner}, {role}. ¶ {report}: {shares}
+ shares, code {code4}, ${level} each. ¶ {note4}
[note4]
Carried out by a broker under instructions given in advance.
Shares kept back to cover payroll tax.
Price shown is an average over several trades.
[filing.144]
PLANNED SALE BY AN AFFILIATE. ¶ Company: {legal}. Person: {owner}. {shares} shares worth about {amount} through
+ {firm}.
[filing.13G]
SCHEDULE 13G, passive holder. ¶ Company: {legal}. Holder: {owner}. Shares held: {shares}, or {stake5} of those in
+ issue. ¶ The holder does not seek to steer the company.
[filing.13D]
SCHEDULE 13D, active holder. ¶ Company: {legal}. Holder: {owner}. Shares held: {shares}, or {stake5} of those in
+ issue. ¶ Item 4. Aims. The holder finds the price too low and will ask the directors for seats and for a review of
+ all options.
[filing.S-8]
STAFF SHARE PLAN ON FORM S-8. ¶ {shares} shares of {legal} are registered for employees.
[filing.S-3]
SHELF ON FORM S-3. ¶ Up to {amount} of shares, notes, rights and units of {legal} may be sold whenever we see
+ fit. ¶ {filing.risk}
[filing.424B5]
SUPPLEMENT TO THE PROSPECTUS. ¶ We, {legal}, sell {shares} new shares at ${price}; the last trade on {exchange} was
+ at ${last}. That makes {gross}. ¶ What the money is for. {offering.use} ¶ Your share of the company shrinks at
+ once. ¶ {filing.risk}
[filing.EFFECT]
EFFECTIVENESS. ¶ Papers of {legal} became effective on {report}.
[filing.25-NSE]
REMOVAL FROM LISTING. ¶ {exchange} takes the shares of {legal} off its list and tells the Commission so.
[filing.8-A12B]
REGISTRATION OF A CLASS. ¶ Shares of {legal} are registered for dealings on {exchange}.
[filing.SC TO-T]
TENDER OFFER. ¶ {owner} bids ${price} in cash for every share of {legal}. Holders may accept until {date}, midnight.
[filing.S-4]
MERGER SHARES ON FORM S-4. ¶ {owner} issues shares to owners of {legal}, worth ${price} for each they give up. Both
+ boards are in favour.
[filing.DEFM14A]
PROXY FOR THE MERGER VOTE. ¶ Holders of {legal} vote on {date} on a sale for ${price} in cash a share. Please send in
+ your card.
[filing.RW]
WITHDRAWAL. ¶ {legal} takes back its registration papers; conditions are poor and nothing was sold.
[filing.6-K]
REPORT BY A FOREIGN ISSUER. ¶ {legal} passes on what it told the press on {report} about {reason}.
[filing.amended]
Why this is amended. ¶ An exhibit was left out of the first version; all else stays as it was.
"""
