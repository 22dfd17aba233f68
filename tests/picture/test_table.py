"""The table of a graph."""

from __future__ import annotations

import edgewise as ew
from edgewise.picture.table import table


def test_each_edge_has_a_line_with_its_value_and_gradient(capsys):
    x, t = ew.tensor(1.5), ew.tensor(1.4)
    W1, b1 = ew.tensor(0.8, requires_grad=True), ew.tensor(-0.4, requires_grad=True)
    z = x * W1 + b1
    loss = (ew.relu(z) - t).abs()
    ew.see(loss).print()
    assert capsys.readouterr().out.splitlines() == [
        "edge  made by    shape  value  gradient",
        "────  ─────────  ─────  ─────  ────────",
        "x     input             1.5",
        "W₁    parameter         0.8    −1.5",
        "mul   mul               1.2    −1",
        "b₁    parameter         −0.4   −1",
        "z     add               0.8    −1",
        "h     relu              0.8    −1",
        "t     input             1.4",
        "sub   sub               −0.6   −1",
        "L     abs               0.6    1",
    ]


def test_an_update_follows_with_its_rule():
    W = ew.tensor(2.0, requires_grad=True)
    with ew.watch() as watch:
        (W * 3).backward()
        ew.optim.SGD([W], lr=0.1).step()
    lines = table(watch.snapshot).splitlines()
    assert "W     parameter         2      3         1.7" in lines
    assert lines[-1] == "W ← W − 0.1 · ∂L/∂W"


def test_a_rule_that_several_parameters_share_is_written_once():
    parameters = [ew.tensor(float(i), requires_grad=True) for i in range(6)]
    for i, parameter in enumerate(parameters):
        parameter.name = f"p{i}"
    with ew.watch() as watch:
        sum(parameters).backward()
        ew.optim.SGD(parameters, lr=0.2).step()
    assert table(watch.snapshot).splitlines()[-1] == "θ ← θ − 0.2 · ∂L/∂θ   for θ = p₀, p₁, p₂, p₃ and 2 more"


def test_of_many_tensors_the_first_and_the_last_are_listed():
    x = ew.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(500):
        y = y * 2
    lines = table(ew.snapshot(y)).splitlines()
    assert len(lines) == 2 + 200 + 1
    assert "⋮ 301 more: the picture has them all" in lines


def test_a_narrow_terminal_drops_operations_before_numbers():
    W = ew.tensor([1.0, -2.5, 3.5], requires_grad=True)
    lines = table(ew.snapshot((W * W).sum()), width=40).splitlines()
    assert lines[0].split() == ["edge", "shape", "value", "gradient"]
    assert all("…" not in line for line in lines)


def test_a_few_numbers_are_written_out_and_of_many_the_range_and_what_is_wrong():
    W = ew.tensor([1.0, -2.5], requires_grad=True)
    many = ew.tensor([[1.0, 2.0, float("nan")], [float("inf"), 5.0, 6.0]])
    taken = ew.snapshot((W.sum() * many).sum() + ew.zeros(0, requires_grad=True).sum())
    lines = {line.split()[0]: line for line in table(taken).splitlines()}
    assert "2      1.0 −2.5" in lines["W"]
    assert "1 … 6, 1 NaN, 1 ∞" in lines["many"]
    assert "empty" in table(taken)


def test_lines_are_cut_off_at_the_terminals_width():
    long = ew.tensor([1.0] * 4, requires_grad=True)
    long.name = "x" * 10_000
    lines = table(ew.snapshot(long.sum()), width=40).splitlines()
    assert max(map(len, lines)) == 40
    assert max(map(len, table(ew.snapshot(long.sum())).splitlines())) < 200


def test_names_of_any_letters_keep_the_columns():
    W = ew.tensor(1.0, requires_grad=True)
    W.name = "重み" + "e\u0301" * 50_000
    lines = table(ew.snapshot(W * 2)).splitlines()
    assert all(len(line) < 300 for line in lines)
    x = ew.tensor(1.0, requires_grad=True)
    x.name = "重"
    head, _, first, _ = table(ew.snapshot(x * 2)).splitlines()
    assert head.index("made") == first.index("parameter") + 1, "a wide letter takes two columns"
