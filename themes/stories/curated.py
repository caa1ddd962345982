"""The curated themes a new installation begins with; operators edit them from there (dictionaries.py)."""

from __future__ import annotations

from typing import Final

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
}
