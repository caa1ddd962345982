"""Vendor faults on demand, for tests and demonstrations: a table of kinds, and a board of those in force."""

from sentiment_site.simulator.faults.board import BadFaultError, FaultBoard, parse_fault
from sentiment_site.simulator.faults.kinds import KINDS, Fault, pieces, respond

__all__ = ["KINDS", "BadFaultError", "Fault", "FaultBoard", "parse_fault", "pieces", "respond"]
