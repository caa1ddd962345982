"""What EDGAR knows about forms: the items of an 8-K, what a form is called, how large it is, which law it is under."""

from __future__ import annotations

from dataclasses import dataclass

ITEMS = {
    "1.01": "Entry into a Material Definitive Agreement",
    "1.02": "Termination of a Material Definitive Agreement",
    "1.03": "Bankruptcy or Receivership",
    "1.05": "Material Cybersecurity Incidents",
    "2.01": "Completion of Acquisition or Disposition of Assets",
    "2.02": "Results of Operations and Financial Condition",
    "2.03": "Creation of a Direct Financial Obligation or an Obligation under an Off-Balance Sheet Arrangement of a "
    "Registrant",
    "2.04": "Triggering Events That Accelerate or Increase a Direct Financial Obligation or an Obligation under an "
    "Off-Balance Sheet Arrangement",
    "2.05": "Costs Associated with Exit or Disposal Activities",
    "2.06": "Material Impairments",
    "3.01": "Notice of Delisting or Failure to Satisfy a Continued Listing Rule or Standard; Transfer of Listing",
    "3.02": "Unregistered Sales of Equity Securities",
    "3.03": "Material Modification to Rights of Security Holders",
    "4.01": "Changes in Registrant's Certifying Accountant",
    "4.02": "Non-Reliance on Previously Issued Financial Statements or a Related Audit Report or Completed Interim "
    "Review",
    "5.01": "Changes in Control of Registrant",
    "5.02": "Departure of Directors or Certain Officers; Election of Directors; Appointment of Certain Officers; "
    "Compensatory Arrangements of Certain Officers",
    "5.03": "Amendments to Articles of Incorporation or Bylaws; Change in Fiscal Year",
    "5.07": "Submission of Matters to a Vote of Security Holders",
    "7.01": "Regulation FD Disclosure",
    "8.01": "Other Events",
    "9.01": "Financial Statements and Exhibits",
}


@dataclass(frozen=True, slots=True)
class Form:
    """A family of forms. name: as the index page calls it; act: 33 or 34; file_number: its prefix; kilobytes: a typical
    submission; boilerplate: characters of standing text around what the filing says."""

    name: str
    act: str = "34"
    file_number: str = "001"
    kilobytes: float = 200.0
    boilerplate: int = 0


_ANY = Form("Filing")
# the longest prefix of a form decides
_FAMILIES = {
    "3": Form("Initial statement of beneficial ownership of securities", kilobytes=6),
    "4": Form("Statement of changes in beneficial ownership of securities", kilobytes=9),
    "5": Form("Annual statement of changes in beneficial ownership of securities", kilobytes=8),
    "40": _ANY,
    "42": Form("Prospectus", "33", "333", 400, 60_000),
    "424B2": Form("Prospectus [Rule 424(b)(2)]", "33", "333", 800, 90_000),
    "424B3": Form("Prospectus [Rule 424(b)(3)]", "33", "333", 900, 150_000),
    "424B4": Form("Prospectus [Rule 424(b)(4)]", "33", "333", 3_000, 600_000),
    "424B5": Form("Prospectus [Rule 424(b)(5)]", "33", "333", 1_100, 250_000),
    "425": Form("Prospectuses and communications, business combinations", "34", "001", 90, 4_000),
    "6-K": Form("Report of foreign issuer [Rules 13a-16 and 15d-16]", kilobytes=160),
    "8-A": Form("Registration of securities [Section 12(b)]", kilobytes=30),
    "8-K": Form("Current report", kilobytes=240, boilerplate=1_500),
    "10-K": Form("Annual report [Section 13 and 15(d), not S-K Item 405]", kilobytes=9_000, boilerplate=1_400_000),
    "10-Q": Form("Quarterly report [Sections 13 or 15(d)]", kilobytes=4_500, boilerplate=420_000),
    "15": Form("Notice of termination of registration", kilobytes=12),
    "20-F": Form("Annual and transition report of foreign private issuers", kilobytes=9_000, boilerplate=1_200_000),
    "25": Form("Notification of removal from listing", kilobytes=7),
    "144": Form("Report of proposed sale of securities", "33", "001", 9),
    "497": Form("Definitive materials", "33", "333", 120, 8_000),
    "D": Form("Notice of exempt offering of securities", "33", "021", 9),
    "DEF": Form("Proxy statement", kilobytes=1_800, boilerplate=120_000),
    "EFFECT": Form("Notice of effectiveness", "33", "333", 2),
    "F-": Form("Registration statement of a foreign private issuer", "33", "333", 3_000, 700_000),
    "NT": Form("Notification of inability to timely file", kilobytes=40, boilerplate=1_500),
    "PRE": Form("Preliminary proxy statement", kilobytes=1_800, boilerplate=120_000),
    "RW": Form("Registration withdrawal request", "33", "333", 8),
    "S-": Form("Registration statement", "33", "333", 2_600, 700_000),
    "S-3": Form("Registration statement under Securities Act of 1933", "33", "333", 900, 180_000),
    "S-8": Form("Securities to be offered to employees in employee benefit plans", "33", "333", 150, 8_000),
    "SC": Form("Statement", "34", "005", 120, 6_000),
    "SC TO": Form("Tender offer statement", "34", "005", 600, 60_000),
    "SC 13D": Form("General statement of acquisition of beneficial ownership", "34", "005", 90, 6_000),
    "SC 13G": Form("Statement of acquisition of beneficial ownership by individuals", "34", "005", 40, 3_000),
    "SCHEDULE 13D": Form("General statement of acquisition of beneficial ownership", "34", "005", 40, 6_000),
    "SCHEDULE 13G": Form("Statement of acquisition of beneficial ownership by individuals", "34", "005", 20, 3_000),
}
_UNTIL_TEN = ("3", "4", "5", "144", "SC 13D", "SC 13G", "SCHEDULE 13D", "SCHEDULE 13G")


def family(form: str) -> Form:
    """The family of a form such as "424B5" or "10-Q/A"."""
    for end in range(len(form), 0, -1):
        if form[:end] in _FAMILIES:
            return _FAMILIES[form[:end]]
    return _ANY


def root(form: str) -> str:
    """The form without its amendment mark: "8-K/A" -> "8-K"."""
    return form.removesuffix("/A")


def is_ownership(form: str) -> bool:
    """Forms 3, 4 and 5, which are XML."""
    return root(form) in ("3", "4", "5")


def is_dated_until_ten(form: str) -> bool:
    """Whether a submission between 17:30 and 22:00 keeps that day's date: ownership, 144, 13D and 13G."""
    return root(form) in _UNTIL_TEN
