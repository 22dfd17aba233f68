"""Many small cases in one test: to begin a test, and to report it, takes longer than most of them."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest


def together(names: str, cases: Iterable[Any], by: Callable[..., str]) -> Callable[[Callable[..., None]], Any]:
    """Tries a test at cases as `pytest.mark.parametrize` does, but as one test for each group of them.

    `by` takes the values of a case and returns the name of its group. All cases of a group are tried, whether or not
    one fails. The test then fails with the name of each case that did, where it did, and why.
    """
    arguments = [name.strip() for name in names.split(",")]
    groups: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for case in cases:
        assert not case.marks, f"{case.id}: a case in a group has no marks of its own"
        groups.setdefault(by(*case.values), []).append((case.id, dict(zip(arguments, case.values, strict=True))))

    def of_groups(test: Callable[..., None]) -> Any:
        signature = inspect.signature(test)
        others = [given for name, given in signature.parameters.items() if name not in arguments]
        assert len(others) + len(arguments) == len(signature.parameters), f"{test.__name__} takes {names}"

        @functools.wraps(test)
        def trying(group: list[tuple[str, dict[str, Any]]], **fixtures: Any) -> None:
            failures: list[tuple[str, Exception]] = []
            for name, values in group:
                try:
                    test(**values, **fixtures)
                except Exception as error:
                    failures.append((name, error))
            if failures:
                reasons = [f"{name}, {_place(error)}\n{_reason(error)}" for name, error in failures]
                message = "\n\n".join([f"{len(failures)} of {len(group)} cases fail:", *reasons])
                raise AssertionError(message) from failures[0][1]

        first = inspect.Parameter("group", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        trying.__signature__ = signature.replace(parameters=[first, *others])  # type: ignore[attr-defined]
        return pytest.mark.parametrize("group", list(groups.values()), ids=list(groups))(trying)

    return of_groups


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _reason(error: Exception) -> str:
    return "".join(traceback.format_exception_only(error)).strip()
