"""The curated themes a new installation begins with; operators edit them from there (dictionaries.py)."""

from __future__ import annotations

from typing import Final

from .texts import WEATHER

# Title and patterns by key. Source: methods.md 3.2, step 2.
CURATED: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "bitcoin_treasury": (
        "Bitcoin treasuries",
        (
            r"\b(bitcoin|btc|ethereum|solana|crypto(currency)?|digital asset) (treasury|reserves?|strategy|holdings)\b",
            r"\b(treasury|reserve) (strategy|asset|policy)\b.{0,60}\b(bitcoin|btc|ethereum|solana|crypto)",
        ),
    ),
    "ai_transformation": (
        "Artificial intelligence",
        (
            r"\b(artificial intelligence|generative ai|large language models?|agentic)\b",
            r"\bai[- ](powered|driven|agents?|platform|infrastructure|strategy)\b",
        ),
    ),
    "quantum": (
        "Quantum computing",
        (r"\bquantum (computing|computers?|annealing|processors?|networking)\b", r"\bqubits?\b"),
    ),
    "nuclear": (
        "Nuclear and small reactors",
        (r"\bsmall modular reactors?\b", r"\b(nuclear|uranium) (power|energy|fuel|enrichment)\b"),
    ),
    "drones": ("Drones", (r"\b(drones?|unmanned aerial|counter-uas|uncrewed)\b",)),
    "obesity_drugs": (
        "Obesity drugs",
        (r"\bglp-?1\b", r"\b(obesity|weight[- ]loss) (drug|treatment|pill|candidate)s?\b"),
    ),
    "rare_earths": (
        "Rare earths and critical minerals",
        (r"\brare earths?\b", r"\bcritical minerals?\b", r"\b(antimony|gallium|neodymium)\b"),
    ),
    "tokenization": ("Tokenization and stablecoins", (r"\btokeni[sz](ation|ed|ing)\b", r"\bstablecoins?\b")),
    "electric_vehicles": (
        "Electric vehicles and charging",
        (r"\belectric vehicles?\b", r"\bev (charging|maker|battery|fleet)\b"),
    ),
    "cannabis": (
        "Cannabis",
        (
            r"\b(cannabis|marijuana)\b.{0,80}\b(reschedul\w+|legali[sz]\w+|schedule iii)\b",
            r"\breschedul\w+ (of )?(cannabis|marijuana)\b",
        ),
    ),
    "space": (
        "Space",
        (r"\b(satellite|lunar|space) (launch|lander|contract|launches|economy|defense)\b", r"\blow[- ]earth orbit\b"),
    ),
    "data_center_power": (
        "Power for data centers",
        (
            r"\bdata cent(er|re)s? (power|energy|electricity|cooling)\b",
            r"\bpower(ing)? (for )?(ai )?data cent(er|re)s?\b",
        ),
    ),
    "reshoring": (
        "Tariffs and reshoring",
        (r"\b(reshor|onshor)(e|ing)\b", r"\btariff (relief|exemption|protection)\b"),
    ),
    "short_squeeze": ("Short squeezes", (r"\bshort squeeze\b", r"\bgamma squeeze\b", r"\bmeme stocks?\b")),
    # No theme: texts about the whole market open none (texts.py). The words of the economic calendar and of politics.
    WEATHER: (
        "The market's weather (opens no theme)",
        (
            r"\b(cpi|ppi|pce|gdp|ism|pmi|fomc|opec)\b|\b(consumer|producer) prices?\b|\b(dis|de|stag)?inflation\b",
            r"\b(non-?farm|payrolls?|jobs report|jobless|unemployment|labor market|hourly earnings|wage growth)\b",
            r"\b(federal reserve|central banks?|the fed|fed (chair|officials?|minutes|meeting|rate))\b",
            r"\b(rate (cut|hike)s?|quantitative (easing|tightening)|debt ceiling)\b",
            r"\b(interest rates?|treasury (yields?|auction|bills?|notes?)|yield curve)\b",
            r"\b(recession|soft landing|retail sales|durable goods|housing starts|consumer (confidence|sentiment))\b",
            r"\b(government shutdown|funding bill|spending bill|continuing resolution|midterms?|elections?)\b",
            r"\b(congress|senate|white house|geopolitical|ceasefire)\b",
            r"\b(stock futures|index futures|s&p 500|dow jones|russell 2000|crude (oil )?(prices?|inventories))\b",
        ),
    ),
}
