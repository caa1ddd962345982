"""What the simulated companies do: the table that ties an issuer's factor sector to vendor sector, SIC code and name.

The weights are relative within a sector. SIC descriptions are written in capitals, as the SEC and Massive do.
"""

from __future__ import annotations

from dataclasses import dataclass

from sentiment_site.simulator.market.parameters import SECTORS


@dataclass(frozen=True, slots=True)
class Industry:
    """One line of business. `sector` is the factor its returns load on; `vendor_sector` is FMP's word for it."""

    sector: int
    vendor_sector: str
    industry: str
    sic: str
    sic_description: str
    weight: float
    words: tuple[str, ...]


def _row(sector: str, vendor: str, industry: str, sic: tuple[str, str], weight: float, *words: str) -> Industry:
    return Industry(SECTORS.index(sector), vendor, industry, *sic, weight, words)


TECH, HEALTH, FINANCE, REAL_ESTATE = "Technology", "Healthcare", "Financial Services", "Real Estate"
CYCLICAL, DEFENSIVE, COMMUNICATION = "Consumer Cyclical", "Consumer Defensive", "Communication Services"
ENERGY, INDUSTRIALS, MATERIALS, UTILITIES = "Energy", "Industrials", "Basic Materials", "Utilities"

VENDOR_SECTORS = (
    MATERIALS,
    COMMUNICATION,
    CYCLICAL,
    DEFENSIVE,
    ENERGY,
    FINANCE,
    HEALTH,
    INDUSTRIALS,
    REAL_ESTATE,
    TECH,
    UTILITIES,
)

