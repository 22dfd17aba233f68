"""The names that ``import edgewise`` gives."""

from __future__ import annotations

import pickle
import traceback

import pytest

import edgewise as ew

CLASSES = [name for name in ew.__all__ if isinstance(getattr(ew, name), type) and name not in {"bool", "float", "int"}]


def test_tracebacks_show_errors_by_the_name_that_users_import():
    with pytest.raises(ew.ShapeError) as caught:
        ew.ones(2, 3) @ ew.ones(2, 3)
    assert traceback.format_exception_only(caught.value)[0].startswith("edgewise.ShapeError: matmul: ")


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_has_its_public_address(name):
    kind = getattr(ew, name)
    assert f"{kind.__module__}.{kind.__qualname__}" == f"edgewise.{name}"
    assert pickle.loads(pickle.dumps(kind)) is kind


def test_all_names_exactly_the_public_attributes():
    assert len(set(ew.__all__)) == len(ew.__all__)
    modules = {name for name in vars(ew) if type(vars(ew)[name]) is type(ew) and name not in ew.__all__}
    public = {name for name in vars(ew) if not name.startswith("_")} - modules - {"annotations"}
    assert public <= set(ew.__all__)
