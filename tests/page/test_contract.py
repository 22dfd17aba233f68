"""What Python hands to pages is what their JavaScript expects."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browsing import part_of_page

import edgewise as ew
from edgewise import run
from edgewise.lab.page import report_page
from edgewise.page import Look, make_page, passes_page
from edgewise.page.contract import NodeData, compact

from . import golden, networks
from .test_passes import Adversaries

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


@dataclass
class Case:
    """Values that should be `of` a type in a contract."""

    of: str
    contract: str
    values: dict[str, Any]


def passes_data() -> dict[str, Any]:
    """The data of the page of two backward passes."""
    with ew.watch() as watch:
        losses = Adversaries().step()
    passes = watch.passes
    page = passes_page(passes, names=[step.name for step in passes], title=None, look=Look())
    del losses
    data: dict[str, Any] = json.loads(part_of_page(page, "data"))
    return data


def wrong_article() -> dict[str, Any]:
    """The data of a page with a field of another type, and one that no page has."""
    data = PAGES["article"]()
    data["tensors"][0]["shape"] = "2×3"
    data["nodes"][1]["colour"] = "red"
    return data


def run_data() -> dict[str, Any]:
    """The data of the page of a run."""
    model = ew.nn.Linear(2, 1)
    optimizer = ew.optim.SGD(model.parameters(), lr=0.1)
    watching: Any
    with ew.watch(model, every=1) as watching:
        for _ in range(3):
            optimizer.zero_grad()
            model(ew.ones(4, 2)).sum().backward()
            optimizer.step()
    data: dict[str, Any] = json.loads(part_of_page(watching.run.page(), "data"))
    return data


def lab_data() -> dict[str, Any]:
    """The data of the page of an experiment."""
    report = ew.lab.zero_init(steps=2)
    report.tables.append(ew.lab.Table("shares", ["a", "b"], [("one", ["1", "2"])], [[0.5, None]]))
    report.controls.append(ew.lab.Control("learning rate", 0.01, 1, 0.3, ["rate", None], is_logarithmic=True))
    data: dict[str, Any] = json.loads(part_of_page(report_page(report), "data"))
    return data


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    """What the compiler looks at."""
    pages = {name: page() for name, page in PAGES.items()}
    return {
        "pages": Case("PageData", "page/contract.d.ts", pages),
        "passes": Case("PassesData", "page/contract.d.ts", {"gan": passes_data()}),
        "wrong": Case("PageData", "page/contract.d.ts", {"article": wrong_article()}),
        "run": Case("RunData", "run/contract.d.ts", {"run": run_data()}),
        "lab": Case("LabData", "lab/contract.d.ts", {"experiment": lab_data()}),
    }


@pytest.fixture(scope="module")
def errors(cases: dict[str, Case], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the TypeScript compiler says of each case. It starts once for all: that takes longer than to check them."""
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("npx is not installed, which runs the TypeScript compiler")
    folder = tmp_path_factory.mktemp("contract")
    for name, case in cases.items():
        names = [f"value{place}" for place in range(len(case.values))]
        lines = [f'import type {{ {case.of} }} from "./contract_of_{name}";']
        lines += [
            f"const {value} = {json.dumps(data)} satisfies {case.of};"
            for value, data in zip(names, case.values.values(), strict=True)
        ]
        lines.append(f"export {{ {', '.join(names)} }};")
        (folder / f"check_{name}.ts").write_text("\n".join(lines), encoding="utf-8")
        shutil.copy(CONTRACTS / case.contract, folder / f"contract_of_{name}.d.ts")
    options = {"strict": True, "noEmit": True, "target": "es2022", "module": "es2022", "types": []}
    settings = {"compilerOptions": options, "files": [f"check_{name}.ts" for name in cases]}
    (folder / "tsconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [npx, "--yes", f"--package={TYPESCRIPT}", "tsc", "--project", "tsconfig.json", "--pretty", "false"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if "check_wrong.ts" not in done.stdout:
        pytest.skip(f"the TypeScript compiler can't be run here: {(done.stdout + done.stderr)[-300:]}")
    # An error begins at its line's start with the file; what explains it is indented.
    found: dict[str, str] = dict.fromkeys(cases, "")
    for error in re.split(r"\n(?=\S)", done.stdout.strip()):
        name = re.match(r"(?:check|contract_of)_(\w+)\.", error)
        assert name, error
        found[name[1]] += f"{error}\n"
    return found


def test_the_data_of_pages_are_what_the_contract_declares(cases: dict[str, Case], errors: dict[str, str]) -> None:
    data = cases["pages"].values
    assert "gallery" in data["images"]
    assert any("lines" in rule for rule in data["adam"]["rules"].values())
    assert "recorded" in data["recording"]
    assert errors["pages"] == ""


def test_the_data_of_several_passes_are_what_the_contract_declares(
    cases: dict[str, Case], errors: dict[str, str]
) -> None:
    data = cases["passes"].values["gan"]
    assert len(data["passes"]) == 2
    assert data["shared"]
    assert errors["passes"] == ""


def test_the_contract_notices_a_field_of_another_type_and_one_that_it_does_not_know(errors: dict[str, str]) -> None:
    assert "'string' is not assignable to type 'number[]'" in errors["wrong"]
    assert "'\"colour\"' does not exist in type 'NodeData'" in errors["wrong"]


def test_the_data_of_a_run_are_what_its_contract_declares(cases: dict[str, Case], errors: dict[str, str]) -> None:
    assert len(cases["run"].values["run"]["frames"]) == 3
    assert errors["run"] == ""


def test_data_are_compact() -> None:
    node = NodeData(label="add", letter=0, operation="add", output=0, inputs=[], failure=None, params={})
    assert compact(node) == {"label": "add", "letter": 0, "operation": "add", "output": 0, "inputs": [], "params": {}}


def test_the_data_of_an_experiment_are_what_its_contract_declares(
    cases: dict[str, Case], errors: dict[str, str]
) -> None:
    assert len(cases["lab"].values["experiment"]["sides"]) == 2
    assert errors["lab"] == ""
