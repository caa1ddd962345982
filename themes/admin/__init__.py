"""The operator's desk for the themes, part by part."""

from . import feeds, heat, manipulation, network, options, social, stories  # noqa: F401 - registers its models
