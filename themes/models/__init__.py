"""Tables of the themes app, by subject."""

from .documents import CollectionState, Document, DocumentCluster, Mention
from .heat import ManipulationReading, StockVerdict, TemperaturePass, TemperatureReading, ThemeAlert
from .network import SympathyEdge, SympathyNetwork, SympathyTicket
from .social import (
    AggregatedSentiment,
    ConfluenceScore,
    Influencer,
    NewsSentiment,
    RedditPost,
    RedditSentiment,
    SymbolSentiment,
    Tweet,
    TweetSentiment,
)
from .stories import (
    TermHour,
    Theme,
    ThemeChange,
    ThemeDictionary,
    ThemeDocument,
    ThemeMembership,
    ThemeReading,
)

__all__ = [
    "AggregatedSentiment",
    "CollectionState",
    "ConfluenceScore",
    "Document",
    "DocumentCluster",
    "Influencer",
    "ManipulationReading",
    "Mention",
    "NewsSentiment",
    "RedditPost",
    "RedditSentiment",
    "StockVerdict",
    "SymbolSentiment",
    "SympathyEdge",
    "SympathyNetwork",
    "SympathyTicket",
    "TemperaturePass",
    "TemperatureReading",
    "TermHour",
    "Theme",
    "ThemeAlert",
    "ThemeChange",
    "ThemeDictionary",
    "ThemeDocument",
    "ThemeMembership",
    "ThemeReading",
    "Tweet",
    "TweetSentiment",
]
