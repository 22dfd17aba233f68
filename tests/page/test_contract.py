"""What Python hands to pages is what their JavaScript expects."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise import run
from edgewise.page import make_page
from edgewise.page.contract import NodeData, compact

from . import golden, networks

CONTRACTS = Path(run.__file__).parents[1]
TYPESCRIPT = "typescript@5.9.3"

PAGES: dict[str, Callable[[], dict[str, Any]]] = {
    "article": lambda: made(networks.article),
    "images": lambda: made(networks.lenet),
    "adam": lambda: made(networks.moons),
    "two losses": lambda: made(networks.two_outputs),
    "recording": golden.NETWORKS["stopped"],
}


def made(network: Callable[[], networks.Made]) -> dict[str, Any]:
    loss, options = network()
    data: dict[str, Any] = json.loads(part_of_page(make_page(loss, **options), "data"))
    return data


def checked(folder: Path, *, of: str, values: dict[str, Any], contract: str) -> str:
    """What the TypeScript compiler says of values that should be `of` a type in a contract."""
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("npx is not installed, which runs the TypeScript compiler")
    names = [f"value{place}" for place in range(len(values))]
    lines = [f'import type {{ {of} }} from "./contract";']
    lines += [
        f"const {name} = {json.dumps(value)} satisfies {of};"
        for name, value in zip(names, values.values(), strict=True)
    ]
    (folder / "check.ts").write_text("\n".join([*lines, f"export {{ {', '.join(names)} }};"]), encoding="utf-8")
    shutil.copy(CONTRACTS / contract, folder / "contract.d.ts")
    options = {"strict": True, "noEmit": True, "target": "es2022", "module": "es2022", "types": []}
    settings = {"compilerOptions": options, "files": ["check.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [npx, "--yes", f"--package={TYPESCRIPT}", "tsc", "--project", "tsconfig.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if "check.ts" not in done.stdout and done.returncode:
        pytest.skip(f"the TypeScript compiler can't be run here: {(done.stdout + done.stderr)[-300:]}")
    return done.stdout


def test_the_data_of_pages_are_what_the_contract_declares(tmp_path: Path) -> None:
    data = {name: page() for name, page in PAGES.items()}
    assert "gallery" in data["images"]
    assert any("lines" in rule for rule in data["adam"]["rules"].values())
    assert "recorded" in data["recording"]
    assert checked(tmp_path, of="PageData", values=data, contract="page/contract.d.ts") == ""


def test_the_contract_notices_a_field_of_another_type_and_one_that_it_does_not_know(tmp_path: Path) -> None:
    data = PAGES["article"]()
    data["tensors"][0]["shape"] = "2×3"
    data["nodes"][1]["colour"] = "red"
    errors = checked(tmp_path, of="PageData", values={"article": data}, contract="page/contract.d.ts")
    assert "'string' is not assignable to type 'number[]'" in errors
    assert "'\"colour\"' does not exist in type 'NodeData'" in errors


def test_the_data_of_a_run_are_what_its_contract_declares(tmp_path: Path) -> None:
    model = ew.nn.Linear(2, 1)
    optimizer = ew.optim.SGD(model.parameters(), lr=0.1)
    watching: Any
    with ew.watch(model, every=1) as watching:
        for _ in range(3):
            optimizer.zero_grad()
            model(ew.ones(4, 2)).sum().backward()
            optimizer.step()
    data = json.loads(part_of_page(watching.run.page(), "data"))
    assert len(data["frames"]) == 3
    assert checked(tmp_path, of="RunData", values={"run": data}, contract="run/contract.d.ts") == ""


def test_data_are_compact() -> None:
    node = NodeData(label="add", letter=0, operation="add", output=0, inputs=[], failure=None, params={})
    assert compact(node) == {"label": "add", "letter": 0, "operation": "add", "output": 0, "inputs": [], "params": {}}
