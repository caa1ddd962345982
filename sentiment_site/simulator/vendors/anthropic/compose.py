"""An answer that satisfies a JSON schema, made of what the prompt states and of dice thrown by its digest.

enum: the value the prompt states under a like name, else any; const: itself; integer: the number stated under the
property's name if it is whole and 0..100, else 0..100; number: the number stated, else 0..100 (0..1 for probabilities
and ratios); boolean: "agree..." follows the analyst's mind, else any; string: a format's example, a sentence or two of
analysis that quote stated numbers, or a short phrase; array: one to four items; optional properties are always there.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sentiment_site.simulator.vendors.anthropic.facts import Facts, fold
from sentiment_site.simulator.vendors.anthropic.schema import resolve, types_of

_PROSE = ("summary", "reason", "analysis", "text", "comment", "explan", "rationale", "outlook", "narrative", "note",
          "observation", "description", "evidence", "driver", "factor", "insight")  # fmt: skip
_SHARES = ("probab", "ratio", "share", "fraction", "likelihood")
_EXAMPLES = {
    "date-time": "2026-01-01T00:00:00Z", "time": "00:00:00Z", "date": "2026-01-01", "duration": "PT4H",
    "email": "analyst@example.com", "hostname": "example.com", "uri": "https://example.com/", "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1", "uuid": "00000000-0000-4000-8000-000000000000",
}  # fmt: skip
_QUOTES = (
    "{name} stands at {value}.",
    "With {name} at {value}, the picture is clearer than the charts alone suggest.",
    "The reading of {value} for {name} carries most of the weight here.",
    "{name} of {value} fits what the charts show.",
)
_OPENINGS = (
    "The charts and the figures point the same way.",
    "Momentum and breadth do not fully confirm each other.",
    "The move looks orderly rather than stretched.",
    "Participation is narrow, so conviction should stay measured.",
)
_CLOSINGS = (
    "A break of the recent range would change this view.",
    "Patience is warranted until the next scan confirms it.",
    "Position sizes should reflect the spread of outcomes.",
)
_DOUBT = "The stated classification does not match what the charts show."
_PHRASES = ("Measured tone", "Leadership is narrowing", "Range intact", "Volatility compresses", "Flows turn over")
_NO_NUMBERS = "No figures were given, so this rests on the charts alone."


class Composer:
    """Writes one answer. wrong: the first quoted number is altered; disagrees: stated values of enums are not used."""

    def __init__(self, digest: str, facts: Facts, *, wrong: bool, disagrees: bool) -> None:
        self._digest, self._facts = digest, facts
        self._wrong, self._disagrees = wrong, disagrees
        self._quoted = 0

    def value(self, schema: dict[str, Any]) -> Any:
        """A value that satisfies the schema."""
        return self._value(schema, schema, "", "$")

    def prose(self, path: str = "$") -> str:
        """A few sentences that quote up to three stated numbers, each once per answer."""
        parts = [_OPENINGS[self._die(path, "open", len(_OPENINGS))]]
        if self._disagrees:
            parts.append(_DOUBT)
        parts += self._quotations(path, 1 + self._die(path, "count", 3))
        parts.append(_CLOSINGS[self._die(path, "close", len(_CLOSINGS))])
        return " ".join(parts)

    def _value(self, node: dict[str, Any], root: dict[str, Any], name: str, path: str) -> Any:
        node = resolve(node, root)
        if "const" in node:
            return node["const"]
        if node.get("enum"):
            return self._pick(node["enum"], name, path)
        if node.get("anyOf"):
            options = node["anyOf"]
            return self._value(options[self._die(path, "any", len(options))], root, name, path)
        kinds = types_of(node) or ["object" if "properties" in node else "string"]
        kind = kinds[self._die(path, "type", len(kinds))]
        if kind == "object":
            properties = node.get("properties", {}).items()
            return {key: self._value(part, root, key, f"{path}.{key}") for key, part in properties}
        if kind == "array":
            count = max(1 + self._die(path, "items", 3), int(node.get("minItems", 0)))
            count = min(count, int(node.get("maxItems", count)))
            return [self._value(node.get("items", {"type": "string"}), root, name, f"{path}[{place}]")
                    for place in range(count)]  # fmt: skip
        return self._scalar(kind, node, name, path)

    def _scalar(self, kind: str, node: dict[str, Any], name: str, path: str) -> Any:
        if kind == "null":
            return None
        if kind == "boolean":
            return not self._disagrees if "agree" in fold(name) else self._die(path, "bool", 2) == 1
        if kind in ("integer", "number"):
            return self._number(kind, node, name, path)
        if "format" in node:
            return _EXAMPLES.get(node["format"], _PHRASES[0])
        if any(part in fold(name) for part in _PROSE):
            return self.prose(path)
        word = next((word for key, word in self._facts.words if fold(key) == fold(name)), None)
        return word or _PHRASES[self._die(path, "phrase", len(_PHRASES))]

    def _pick(self, values: list[Any], name: str, path: str) -> Any:
        """The stated value, or another one when the analyst disagrees."""
        stated = self._facts.stated(name, [value for value in values if isinstance(value, str)])
        if stated is None:
            return values[self._die(path, "enum", len(values))]
        others = [value for value in values if value != stated]
        return others[self._die(path, "enum", len(others))] if self._disagrees and others else stated

    def _number(self, kind: str, node: dict[str, Any], name: str, path: str) -> int | float:
        low, high = float(node.get("minimum", 0)), float(node.get("maximum", 100))
        stated = self._facts.number(name)
        if stated is not None and low <= float(stated) <= high and (kind == "number" or float(stated).is_integer()):
            return int(float(stated)) if kind == "integer" else float(stated)
        if kind == "integer":
            return int(low) + self._die(path, "integer", int(high) - int(low) + 1)
        if any(part in fold(name) for part in _SHARES) and high >= 1:
            return self._die(path, "share", 101) / 100.0
        return round(low + (high - low) * self._die(path, "number", 10_001) / 10_000, 2)

    def _quotations(self, path: str, count: int) -> list[str]:
        """Sentences that quote stated numbers, going through them in an order of the digest."""
        if not self._facts.numbers:
            return [_NO_NUMBERS]
        order = sorted(self._facts.numbers, key=lambda pair: self._hash("order", *pair))
        found = []
        for place in range(min(count, len(order))):
            key, value = order[(self._quoted + place) % len(order)]
            if self._wrong and self._quoted == 0 and place == 0:
                value = misquote(value)
            template = _QUOTES[self._die(path, f"quote {place}", len(_QUOTES))]
            sentence = template.format(name=re.sub(r"[_.]+", " ", key), value=value)
            found.append(sentence[0].upper() + sentence[1:])
        self._quoted += len(found)
        return found

    def _die(self, path: str, use: str, sides: int) -> int:
        return int(self._hash(path, use)[:12], 16) % sides

    def _hash(self, *parts: str) -> str:
        return hashlib.blake2b("\n".join((self._digest, *parts)).encode(), digest_size=16).hexdigest()


def misquote(value: str) -> str:
    """A number some way off, with as many decimals: what a careless reader of a chart would write."""
    decimals = len(value.partition(".")[2]) if "e" not in value.lower() else 0
    wrong = f"{float(value) * 1.17:.{decimals}f}"
    return wrong if float(wrong) != float(value) else f"{float(value) + max(1.0, abs(float(value))):.{decimals}f}"
