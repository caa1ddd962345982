"""Text of others in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from sentiment_site.live.spreadsheets import render_line, safe_text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "|calc", "%x", "＝1"])
def test_what_would_start_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Acme Inc.", "3M", "A-B", "'tis"])
def test_other_text_stays(text: str) -> None:
    assert safe_text(text) == text


def test_a_line_reads_back_with_empty_cells_for_what_is_unknown() -> None:
    line = render_line(["a,b", 'say "x"', None, -1.5, 0])
    assert line.endswith("\r\n")
    assert next(csv.reader(io.StringIO(line, newline=""))) == ["a,b", 'say "x"', "", "-1.5", "0"]
