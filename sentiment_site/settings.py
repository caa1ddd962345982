"""Settings: everything that differs between machines comes from the environment, and a wrong value stops the start.

`.env` beside manage.py is read first (see .env.example), then `var/services.env`, which `make demo` and `make services`
write for the embedded servers. A variable that is already set always wins.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from jinja2 import StrictUndefined

from sentiment_site.market import clock

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
env.read_env(VAR_DIR / "services.env")


def required(name: str, hint: str) -> str:
    """The value of a variable that has no safe default; loud when it is missing or empty."""
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def positive(name: str, default: float) -> float:
    """A number above zero; loud otherwise."""
    try:
        value: float = env.float(name, default=default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number: {error}") from error
    if not value > 0:
        raise ImproperlyConfigured(f"{name} must be above 0, not {value}")
    return value


def rate(name: str, default: str) -> str:
    """So many in a second, minute, hour or day: "30/min"; loud otherwise."""
    value: str = env.str(name, default=default)
    if not re.fullmatch(r"[1-9]\d*/(s|sec|m|min|h|hour|d|day)", value):
        raise ImproperlyConfigured(f"{name} must be like 30/min or 20/hour, not {value!r}")
    return value


SERVICES_HINT = "Set it, or start the embedded servers with `make demo` or `make services`."

# --- who we are, who may reach us ---
DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", "Make one with `python -c 'import secrets; print(secrets.token_urlsafe(50))'`.")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS: bool = env.bool("HTTPS", default=True)
BEHIND_PROXY: bool = env.bool("BEHIND_PROXY", default=False)
# The socket server's own port when no proxy joins both under one address (the demo); 0: same host and port as the page.
LIVE_SOCKET_PORT: int = env.int("LIVE_SOCKET_PORT", default=0)

# Set by `make demo`: the vendors are simulated and the seeded accounts are named on the login page.
DEMO: bool = env.bool("DEMO", default=False)
DEMO_COPY_HOURS = positive("DEMO_COPY_HOURS", 24)
DEMO_COPIES_MAX = int(positive("DEMO_COPIES_MAX", 200))
# Whether strangers may make themselves an account; operators always can, in the admin.
REGISTRATION: bool = env.bool("REGISTRATION", default=True)

ROOT_URLCONF = "sentiment_site.urls"
WSGI_APPLICATION = "sentiment_site.wsgi.application"
ASGI_APPLICATION = "sentiment_site.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "portfolios.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "sectors:grid"
LOGOUT_REDIRECT_URL = "login"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "rest_framework_simplejwt",
    "axes",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_celery_beat",
    "django_structlog",
    "csp",
    "channels",
    "health_check",
    "sentiment_site.apps.SiteConfig",
    "sentiment_site.jobs.apps.JobsConfig",
    "sentiment_site.timeseries.apps.TimeseriesConfig",
    "portfolios.apps.PortfoliosConfig",
    "universe.apps.UniverseConfig",
    "sectors.apps.SectorsConfig",
    "themes.apps.ThemesConfig",
    "macro.apps.MacroConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "sentiment_site.chrome.admin_in_new_york",
    "portfolios.demo.note_visits",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "OPTIONS": {"environment": "sentiment_site.live.fragments.environment", "undefined": StrictUndefined},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sentiment_site.chrome.chrome",
                "sentiment_site.shell.shell",
            ],
            "builtins": ["sentiment_site.live.templatetags.figures"],
        },
    },
]

# --- PostgreSQL and Valkey ---
DATABASE_URL = required("DATABASE_URL", SERVICES_HINT)
REDIS_URL = required("REDIS_URL", SERVICES_HINT)
if not DATABASE_URL.startswith(("postgres://", "postgresql://")):
    raise ImproperlyConfigured("DATABASE_URL must begin with postgres://: PostgreSQL is the only database.")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")

DATABASES: dict[str, Any] = {"default": env.db_url_config(DATABASE_URL)}
# Pages run in WSGI threads and sockets in ASGI: one pool per process serves both without a connection per request.
DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=12), "timeout": 10}
}

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "sectorlight",
        # A dead cache is an empty cache: sessions come from the database, pages live on.
        "OPTIONS": {"SOCKET_TIMEOUT": 2, "SOCKET_CONNECT_TIMEOUT": 2, "IGNORE_EXCEPTIONS": True},
    },
    # HTML that is the same for everybody as long as the code is: rendered once per process.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "process"},
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}

# --- jobs ---
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 1800
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "America/New_York"
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
DJANGO_CELERY_BEAT_TZ_AWARE = True
JOBS_HEARTBEAT_S = positive("JOBS_HEARTBEAT_S", 5)
JOBS_STALE_S = positive("JOBS_STALE_S", 30)
if JOBS_STALE_S < 2 * JOBS_HEARTBEAT_S:
    raise ImproperlyConfigured("JOBS_STALE_S must be at least twice JOBS_HEARTBEAT_S, else living runs are reaped.")

# --- time ---
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
MARKET_CLOCK: str = env.str("MARKET_CLOCK", default="wall")
try:
    clock.configure(MARKET_CLOCK)
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from error

# --- vendors ---
POLYGON_BASE_URL: str = env.str("POLYGON_BASE_URL", default="https://api.massive.com")
POLYGON_API_KEY: str = env.str("POLYGON_API_KEY", default="")
POLYGON_RATE_PER_S = positive("POLYGON_RATE_PER_S", 50)
POLYGON_DELAY_S: int = env.int("POLYGON_DELAY_S", default=900)
FMP_BASE_URL: str = env.str("FMP_BASE_URL", default="https://financialmodelingprep.com/stable")
FMP_API_KEY: str = env.str("FMP_API_KEY", default="")
FMP_RATE_PER_S = positive("FMP_RATE_PER_S", 5)
EDGAR_BASE_URL: str = env.str("EDGAR_BASE_URL", default="https://www.sec.gov")
EDGAR_DATA_BASE_URL: str = env.str("EDGAR_DATA_BASE_URL", default="https://data.sec.gov")
# "Name you@example.com": without an address EDGAR is not asked.
EDGAR_USER_AGENT: str = env.str("EDGAR_USER_AGENT", default="")
EDGAR_RATE_PER_S = positive("EDGAR_RATE_PER_S", 8)
HALTS_URL: str = env.str("HALTS_URL", default="https://www.nasdaqtrader.com/rss.aspx?feed=tradehalts")
# {day} becomes YYYYMMDD.
THRESHOLD_LIST_URL: str = env.str(
    "THRESHOLD_LIST_URL", default="https://www.nasdaqtrader.com/dynamic/symdir/regsho/nasdaqth{day}.txt"
)
X_BASE_URL: str = env.str("X_BASE_URL", default="https://api.x.com")
X_BEARER_TOKEN: str = env.str("X_BEARER_TOKEN", default="")
# US dollars a day for posts and counts of X, 0 for none.
X_BUDGET_PER_DAY = positive("X_BUDGET_PER_DAY", 5)
OPTIONS_CALLS_PER_DAY = int(positive("OPTIONS_CALLS_PER_DAY", 10_000))
OPTIONS_CALLS_PER_LOOK = int(positive("OPTIONS_CALLS_PER_LOOK", 40))
OPTIONS_EXPIRY_DAYS = int(positive("OPTIONS_EXPIRY_DAYS", 95))
CONFLUENCE_MINIMUM = positive("CONFLUENCE_MINIMUM", 0.60)
CONFLUENCE_HIGH = positive("CONFLUENCE_HIGH", 0.80)
if not CONFLUENCE_MINIMUM <= CONFLUENCE_HIGH <= 1:
    raise ImproperlyConfigured("CONFLUENCE_MINIMUM must not be above CONFLUENCE_HIGH, and that not above 1")
REDDIT_LOGIN_URL: str = env.str("REDDIT_LOGIN_URL", default="https://www.reddit.com")
REDDIT_BASE_URL: str = env.str("REDDIT_BASE_URL", default="https://oauth.reddit.com")
REDDIT_CLIENT_ID: str = env.str("REDDIT_CLIENT_ID", default="")
REDDIT_CLIENT_SECRET: str = env.str("REDDIT_CLIENT_SECRET", default="")
# "<platform>:<application>:<version> (by /u/<name>)", as Reddit asks.
REDDIT_USER_AGENT: str = env.str("REDDIT_USER_AGENT", default="server:sectorlight:0.1")
REDDIT_SUBREDDITS: list[str] = env.str(
    "REDDIT_SUBREDDITS", default="stocks pennystocks smallstreetbets shortsqueeze wallstreetbets"
).split()
# Press feeds that are read for themes: addresses separated by blanks.
RSS_FEEDS: list[str] = env.str("RSS_FEEDS", default="").split()
DOCUMENT_TEXT_MAX: int = env.int("DOCUMENT_TEXT_MAX", default=20_000)
# Folder of a trained text model (train_sentiment); empty: the lexicon alone.
SENTIMENT_MODEL: str = env.str("SENTIMENT_MODEL", default="")
COINGECKO_BASE_URL: str = env.str("COINGECKO_BASE_URL", default="https://api.coingecko.com/api/v3")
COINGECKO_API_KEY: str = env.str("COINGECKO_API_KEY", default="")
COINGECKO_RATE_PER_MIN = positive("COINGECKO_RATE_PER_MIN", 30)
# 10,000 calls a month; a scan needs three or four of them, a bootstrap about 55.
COINGECKO_CALLS_PER_DAY: int = env.int("COINGECKO_CALLS_PER_DAY", default=300)
COINPAPRIKA_BASE_URL: str = env.str("COINPAPRIKA_BASE_URL", default="https://api.coinpaprika.com/v1")
COINPAPRIKA_API_KEY: str = env.str("COINPAPRIKA_API_KEY", default="")
COINPAPRIKA_CALLS_PER_DAY: int = env.int("COINPAPRIKA_CALLS_PER_DAY", default=600)
ALTERNATIVE_BASE_URL: str = env.str("ALTERNATIVE_BASE_URL", default="https://api.alternative.me")
# Optional: without a key nobody is asked for a second opinion on the crypto regime.
ANTHROPIC_BASE_URL: str = env.str("ANTHROPIC_BASE_URL", default="https://api.anthropic.com")
ANTHROPIC_API_KEY: str = env.str("ANTHROPIC_API_KEY", default="")
ANTHROPIC_MODEL: str = env.str("ANTHROPIC_MODEL", default="claude-sonnet-5-5")
ANALYST_USD_PER_DAY = positive("ANALYST_USD_PER_DAY", 1)
PROVIDER_READ_TIMEOUT_S = positive("PROVIDER_READ_TIMEOUT_S", 30)

# --- universe and sectors ---
UNIVERSE_PROFILE: str = env.str("UNIVERSE_PROFILE", default="coverage")
VOLATILITY_WEIGHTS: str = env.str("VOLATILITY_WEIGHTS", default="static")
if VOLATILITY_WEIGHTS not in ("static", "dynamic", "hybrid"):
    raise ImproperlyConfigured("VOLATILITY_WEIGHTS must be static, dynamic or hybrid.")
# Whose light is shown; the other formulas are computed and stored beside it.
SECTOR_FORMULA: str = env.str("SECTOR_FORMULA", default="v1")
WATCH_EVERY_S = int(positive("WATCH_EVERY_S", 15))
WATCH_COOLDOWN_S = positive("WATCH_COOLDOWN_S", 60)
RETENTION_SECTOR_DETAIL_DAYS: int = env.int("RETENTION_SECTOR_DETAIL_DAYS", default=90)
# How many days each kind of row stays; 0: for ever. What becomes of it then: docs/themes-retention.md.
RETENTION_TEXTS_DAYS: int = env.int("RETENTION_TEXTS_DAYS", default=365)
RETENTION_TWEETS_DAYS: int = env.int("RETENTION_TWEETS_DAYS", default=90)
RETENTION_REDDIT_POSTS_DAYS: int = env.int("RETENTION_REDDIT_POSTS_DAYS", default=90)
RETENTION_DOCUMENTS_DAYS: int = env.int("RETENTION_DOCUMENTS_DAYS", default=730)
RETENTION_TEXT_SENTIMENTS_DAYS: int = env.int("RETENTION_TEXT_SENTIMENTS_DAYS", default=180)
RETENTION_SYMBOL_SENTIMENTS_DAYS: int = env.int("RETENTION_SYMBOL_SENTIMENTS_DAYS", default=365)
RETENTION_AGGREGATED_SENTIMENTS_DAYS: int = env.int("RETENTION_AGGREGATED_SENTIMENTS_DAYS", default=730)
RETENTION_CONFLUENCE_SCORES_DAYS: int = env.int("RETENTION_CONFLUENCE_SCORES_DAYS", default=730)
RETENTION_OPTIONS_DAYS: int = env.int("RETENTION_OPTIONS_DAYS", default=730)
RETENTION_POST_COUNTS_DAYS: int = env.int("RETENTION_POST_COUNTS_DAYS", default=365)
RETENTION_TEMPERATURE_DAYS: int = env.int("RETENTION_TEMPERATURE_DAYS", default=90)
RETENTION_MANIPULATION_DAYS: int = env.int("RETENTION_MANIPULATION_DAYS", default=90)
RETENTION_VERDICTS_DAYS: int = env.int("RETENTION_VERDICTS_DAYS", default=365)
RETENTION_TERM_HOURS_DAYS: int = env.int("RETENTION_TERM_HOURS_DAYS", default=90)
RETENTION_THEME_READINGS_DAYS: int = env.int("RETENTION_THEME_READINGS_DAYS", default=365)
RETENTION_NETWORKS_DAYS: int = env.int("RETENTION_NETWORKS_DAYS", default=90)
RETENTION_ALERTS_DAYS: int = env.int("RETENTION_ALERTS_DAYS", default=365)
RETENTION_CATALYSTS_DAYS: int = env.int("RETENTION_CATALYSTS_DAYS", default=730)
# Kinds that stay for the time being, whatever their period: keys separated by blanks.
RETENTION_HOLD: list[str] = env.str("RETENTION_HOLD", default="").split()
ARCHIVE_DIR = Path(env.str("ARCHIVE_DIR", default=str(VAR_DIR / "archive")))

# --- crypto regime ---
# The past of the whole market is the scaled sum of so many of its largest coins: a call each.
MACRO_BOOTSTRAP_COINS = int(positive("MACRO_BOOTSTRAP_COINS", 50))

# --- books ---
BOOK_POSITIONS_MAX = int(positive("BOOK_POSITIONS_MAX", 10_000))
IMPORT_BYTES_MAX = int(positive("IMPORT_BYTES_MAX", 2_000_000))
IMPORT_ROWS_MAX = int(positive("IMPORT_ROWS_MAX", 5_000))
IMPORT_PREVIEW_HOURS = positive("IMPORT_PREVIEW_HOURS", 24)
RISK_FREE_RATE: float = env.float("RISK_FREE_RATE", default=0.0)
VALUATION_SESSIONS_MAX = int(positive("VALUATION_SESSIONS_MAX", 504))

# The name is unique among living accounts only (a partial constraint), which the check cannot see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

# --- passwords and API ---
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# Axes asks first whether the caller is locked out; it signs nobody in.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "portfolios.backends.AccountBackend"]
AXES_HANDLER = "portfolios.lockout.AccountHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = int(positive("LOGIN_FAILURES_MAX", 5))
AXES_COOLOFF_TIME = timedelta(minutes=positive("LOGIN_LOCKOUT_MIN", 15))
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # "try again at" stays true, whatever is tried before
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "portfolios.lockout.answer"
AXES_USERNAME_CALLABLE = "portfolios.lockout.account_name"
AXES_CLIENT_IP_CALLABLE = "portfolios.lockout.client_address"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = AXES_VERBOSE = False  # portfolios.admin shows the attempts, read-only
# What axes must not copy from a form into its table.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "new_password", "new_password1", "new_password2", "email"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
REST_FRAMEWORK = {
    # The first one's challenge answers strangers: 401 and "Bearer". Only a session needs the CSRF token.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portfolios.tokens.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    # How many entries of X-Forwarded-For are our own proxies'; with none the header is a stranger's word.
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": rate("THROTTLE_ANON", "60/min"),
        "user": rate("THROTTLE_USER", "600/min"),
        "auth": rate("THROTTLE_AUTH", "30/min"),
        "demo": rate("THROTTLE_DEMO", "20/hour"),
    },
    "EXCEPTION_HANDLER": "sentiment_site.api.problem",
}
JWT_ALGORITHM: str = env.str("JWT_ALGORITHM", default="HS256")
if JWT_ALGORITHM not in ("HS256", "HS384", "HS512"):
    raise ImproperlyConfigured("JWT_ALGORITHM must be HS256, HS384 or HS512: this site signs and reads its own tokens.")
# A key of its own, so that nothing else signed with SECRET_KEY can pass for a token.
JWT_KEY: str = env.str("JWT_KEY", default="") or hashlib.sha512(f"jwt:{SECRET_KEY}".encode()).hexdigest()
if len(JWT_KEY) < 32:
    raise ImproperlyConfigured("JWT_KEY must have at least 32 characters.")
SIMPLE_JWT = {
    "ALGORITHM": JWT_ALGORITHM,
    "SIGNING_KEY": JWT_KEY,
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=24),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sectorlight",
    "DESCRIPTION": "US small caps: universe and sector lights. Percentages are percent points.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "SectorEnum": "sectors.models.SECTOR_CHOICES",
        "ReadingStatusEnum": "sectors.models.SectorReading.Status",
        "JobStatusEnum": "sentiment_site.jobs.models.Status",
        "CashFlowKindEnum": "portfolios.models.books.FlowKind",
        "OwnCashFlowKindEnum": "portfolios.books.cash.OWN_CHOICES",
        "ImportStateEnum": "portfolios.models.books.ImportState",
        "GreeksSourceEnum": "portfolios.models.measures.GreekKind",
        "AnalysisTriggerEnum": "sectors.models.SectorRun.Trigger",
        "RegimeTriggerEnum": "macro.models.MacroSentimentAnalysis.Trigger",
        "TrendDirectionEnum": "macro.models.Direction",
        "TemperatureEnum": "themes.models.stories.Level",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- mail: into files until a server is named ---
EMAIL: dict[str, Any] = env.email_url("EMAIL_URL", default=f"filemail:///{VAR_DIR / 'mail'}")
EMAIL_BACKEND: str = EMAIL["EMAIL_BACKEND"]
EMAIL_FILE_PATH: str = EMAIL["EMAIL_FILE_PATH"]
EMAIL_HOST, EMAIL_PORT = EMAIL["EMAIL_HOST"] or "localhost", EMAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_USER"] or "", EMAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_TLS", False), EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.str("EMAIL_FROM", default="Sectorlight <no-reply@localhost>")
PASSWORD_RESET_TIMEOUT = 3_600

# --- browser security ---
SOCKET_SCHEME = "wss" if HTTPS else "ws"
SOCKET_SOURCES = [f"{SOCKET_SCHEME}://{host}:{LIVE_SOCKET_PORT}" for host in ALLOWED_HOSTS] if LIVE_SOCKET_PORT else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF, *SOCKET_SOURCES],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health"]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

# --- static files ---
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Hashed names let browsers keep files for a year; they need `collectstatic`. Tests and `runserver` do without.
HASHED_STATIC: bool = env.bool("HASHED_STATIC", default=not DEBUG)
STATIC_BACKEND = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if HASHED_STATIC
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATIC_BACKEND},
}
WHITENOISE_USE_FINDERS = not HASHED_STATIC

# --- logs: one JSON object per line, with request and run ids ---
LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO").upper()
SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *SHARED_PROCESSORS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": SHARED_PROCESSORS,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "axes": {"level": "WARNING"},  # four lines for every successful sign-in
    },
}
DJANGO_STRUCTLOG_CELERY_ENABLED = True
