"""Many small cases in one test: to begin a test, and to report it, takes longer than most of them."""

from __future__ import annotations

import functools
import inspect
import itertools
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
            _try(test, group, fixtures)

        first = inspect.Parameter("group", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        trying.__signature__ = signature.replace(parameters=[first, *others])  # type: ignore[attr-defined]
        return pytest.mark.parametrize("group", list(groups.values()), ids=list(groups))(trying)

    return of_groups


def at_once(test: Callable[..., None]) -> Callable[..., None]:
    """Tries all cases of the `pytest.mark.parametrize` below it as one test, which fails as those of `together` do.

    The cases share the test's fixtures.
    """
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    assert marks, f"{test.__name__} has no cases"
    cases = [
        ("-".join(name for name, _ in parts), {key: value for _, values in parts for key, value in values.items()})
        for parts in itertools.product(*map(_cases_of, marks))
    ]
    assert cases, f"{test.__name__} has no cases"
    parameters = inspect.signature(test).parameters

    @functools.wraps(test)
    def trying(**fixtures: Any) -> None:
        _try(test, cases, fixtures)

    others = [given for name, given in parameters.items() if name not in cases[0][1]]
    assert len(others) + len(cases[0][1]) == len(parameters), f"{test.__name__} takes {list(parameters)}"
    trying.__signature__ = inspect.Signature(others)  # type: ignore[attr-defined]
    trying.pytestmark = [mark for mark in test.pytestmark if mark not in marks]  # type: ignore[attr-defined]
    return trying


def _cases_of(mark: pytest.Mark) -> list[tuple[str, dict[str, Any]]]:
    """The names and the arguments of the cases that a mark has."""
    given, values = mark.args
    values = list(values)
    assert not any(isinstance(value, type(pytest.param())) for value in values), "cases here are plain values"
    names = [name.strip() for name in given.split(",")] if isinstance(given, str) else list(given)
    all_given = [value if len(names) > 1 else (value,) for value in values]
    ids = mark.kwargs.get("ids")
    said = list(ids) if ids is not None else [", ".join(f"{one!r:.60}" for one in many) for many in all_given]
    return [(name, dict(zip(names, many, strict=True))) for name, many in zip(said, all_given, strict=True)]


def _try(test: Callable[..., None], cases: list[tuple[str, dict[str, Any]]], fixtures: dict[str, Any]) -> None:
    """Tries a test at all cases, and fails with the names of all that fail."""
    failures: list[tuple[str, Exception]] = []
    for name, values in cases:
        try:
            test(**values, **fixtures)
        except Exception as error:
            failures.append((name, error))
    if failures:
        reasons = [f"{name}, {_place(error)}\n{_reason(error)}" for name, error in failures]
        message = "\n\n".join([f"{len(failures)} of {len(cases)} cases fail:", *reasons])
        raise AssertionError(message) from failures[0][1]


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _reason(error: Exception) -> str:
    return "".join(traceback.format_exception_only(error)).strip()
