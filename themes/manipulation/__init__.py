"""Manipulation risk: inputs as they were known, readings at every half-hour bar, outcomes, watch list."""
