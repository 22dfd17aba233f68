"""Which floor imports from which, as docs/design.md draws the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
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
    {"lab"},
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


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[str]:
    """Yields the modules that one imports, at once or later, except for types alone."""
    tree = tree_of(module)
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).lstrip("_") == "TYPE_CHECKING"
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


def operation_names() -> set[str]:
    """The names of all operations that are declared in ops/."""
    found: set[str] = set()
    for module in MODULES:
        if room_of(module) == "ops":
            for node in ast.walk(tree_of(module)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Operation", "elementwise"):
                    found.update(strings_in(node.args[0]))
    return found


def strings_in(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def asks_by_name(tree: ast.AST) -> Iterator[tuple[int, set[str]]]:
    """Yields the line of each place where an operation is compared or looked up, and the strings that stand there.

    An operation is what has that word in its name, as ``node.operation`` and ``use.operation.name`` do, or a variable
    that was given such a thing. Tables count with all that they hold.
    """
    assigned = [node for node in ast.walk(tree) if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value]
    tables: dict[str, set[str]] = {}
    operations = {"operation"}
    for node in assigned:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                tables[target.id] = strings_in(node.value)
                if ast.unparse(node.value).endswith(("operation", "operation.name")):
                    operations.add(target.id)
    for node in ast.walk(tree):
        is_lookup = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"
        if is_lookup or isinstance(node, (ast.Compare, ast.Subscript, ast.MatchValue)):
            names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
            words = names | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
            if words & operations or (words & {"name"} and "operation" in ast.unparse(node)):
                yield node.lineno, strings_in(node).union(*(tables.get(name, set()) for name in names))


def test_no_upper_floor_knows_an_operation_by_its_name():
    operations = operation_names()
    assert {"relu", "add", "conv2d", "softmax"} <= operations
    known = [
        f"{module}, line {line}: {', '.join(sorted(strings & operations))}"
        for module in MODULES
        if FLOOR[room_of(module)] > FLOOR["ops"]
        for line, strings in asks_by_name(tree_of(module))
        if strings & operations
    ]
    assert known == []
