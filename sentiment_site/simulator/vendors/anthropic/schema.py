"""What a JSON schema may contain when it is to bind the answer (structured outputs, upstreams.md 8.1)."""

from __future__ import annotations

from typing import Any

FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_REFUSED = {
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("minLength", "maxLength"),
    "array": ("maxItems", "uniqueItems", "contains", "minContains", "maxContains", "prefixItems"),
    "object": ("minProperties", "maxProperties", "patternProperties", "propertyNames"),
}
_REFUSED_ANYWHERE = ("oneOf", "not", "if", "then", "else", "dependentSchemas", "unevaluatedProperties")
_REFUSED_IN_PATTERNS = ("(?=", "(?!", "(?<", "\\1", "\\b")
_FORMS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "type": ((str, list), "a type or a list of types"),
    "properties": (dict, "an object"),
    "required": (list, "a list of names"),
    "enum": (list, "a list"),
    "anyOf": (list, "a list of schemas"),
    "pattern": (str, "a string"),
}
_PREFIX = "#/$defs/"


class BadSchemaError(ValueError):
    """The schema is refused; the text is what the vendor says."""


def check_schema(schema: Any) -> None:
    """BadSchemaError for the first thing the vendor does not take."""
    if not isinstance(schema, dict):
        raise BadSchemaError("Input should be a valid dictionary")
    if schema.get("type") != "object" and "$ref" not in schema and "anyOf" not in schema:
        raise BadSchemaError("The schema must be an object at its top level")
    if not isinstance(schema.get("$defs", {}), dict):
        raise BadSchemaError("'$defs' must be an object")
    for part in schema.get("$defs", {}).values():
        _check(part, schema)
    _check(schema, schema)


def resolve(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """The node itself, or what its $ref points to. BadSchemaError if that is not in $defs or leads back to itself."""
    met: set[str] = set()
    while "$ref" in node:
        name = str(node["$ref"]).removeprefix(_PREFIX)
        found = root.get("$defs", {}).get(name)
        if not isinstance(found, dict) or name in met:
            raise BadSchemaError(f"Reference {node['$ref']!r} could not be resolved")
        met.add(name)
        node = found
    return node


def types_of(node: dict[str, Any]) -> list[str]:
    """The node's types; a list of one unless the schema allows several."""
    given = node.get("type", [])
    return [given] if isinstance(given, str) else list(given)


def _check(node: Any, root: dict[str, Any], inside: tuple[str, ...] = ()) -> None:
    """`inside`: the references that led here; one that comes again is recursion."""
    if not isinstance(node, dict):
        raise BadSchemaError("Input should be a valid dictionary")
    if "$ref" in node:
        if node["$ref"] in inside:
            raise BadSchemaError("Schema is too complex: recursive definitions are not supported")
        inside = (*inside, str(node["$ref"]))
        node = resolve(node, root)
    for name in _REFUSED_ANYWHERE:
        if name in node:
            raise BadSchemaError(f"Schema keyword '{name}' is not supported")
    for name, (form, words) in _FORMS.items():
        if name in node and not isinstance(node[name], form):
            raise BadSchemaError(f"'{name}' must be {words}")
    for kind in types_of(node):
        _check_type(kind, node)
    if "enum" in node and (not node["enum"] or any(isinstance(value, dict | list) for value in node["enum"])):
        raise BadSchemaError("'enum' must be a non-empty list of strings, numbers, booleans or null")
    parts = [*node.get("anyOf", []), *node.get("properties", {}).values()]
    for part in [*parts, node["items"]] if "items" in node else parts:
        _check(part, root, inside)


def _check_type(kind: str, node: dict[str, Any]) -> None:
    if not isinstance(kind, str) or kind not in _TYPES:
        raise BadSchemaError(f"'{kind}' is not a valid type")
    refused = [name for name in _REFUSED.get(kind, ()) if name in node]
    if refused:
        raise BadSchemaError(f"For '{kind}' type, properties {', '.join(sorted(refused))} are not supported")
    if kind == "object":
        if node.get("additionalProperties") is not False:
            raise BadSchemaError("For 'object' type, 'additionalProperties' must be explicitly set to false")
        unknown = set(map(str, node.get("required", []))) - set(node.get("properties", {}))
        if unknown:
            raise BadSchemaError(f"'required' names unknown properties: {', '.join(sorted(unknown))}")
    if kind == "array" and node.get("minItems", 0) not in (0, 1):
        raise BadSchemaError("For 'array' type, 'minItems' values other than 0 or 1 are not supported")
    if kind == "string":
        if node.get("format", "date") not in FORMATS:
            raise BadSchemaError(f"For 'string' type, format '{node['format']}' is not supported")
        if any(part in node.get("pattern", "") for part in _REFUSED_IN_PATTERNS):
            raise BadSchemaError("For 'string' type, the pattern uses unsupported features")
