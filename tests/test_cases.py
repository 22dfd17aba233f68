"""A test of many cases tries all of them, and names each that fails."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from cases import at_once, together

NUMBERS = [pytest.param(n, n * n + (n % 3 == 2), id=f"case {n}") for n in range(7)]


def _groups(test: Any) -> dict[str, Any]:
    (mark,) = test.pytestmark
    return dict(zip(mark.kwargs["ids"], mark.args[1], strict=True))


@together("number, square", NUMBERS, by=lambda number, _: "even" if number % 2 == 0 else "odd")
def _squares(number: int, square: int, seen: list[int]) -> None:
    seen.append(number)
    assert number * number == square, f"{number} is squared"
    if number == 5:
        raise ValueError("five")


def test_all_cases_of_a_group_are_tried_and_each_that_fails_is_named() -> None:
    seen: list[int] = []
    with pytest.raises(AssertionError) as failed:
        _squares(_groups(_squares)["even"], seen=seen)
    assert seen == [0, 2, 4, 6]
    first, *cases = str(failed.value).split("\n\n")
    assert first == "1 of 4 cases fail:"
    assert cases[0].startswith("case 2, test_cases.py:")
    assert "2 is squared" in cases[0]
    assert "(2 * 2) == 5" in cases[0]


def test_groups_have_the_names_of_their_kind() -> None:
    assert {name: len(group) for name, group in _groups(_squares).items()} == {"even": 4, "odd": 3}


def test_errors_of_all_kinds_fail_a_case() -> None:
    @together("number", [pytest.param(n, id=str(n)) for n in (0, 1)], by=lambda _: "all")
    def divided(number: int) -> None:
        assert 1 / number == 2

    with pytest.raises(AssertionError, match=r"2 of 2 cases fail:\n\n0, .*\nZeroDivisionError: .*\n\n1, "):
        divided(_groups(divided)["all"])


def test_a_case_in_a_group_has_no_marks() -> None:
    with pytest.raises(AssertionError, match="has no marks of its own"):
        together("number", [pytest.param(1, id="one", marks=pytest.mark.slow)], by=str)


def test_cases_of_several_marks_are_combined_and_each_that_fails_is_named() -> None:
    @at_once
    @pytest.mark.slow
    @pytest.mark.parametrize("number", [2, 3], ids=["two", "three"])
    @pytest.mark.parametrize(("add", "limit"), [(1, 9), (7, 9)])
    def added(number: int, add: int, limit: int, seen: list[int]) -> None:
        seen.append(number + add)
        assert number + add < limit

    seen: list[int] = []
    with pytest.raises(AssertionError) as failed:
        added(seen=seen)
    assert sorted(seen) == [3, 4, 9, 10]
    first, *cases = str(failed.value).split("\n\n")
    assert first == "2 of 4 cases fail:"
    assert [case.partition(", test_cases.py")[0] for case in cases] == ["7, 9-two", "7, 9-three"]
    assert list(inspect.signature(added).parameters) == ["seen"]
    assert [mark.name for mark in added.pytestmark] == ["slow"]  # type: ignore[attr-defined]


def test_a_test_without_cases_is_refused() -> None:
    def alone(number: int) -> None:
        raise AssertionError(number)

    with pytest.raises(AssertionError, match="alone has no cases"):
        at_once(alone)
    marked = pytest.param(1, marks=pytest.mark.slow)
    for values, message in (([], "alone has no cases"), ([marked], "plain values")):
        alone.pytestmark = [pytest.mark.parametrize("number", values).mark]  # type: ignore[attr-defined]
        with pytest.raises(AssertionError, match=message):
            at_once(alone)