INDUSTRIES: tuple[Industry, ...] = (
    _row("technology", TECH, "Software - Application", ("7372", "SERVICES-PREPACKAGED SOFTWARE"), 5, "Software", "AI"),
    _row("technology", TECH, "Software - Infrastructure",
         ("7370", "SERVICES-COMPUTER PROGRAMMING, DATA PROCESSING, ETC."),
         2, "Cloud", "Networks"),
    _row("technology", TECH, "Semiconductors",
         ("3674", "SEMICONDUCTORS & RELATED DEVICES"), 3, "Semiconductor", "Micro"),
    _row("technology", TECH, "Computer Hardware", ("3571", "ELECTRONIC COMPUTERS"), 1, "Computing", "Systems"),
    _row("technology", TECH, "Communication Equipment", ("3663",
         "RADIO & TV BROADCASTING & COMMUNICATIONS EQUIPMENT"), 1.5, "Wireless", "Photonics"),
    _row("technology", TECH, "Scientific & Technical Instruments", ("3825",
         "INSTRUMENTS FOR MEAS & TESTING OF ELECTRICITY & ELEC SIGNALS"), 1, "Instruments", "Sensing"),
    _row("technology", COMMUNICATION, "Internet Content & Information", ("7370",
         "SERVICES-COMPUTER PROGRAMMING, DATA PROCESSING, ETC."), 1, "Interactive", "Online"),
    _row("technology", COMMUNICATION, "Entertainment", ("7812", "SERVICES-MOTION PICTURE & VIDEO TAPE PRODUCTION"), 0.7,
         "Media", "Studios"),
    _row("healthcare", HEALTH, "Biotechnology", ("2836", "BIOLOGICAL PRODUCTS, (NO DIAGNOSTIC SUBSTANCES)"), 5,
         "Biosciences", "Therapeutics"),
    _row("healthcare", HEALTH, "Drug Manufacturers - Specialty & Generic", ("2834", "PHARMACEUTICAL PREPARATIONS"), 5,
         "Pharmaceuticals", "Pharma"),
    _row("healthcare", HEALTH, "Medical Devices",
         ("3841", "SURGICAL & MEDICAL INSTRUMENTS & APPARATUS"), 2.5, "Medical",
         "Surgical"),
    _row("healthcare", HEALTH, "Diagnostics & Research", ("8731",
         "SERVICES-COMMERCIAL PHYSICAL & BIOLOGICAL RESEARCH"), 1, "Genomics", "Diagnostics"),
    _row("healthcare", HEALTH, "Medical Care Facilities",
         ("8062", "SERVICES-GENERAL MEDICAL & SURGICAL HOSPITALS, NEC"),
         1, "Health", "Care"),
    _row("energy", ENERGY, "Oil & Gas E&P", ("1311", "CRUDE PETROLEUM & NATURAL GAS"), 4, "Petroleum", "Resources"),
    _row("energy", ENERGY, "Oil & Gas Equipment & Services", ("1389", "OIL & GAS FIELD SERVICES, NEC"), 1.5, "Drilling",
         "Energy Services"),
    _row("energy", ENERGY, "Oil & Gas Midstream", ("4922", "NATURAL GAS TRANSMISSION"), 1, "Midstream", "Pipeline"),
    _row("energy", ENERGY, "Thermal Coal", ("1220", "BITUMINOUS COAL & LIGNITE MINING"), 0.5, "Coal", "Uranium"),
    _row("financial", FINANCE, "Banks - Regional", ("6022", "STATE COMMERCIAL BANKS"), 5, "Bancorp", "Bancshares"),
    _row("financial", FINANCE, "Capital Markets", ("6211", "SECURITY BROKERS, DEALERS & FLOTATION COMPANIES"), 1.5,
         "Capital", "Financial"),
    _row("financial", FINANCE, "Insurance - Property & Casualty", ("6331", "FIRE, MARINE & CASUALTY INSURANCE"), 1.2,
         "Insurance", "Assurance"),
    _row("financial", FINANCE, "Credit Services", ("6199", "FINANCE SERVICES"), 1, "Credit", "Lending"),
    _row("financial", REAL_ESTATE, "REIT - Diversified", ("6798", "REAL ESTATE INVESTMENT TRUSTS"), 2.2, "Realty Trust",
         "Properties"),
    _row("consumer_discretionary", CYCLICAL, "Specialty Retail", ("5990", "RETAIL-RETAIL STORES, NEC"), 2, "Stores",
         "Brands"),
    _row("consumer_discretionary", CYCLICAL, "Restaurants", ("5812", "RETAIL-EATING PLACES"), 1.3, "Restaurants",
         "Kitchens"),
    _row("consumer_discretionary", CYCLICAL, "Auto Parts", ("3714", "MOTOR VEHICLE PARTS & ACCESSORIES"), 1.3, "Motors",
         "Mobility"),
    _row("consumer_discretionary", CYCLICAL, "Leisure", ("7990", "SERVICES-MISCELLANEOUS AMUSEMENT & RECREATION"), 1,
         "Resorts", "Gaming"),
    _row("consumer_discretionary", CYCLICAL, "Apparel Manufacturing", ("2300",
         "APPAREL & OTHER FINISHD PRODS OF FABRICS & SIMILAR MATL"), 0.8, "Apparel", "Outfitters"),
    _row("consumer_discretionary", DEFENSIVE, "Packaged Foods", ("2000", "FOOD AND KINDRED PRODUCTS"), 1.4, "Foods",
         "Farms"),
    _row("consumer_discretionary", DEFENSIVE, "Household & Personal Products", ("2844",
         "PERFUMES, COSMETICS & OTHER TOILET PREPARATIONS"), 0.7, "Beauty", "Wellness"),
    _row("industrials", INDUSTRIALS, "Specialty Industrial Machinery", ("3560", "GENERAL INDUSTRIAL MACHINERY & EQUIP"),
         2, "Machinery", "Industries"),
    _row("industrials", INDUSTRIALS, "Aerospace & Defense", ("3721", "AIRCRAFT"), 1.5, "Aerospace", "Aviation"),
    _row("industrials", INDUSTRIALS, "Marine Shipping", ("4412", "DEEP SEA FOREIGN TRANSPORTATION OF FREIGHT"), 1,
         "Shipping", "Logistics"),
    _row("industrials", INDUSTRIALS, "Staffing & Employment Services", ("7363", "SERVICES-HELP SUPPLY SERVICES"), 1,
         "Staffing", "Services"),
    _row("industrials", INDUSTRIALS, "Electrical Equipment & Parts", ("3690",
         "MISCELLANEOUS ELECTRICAL MACHINERY, EQUIPMENT & SUPPLIES"), 1, "Power", "Battery"),
    _row("materials", MATERIALS, "Gold", ("1040", "GOLD AND SILVER ORES"), 2, "Gold", "Silver"),
    _row("materials", MATERIALS, "Other Industrial Metals & Mining",
         ("1000", "METAL MINING"), 1.5, "Metals", "Lithium"),
    _row("materials", MATERIALS, "Specialty Chemicals", ("2890", "MISCELLANEOUS CHEMICAL PRODUCTS"), 1.2, "Chemical",
         "Materials"),
    _row("materials", MATERIALS, "Paper & Paper Products", ("2621", "PAPER MILLS"), 0.4, "Paper", "Forest Products"),
    _row("utilities", UTILITIES, "Utilities - Regulated Electric", ("4911", "ELECTRIC SERVICES"), 2, "Electric",
         "Power & Light"),
    _row("utilities", UTILITIES, "Utilities - Regulated Water", ("4941", "WATER SUPPLY"), 0.8, "Water", "Aqua"),
    _row("utilities", COMMUNICATION, "Telecom Services", ("4813", "TELEPHONE COMMUNICATIONS (NO RADIOTELEPHONE)"), 1,
         "Telecom", "Fiber"),
)  # fmt: skip

SHELL = Industry(SECTORS.index("financial"), FINANCE, "Shell Companies", "6770", "BLANK CHECKS", 0.0, ("Acquisition",))
CLOSED_END = Industry(SECTORS.index("financial"), FINANCE, "Asset Management", "", "", 0.0, ("Income", "Municipal"))
MISFILED_SIC = (
    ("7389", "SERVICES-BUSINESS SERVICES, NEC"),
    ("7370", "SERVICES-COMPUTER PROGRAMMING, DATA PROCESSING, ETC."),
    ("6199", "FINANCE SERVICES"),
    ("8880", "AMERICAN DEPOSITARY RECEIPTS"),
)
