"""What pages know of a few networks, and the program that they run, are as they were reviewed."""

from __future__ import annotations

import json

import pytest

from .golden import NETWORKS, PLACE, PROGRAM, known, program

AGAIN = f"read what differs, and keep it by python {PLACE.with_name('golden.py')}"


@pytest.mark.parametrize("name", NETWORKS)
def test_a_page_knows_of_a_network_what_was_reviewed(name):
    expected, found = json.loads(PLACE.read_text(encoding="utf-8"))[name], known(name)
    assert set(expected) == set(found), AGAIN
    for key, value in found.items():
        if isinstance(value, list) and isinstance(expected[key], list):
            differing = [(old, new) for old, new in zip(expected[key], value, strict=False) if old != new]
            assert not differing, f"{name}, {key}: {differing[:3]}: {AGAIN}"
        assert value == expected[key], f"{name}, {key}: {AGAIN}"


def test_a_program_is_printed_as_it_was_reviewed():
    expected, found = PROGRAM.read_text(encoding="utf-8").splitlines(), program().splitlines()
    differing = [(old, new) for old, new in zip(expected, found, strict=False) if old != new]
    assert not differing, f"{differing[:3]}: {AGAIN}"
    assert len(expected) == len(found)
