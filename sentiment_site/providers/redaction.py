"""Keys never reach a log, an exception, a repr or a page.

Two nets: every key given to a `VendorConfig` is registered here and replaced wherever it turns up, also
percent-encoded; and whatever looks like a credential (a key-like query parameter, a bearer token, a password in a URL)
is replaced by pattern, for keys that were never registered.
"""

from __future__ import annotations

import logging
import re
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "[redacted]"
# Shorter strings turn up in ordinary words and would blank out the message instead of the key.
SHORTEST_LITERAL: Final = 6

_PARAMETER = re.compile(
    r"(?i)\b((?:api[-_]?key|access[-_]?token|auth[-_]?token|token|secret|password|x-cg-[a-z-]*key)"
    r"[\"']?\s*[=:]\s*[\"']?)(?!\[redacted\])[^\s&\"'<>,;)}\]]+"
)
_AUTHORIZATION = re.compile(r"(?i)\b((?:bearer|basic)\s+)(?!\[redacted\])[A-Za-z0-9._~+/=-]{6,}")
_USERINFO = re.compile(r"(://)[^/@\s]+@")


class _Registered:
    """The literal secrets of this process, longest first so that one inside another leaves no rest."""

    literals: tuple[str, ...] = ()


def register_secret(secret: str) -> None:
    """Have `secret` replaced in all that `redact` sees from now on; very short ones are left to the patterns."""
    if len(secret) < SHORTEST_LITERAL:
        return
    known = {*_Registered.literals, secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    _Registered.literals = tuple(sorted(known, key=len, reverse=True))


def redact(text: str) -> str:
    """`text` without any registered secret and without anything that looks like a credential."""
    for secret in _Registered.literals:
        text = text.replace(secret, MASK)
    text = _PARAMETER.sub(rf"\g<1>{MASK}", text)
    text = _AUTHORIZATION.sub(rf"\g<1>{MASK}", text)
    return _USERINFO.sub(rf"\g<1>{MASK}@", text)


class RedactingFilter(logging.Filter):
    """Rewrites records before any handler sees them; urllib3 logs whole query strings at DEBUG."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the message by its redacted text; always keeps the record."""
        record.msg, record.args = redact(record.getMessage()), None
        return True


def silence_client_libraries() -> None:
    """Put the filter on the loggers of the HTTP client. Running twice adds nothing."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.connection"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, RedactingFilter) for each in logger.filters):
            logger.addFilter(RedactingFilter())
