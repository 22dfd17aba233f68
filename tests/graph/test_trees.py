"""Nests of tensors, taken apart and put together."""

from __future__ import annotations

from collections import OrderedDict, namedtuple

from hypothesis import given
from hypothesis import strategies as st

from edgewise.graph.trees import leaves, map_leaves, unflatten

Pair = namedtuple("Pair", "left right")

trees = st.recursive(
    st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=12,
)


@given(trees)
def test_a_nest_is_rebuilt_from_its_leaves(tree: object) -> None:
    again = unflatten(tree, iter([leaf for _, leaf in leaves(tree)]))
    assert again == tree
    assert type(again) is type(tree)


def test_paths_say_where_a_leaf_stands() -> None:
    tree = {"a": [1, (2, None)], "b": Pair(3, {})}
    assert list(leaves(tree)) == [("['a'][0]", 1), ("['a'][1][0]", 2), ("['b'][0]", 3)]


def test_kinds_of_containers_stay() -> None:
    result = map_leaves(str, OrderedDict(x=Pair([1], (2,))))
    assert result == OrderedDict(x=Pair(["1"], ("2",)))
    assert type(result) is OrderedDict
    assert type(result["x"]) is Pair
