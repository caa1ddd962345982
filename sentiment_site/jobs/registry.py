"""Which jobs exist. Apps register theirs with `@job(...)` in their `tasks.py`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class UnknownJob(LookupError):
    """No job of that name is registered; the message lists those that are."""


@dataclass(frozen=True, slots=True)
class Job:
    """A registered job. `function(ctx, **params)` may return a text: the result in a line, kept on the run."""

    name: str
    title: str
    function: Callable[..., Any]
    exclusive: bool

    def check_params(self, params: Mapping[str, Any]) -> None:
        """Raises ValueError when the job does not take these parameters."""
        try:
            inspect.signature(self.function).bind(None, **params)
        except TypeError as error:
            raise ValueError(f"{self.name}: {error}") from error


_jobs: dict[str, Job] = {}


def job(name: str, *, title: str, exclusive: bool = True) -> Callable[[Function], Function]:
    """Register the decorated function as job `name` ("<app>.<verb>"); it stays callable as it is.

    `exclusive`: at most one run of it at a time. Raises ValueError when another function has the name already.
    """

    def register(function: Function) -> Function:
        known = _jobs.get(name)
        if known is not None and _place(known.function) != _place(function):
            raise ValueError(f"job {name!r} is registered twice: {_place(known.function)} and {_place(function)}")
        _jobs[name] = Job(name, title, function, exclusive)
        return function

    return register


def get_job(name: str) -> Job:
    """The job of that name. Raises UnknownJob."""
    try:
        return _jobs[name]
    except KeyError:
        raise UnknownJob(f"no job is called {name!r}; there are: {', '.join(sorted(_jobs)) or 'none'}") from None


def list_jobs() -> list[Job]:
    """Every registered job, by name."""
    return [_jobs[name] for name in sorted(_jobs)]


def _place(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
