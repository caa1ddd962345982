"""The family to tune on: what filings say. Format: see phrasebook.read_table."""

TABLE = """
[filing.1.01]
Item 1.01 Entry into a Material Definitive Agreement. ¶ On {report}, {legal} (the "Company") entered into an
+ agreement with a counterparty located in {city} (the "Agreement"). The Agreement has a term of {few} years and
+ provides for payments of up to {amount}. {filing.ref}
Item 1.01 Entry into a Material Definitive Agreement. ¶ On {report}, {legal} (the "Company") and certain lenders
+ entered into a credit agreement providing for a facility of up to {amount} that matures in {year}. {filing.ref}
[filing.ref]
The foregoing description is qualified in its entirety by reference to the full text of the agreement, which will be
+ filed as an exhibit.
The agreement contains customary representations, warranties and covenants.
[filing.2.02]
Item 2.02 Results of Operations and Financial Condition. ¶ On {report}, {legal} issued a press release announcing
+ financial results for its {quarter}. Revenue was {rev} and earnings were {eps} per share. A copy of the press
+ release is furnished as Exhibit 99.1.
[filing.3.01]
Item 3.01 Notice of Delisting or Failure to Satisfy a Continued Listing Rule or Standard. ¶ On {report}, {legal}
+ received a notice from {exchange} stating that the bid price of its common stock had closed below $1.00 for 30
+ consecutive business days. The Company has 180 calendar days to regain compliance.
[filing.3.02]
Item 1.01 Entry into a Material Definitive Agreement. ¶ On {report}, {legal} entered into a securities purchase
+ agreement with institutional investors for the sale of {shares} shares at ${price} per share. ¶ Item 3.02
+ Unregistered Sales of Equity Securities. ¶ The warrants were offered in a private placement exempt from
+ registration under Section 4(a)(2). Gross proceeds were approximately {gross}.
[filing.offering]
Item 1.01 Entry into a Material Definitive Agreement. ¶ On {report}, {legal} entered into a placement agency
+ agreement with {firm} for the sale of {shares} shares of common stock at ${price} per share. Gross proceeds are
+ expected to be approximately {gross}. {filing.ref}
[filing.split]
Item 3.03 Material Modification to Rights of Security Holders. ¶ {legal} will effect a {ratio} reverse stock split of
+ its common stock. ¶ Item 5.03 Amendments to Articles of Incorporation or Bylaws. ¶ On {report}, the Company filed a
+ certificate of amendment to effect the reverse split as of {date}.
[filing.5.02]
Item 5.02 Departure of Directors or Certain Officers; Election of Directors; Appointment of Certain Officers. ¶ On
+ {report}, the board of {legal} appointed {person} as {role}, effective {date}. There are no arrangements under
+ which {person} was selected.
Item 5.02 Departure of Directors or Certain Officers. ¶ On {report}, {person} notified {legal} of a decision to
+ resign as {role}, effective {date}. The resignation is not the result of any disagreement with the Company.
[filing.5.07]
Item 5.07 Submission of Matters to a Vote of Security Holders. ¶ At the annual meeting of {legal} held on {report},
+ holders elected {few} directors and ratified the appointment of the independent registered public accounting firm.
[filing.7.01]
Item 7.01 Regulation FD Disclosure. ¶ {legal} will use an updated investor presentation in meetings beginning on
+ {report}. The presentation is furnished as Exhibit 99.1 and shall not be deemed filed.
[filing.8.01]
Item 8.01 Other Events. ¶ On {report}, {legal} issued a press release announcing {reason}. The press release is
+ attached as Exhibit 99.1 and incorporated by reference.
[filing.theme]
Item 8.01 Other Events. ¶ On {report}, {legal} announced a strategic initiative relating to {t1} and {t2}. The
+ Company intends to offer {business}. Management believes that demand for {extra} supports the initiative.
Item 7.01 Regulation FD Disclosure. ¶ {legal} furnishes a presentation that describes its plans in {t1}, including
+ {t2} and {extra}.
Item 1.01 Entry into a Material Definitive Agreement. ¶ On {report}, {legal} entered into a memorandum of
+ understanding to pursue {t1} and {t2}, and {business}. {filing.ref}
[filing.approval]
Item 8.01 Other Events. ¶ On {report}, {legal} announced that the U.S. Food and Drug Administration has approved
+ {drug}. A press release is attached as Exhibit 99.1.
[filing.failure]
Item 8.01 Other Events. ¶ On {report}, {legal} announced that its Phase 3 study of {drug} did not meet its primary
+ endpoint. A press release is attached as Exhibit 99.1.
[filing.contract]
Item 1.01 Entry into a Material Definitive Agreement. ¶ On {report}, {legal} entered into a supply agreement valued
+ at up to {bigamount} over {few} years. {filing.ref}
[filing.takeover]
Item 1.01 Entry into a Material Definitive Agreement. ¶ On {report}, {legal} entered into an Agreement and Plan of
+ Merger. At the effective time each share of common stock will be converted into the right to receive ${price} in
+ cash. {filing.ref}
[filing.storm]
Item 8.01 Other Events. ¶ {legal} provides the following information regarding {affair}. The Company does not expect
+ a material effect on its results.
[filing.10-Q]
QUARTERLY REPORT PURSUANT TO SECTION 13 OR 15(d). ¶ {legal} reported revenue of {amount} for the quarter. As of
+ {date} there were {shares} shares of common stock outstanding. ¶ Item 2. Management's Discussion and Analysis.
+ {outlook} ¶ {filing.risk} ¶ {filing.risk2}
[filing.10-K]
ANNUAL REPORT PURSUANT TO SECTION 13 OR 15(d). ¶ {legal} reported revenue of {amount} for the year. ¶ Item 1A. Risk
+ Factors. {filing.risk} ¶ {filing.risk2} ¶ Item 7. {outlook}
[filing.risk]
We have incurred losses and may need additional capital, which may not be available on acceptable terms. If we raise
+ capital by selling equity, our stockholders will experience dilution.
The market price of our common stock has been volatile and may decline regardless of our operating performance.
These conditions raise substantial doubt about our ability to continue as a going concern within one year.
[filing.risk2]
We depend on a limited number of customers, and the loss of any of them would harm our business.
Our disclosure controls and procedures were effective at the reasonable assurance level.
We are subject to extensive government regulation, and changes in trade policy could raise our costs.
[filing.NT]
NOTIFICATION OF LATE FILING. ¶ {legal} is unable to file its periodic report within the prescribed time period
+ without unreasonable effort or expense, because additional time is needed to complete its financial statements.
[filing.4]
STATEMENT OF CHANGES IN BENEFICIAL OWNERSHIP. ¶ Issuer: {legal} ({symbol}). Reporting person: {owner},
+ {role}. ¶ Transaction code {code4}: {shares} shares of common stock at a price of ${level} on {report}. ¶ {note4}
[note4]
The transaction was made under a trading plan that satisfies Rule 10b5-1.
Shares withheld for taxes on the vesting of restricted stock units.
The price is a weighted average of several transactions.
[filing.144]
NOTICE OF PROPOSED SALE OF SECURITIES. ¶ Issuer: {legal}. Seller: {owner}. Common stock, {shares} shares, aggregate
+ market value {amount}, broker {firm}.
[filing.13G]
SCHEDULE 13G under the Securities Exchange Act of 1934. ¶ Issuer: {legal}. Filed by: {owner}. Amount beneficially
+ owned: {shares} shares. Percent of class: {stake5}. ¶ The securities were acquired in the ordinary course of
+ business and not with the purpose of changing or influencing control.
[filing.13D]
SCHEDULE 13D under the Securities Exchange Act of 1934. ¶ Issuer: {legal}. Filed by: {owner}. Amount beneficially
+ owned: {shares} shares. Percent of class: {stake5}. ¶ Item 4. Purpose of Transaction. The reporting person believes
+ that the shares are undervalued and intends to speak with the board about strategy, capital allocation and board
+ composition.
[filing.S-8]
REGISTRATION STATEMENT ON FORM S-8. ¶ {legal} registers {shares} shares of common stock under its equity incentive
+ plan.
[filing.S-3]
REGISTRATION STATEMENT ON FORM S-3. ¶ {legal} may offer and sell from time to time common stock, preferred stock,
+ debt securities, warrants and units with an aggregate price of up to {amount}. ¶ {filing.risk}
[filing.424B5]
PROSPECTUS SUPPLEMENT. ¶ {legal} is offering {shares} shares of common stock at ${price} per share. The last reported
+ sale price of our stock on {exchange} was ${last}. Gross proceeds are {gross}. ¶ Use of proceeds.
+ {offering.use} ¶ Dilution. Purchasers will experience immediate dilution. ¶ {filing.risk}
[filing.EFFECT]
NOTICE OF EFFECTIVENESS. ¶ The registration statement of {legal} was declared effective on {report}.
[filing.25-NSE]
NOTIFICATION OF REMOVAL FROM LISTING AND/OR REGISTRATION UNDER SECTION 12(b). ¶ {exchange} notifies the Commission of
+ the removal of the common stock of {legal} from listing.
[filing.8-A12B]
REGISTRATION OF CERTAIN CLASSES OF SECURITIES PURSUANT TO SECTION 12(b). ¶ {legal} registers its common stock for
+ trading on {exchange}.
[filing.SC TO-T]
TENDER OFFER STATEMENT UNDER SECTION 14(d)(1). ¶ {owner} offers to purchase all outstanding shares of {legal} at
+ ${price} per share in cash. The offer expires at one minute after 11:59 p.m. on {date}.
[filing.S-4]
REGISTRATION STATEMENT ON FORM S-4. ¶ {owner} registers shares to be issued to holders of {legal} in the merger
+ valued at ${price} per share. The boards of both companies recommend the transaction.
[filing.DEFM14A]
DEFINITIVE PROXY STATEMENT RELATING TO MERGER. ¶ You are invited to a special meeting of stockholders of {legal} on
+ {date} to vote on the merger, in which each share will receive ${price} in cash.
[filing.RW]
REGISTRATION WITHDRAWAL REQUEST. ¶ {legal} requests the withdrawal of its registration statement because of market
+ conditions. No securities were sold.
[filing.6-K]
REPORT OF FOREIGN PRIVATE ISSUER. ¶ {legal} furnishes a press release dated {report} announcing {reason}.
[filing.amended]
Explanatory Note. ¶ This amendment is filed to include an exhibit that was omitted from the original filing. No other
+ changes have been made.
"""
