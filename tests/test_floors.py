"""Which floor imports from which, as docs/design.md draws the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent / "src"

FLOORS = [
    {"version"},
    {"graph"},
    {"dtypes", "ops", "tensor", "array_api", "autograd", "linalg"},
    {"nn", "data", "optim"},
    {"interop", "system"},
    {"program"},
    {"printers"},
    {"capture"},
    {"layout"},
    {"picture"},
    {"page"},
    {"run", "explanation"},
    {"api"},
    {"training"},
    {"edgewise"},
    {"demo"},
    {"cli", "__main__"},
]
"""Lowest first. Rooms of one floor may import from each other."""

ANSWERS = {("edgewise.tensor.core", "edgewise.array_api")}
"""Allowed: a tensor names the namespace that the standard asks it for, which is made of functions of tensors."""

FLOOR = {room: i for i, rooms in enumerate(FLOORS) for room in rooms}

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}


def room_of(module: str) -> str:
    """The folder or file right below the package."""
    return [*module.split("."), "edgewise"][1]


def imports(module: str) -> Iterator[str]:
    """Yields the modules that one imports, at once or later, except for types alone."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types or not isinstance(node, ast.ImportFrom):
            continue
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*above, *([node.module] if node.module else [])])
        for name in node.names:
            for found in (f"{source}.{name.name}", source):
                if found in MODULES:
                    yield found
                    break


def test_every_room_has_a_floor():
    assert {room_of(module) for module in MODULES} == set(FLOOR)


def test_no_import_goes_up():
    up = [
        f"{module} imports {target}"
        for module in MODULES
        for target in imports(module)
        if FLOOR[room_of(target)] > FLOOR[room_of(module)]
    ]
    assert up == []


def test_no_imports_go_in_a_circle():
    left = {
        module: {target for target in imports(module) if (module, target) not in ANSWERS} - {module}
        for module in MODULES
    }
    while free := {module for module, needed in left.items() if not needed & left.keys()}:
        left = {module: needed for module, needed in left.items() if module not in free}
    assert left == {}
