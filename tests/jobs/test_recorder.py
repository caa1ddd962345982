"""The buffer between a job and its row."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.jobs.recorder import LAST_LINE, Recorder


@pytest.mark.parametrize(("given_", "kept"), [(-5, 0), (0, 0), (41.9, 41), (100, 100), (250, 100), (float("inf"), 100)])
def test_percentages_stay_in_range(given_: float, kept: int) -> None:
    recorder = Recorder()
    recorder.progress(given_, "p")
    assert recorder.take().percent == kept


def test_only_news_is_progress_and_an_empty_phase_keeps_the_last() -> None:
    recorder = Recorder()
    assert not recorder.take()
    recorder.progress(10, "fetching")
    assert recorder.take().progressed
    recorder.progress(10)
    recorder.progress(10, "fetching")
    assert not recorder.take()
    recorder.progress(11)
    changes = recorder.take()
    assert (changes.percent, changes.phase, changes.progressed) == (11, "fetching", True)


def test_lines_are_capped_and_cut() -> None:
    recorder = Recorder()
    for number in range(700):
        recorder.log(f"{number}" + "x" * 5_000 + "\x00")
    lines = recorder.take().lines
    assert len(lines) == 500
    assert lines[-1].endswith(LAST_LINE)
    assert lines[0][9:10] == "0"
    assert len(lines[0]) == 9 + 2_000


def test_a_nul_cannot_reach_the_database() -> None:
    recorder = Recorder()
    recorder.log("a\x00b\ud800")
    recorder.progress(1, "\x00")
    changes = recorder.take()
    assert (changes.lines[0][9:], changes.phase) == ("a\\0b\\ud800", "\\0")


def test_lines_may_wait_and_come_back_in_order() -> None:
    recorder = Recorder()
    recorder.log("one")
    recorder.progress(5)
    changes = recorder.take(with_lines=False)
    assert (changes.lines, changes.progressed) == ([], True)
    taken = recorder.take()
    recorder.log("two")
    recorder.give_back(taken)
    assert [line[9:] for line in recorder.take().lines] == ["one", "two"]


@given(st.lists(st.booleans(), max_size=30))
def test_nothing_is_lost_or_doubled(failures: list[bool]) -> None:
    recorder = Recorder()
    written: list[str] = []
    for number, fails in enumerate(failures):
        recorder.log(str(number))
        changes = recorder.take()
        if fails:
            recorder.give_back(changes)
        else:
            written += changes.lines
    written += recorder.take().lines
    assert [line[9:] for line in written] == [str(number) for number in range(len(failures))]


def test_many_threads_may_log() -> None:
    recorder = Recorder()
    threads = [threading.Thread(target=lambda: [recorder.log("x") for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(recorder.take().lines) == 400
