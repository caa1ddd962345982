"""Crypto regime: pure functions over arrays of time, oldest bar first; no database, no network, no clock.

Method and evaluation: docs/methods/crypto-regime.md.
"""
