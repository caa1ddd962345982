"""The standing text of filings: what stands in every document and says nothing about this one.

It uses the words a careless reader of filings looks for (dilution, going concern, delisting), as the real text does.
"""

from __future__ import annotations

from collections.abc import Iterator

FORWARD_LOOKING = (
    "This report contains forward-looking statements within the meaning of Section 27A of the Securities Act of 1933, "
    "as amended, and Section 21E of the Securities Exchange Act of 1934, as amended. Words such as “may,” “will,” "
    "“expect,” “anticipate,” “believe” and “intend” identify such statements. Actual results could differ materially. "
    "The Company undertakes no obligation to update any forward-looking statement, except as required by law."
)
SIGNATURE = (
    "Pursuant to the requirements of the Securities Exchange Act of 1934, the registrant has duly caused this report "
    "to be signed on its behalf by the undersigned hereunto duly authorized."
)
CHECK_BOXES = (
    "☐ Written communications pursuant to Rule 425 under the Securities Act (17 CFR 230.425)",
    "☐ Soliciting material pursuant to Rule 14a-12 under the Exchange Act (17 CFR 240.14a-12)",
    "☐ Pre-commencement communications pursuant to Rule 14d-2(b) under the Exchange Act (17 CFR 240.14d-2(b))",
    "☐ Pre-commencement communications pursuant to Rule 13e-4(c) under the Exchange Act (17 CFR 240.13e-4(c))",
)
FURNISHED = (
    "The information furnished under this Item shall not be deemed “filed” for purposes of Section 18 of the "
    "Securities Exchange Act of 1934, or otherwise subject to the liabilities of that section, nor shall it be deemed "
    "incorporated by reference in any filing, except as expressly set forth by specific reference in such a filing."
)
_RISKS = (
    ("We have a history of losses and may need additional capital.",
     "We may seek funds through public or private sales of equity, debt financings or other arrangements. If we raise "
     "funds by issuing equity securities, our stockholders may experience substantial dilution, and the new securities "
     "may have rights senior to those of our common stock."),
    ("There may be doubt about our ability to continue as a going concern.",
     "Our financial statements assume that we will continue as a going concern. Should we fail to obtain financing on "
     "acceptable terms, our independent registered public accounting firm could include an explanatory paragraph in "
     "its report, and we could be required to delay, reduce or end parts of our operations."),
    ("If we fail to meet the continued listing requirements, our common stock could be delisted.",
     "The exchange requires, among other things, a minimum bid price of $1.00 per share. A delisting could reduce the "
     "liquidity of our common stock, and a reverse stock split intended to regain compliance may not succeed."),
    ("The market price of our common stock may be volatile.",
     "The trading price may fluctuate widely in response to actual or anticipated results, sales of shares by our "
     "stockholders, short sales, short squeezes, commentary on social media and conditions unrelated to us."),
    ("Sales of a substantial number of our shares could cause our stock price to fall.",
     "Shares issued upon exercise of outstanding warrants, conversion of notes or under an at-the-market offering "
     "program may be sold freely. The perception that such sales may occur could depress the price."),
    ("We depend on a limited number of customers and suppliers.",
     "The loss of any of them, a delay in orders, or their inability to perform could materially harm our business, "
     "financial condition, results of operations and prospects."),
    ("We may be unable to protect our intellectual property.",
     "Our success depends in part on patents, trade secrets and licences. Competitors may develop similar technology "
     "independently, or challenge the validity, enforceability or scope of our rights."),
    ("Our business is subject to extensive regulation.",
     "Approvals may be delayed, limited or refused. Changes in law, enforcement or policy may increase our costs, and "
     "failure to comply could result in penalties, recalls or the suspension of operations."),
    ("A breach of our information systems could disrupt our operations.",
     "Despite the measures we take, unauthorised access, ransomware and failures of third parties on whom we rely may "
     "occur and may go unnoticed for a considerable time."),
    ("We have identified a material weakness in our internal control over financial reporting.",
     "If we do not remediate it, or identify others, investors may lose confidence in our reports, and the market "
     "price of our common stock could be negatively affected."),
    ("Provisions in our charter may delay or prevent a change of control.",
     "These include a classified board, blank check preferred stock and restrictions on calling special meetings, and "
     "may discourage a takeover or merger that stockholders consider favourable."),
)  # fmt: skip


def risk_paragraphs(characters: int) -> Iterator[tuple[str, str]]:
    """Headings and paragraphs of risk factors, about so many characters of them; they repeat themselves, numbered."""
    written = number = 0
    while written < characters:
        heading, text = _RISKS[number % len(_RISKS)]
        number += 1
        written += len(heading) + len(text)
        yield f"{number}. {heading}", text
