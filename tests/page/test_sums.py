"""A page takes single elements apart as Python does, for each operation of the registry."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import together
from registry.uses import NAMES, USES, forward_and_backward

from edgewise.page.assemble import bundle
from edgewise.page.steps import steps_data
from edgewise.printers.javascript import JavaScriptError, javascript
from edgewise.program import RecordingError, record
from edgewise.program.elements import Element, Elements
from edgewise.program.sums import sources_of, sum_of
from edgewise.program.terms import Term

_ALL = """
const source = (one) => one && one.place >= 0 ? [one.place, one.at] : null;
const term = ({ kind, terms, element, name, value, rest, restValue }) => [
  kind, terms.map(term), source(element), name, String(value), rest, String(restValue),
];
const found = given.map(({ steps, arguments: inputs, asked }, i) => {
  const program = makers[i]();
  program.run(inputs.map((numbers) => numbers.map(Number)));
  const elements = new Elements(program, steps);
  const isNamed = ({ place }) => program.inputs.includes(place);
  return asked.map(([place, at]) => {
    const element = elements.element(place, at);
    const sum = sumOf(elements, element, isNamed);
    return {
      term: term(sum.term),
      parts: sum.parts.map((part) => [source(part.element), term(part.term)]),
      sources: sourcesOf(elements, element, isNamed, 1000).map(source),
    };
  });
});
console.log(JSON.stringify(found));
"""

_AT_ONCE = 25


def _close(a: str, b: float) -> bool:
    number = float(a.replace("Infinity", "inf"))
    return math.isclose(number, b, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(number) and math.isnan(b))


def _text(number: Any) -> str:
    return repr(float(number)).replace("inf", "Infinity")


def _differs(found: Any, term: Term, index: dict[Any, int], path: str = "") -> str:
    """Says where a term of the page differs from Python's."""
    kind, terms, element, name, value, rest, rest_value = found
    here = f"{path}/{term.kind}"
    if (kind, name, rest, len(terms)) != (term.kind, term.name, term.rest, len(term.terms)):
        return f"{here}: {kind} {name} {rest} {len(terms)} for {term.name} {term.rest} {len(term.terms)}"
    own = None if term.element is None else [index[term.element.value], term.element.position]
    if element != own:
        return f"{here}: element {element} for {own}"
    if kind in ("leaf", "number", "part") and not _close(value, term.value):
        return f"{here}: {value} for {term.value}"
    if rest and not _close(rest_value, term.rest_value):
        return f"{here}: rest {rest_value} for {term.rest_value}"
    return next(filter(None, (_differs(*pair, index, here) for pair in zip(terms, term.terms, strict=True))), "")


@pytest.fixture(scope="module")
def found(node: Callable[..., str]) -> Callable[[int], Any]:
    """Gives what the page's script and Python find for elements of a use's results and gradients."""
    known: dict[int, Any] = {}

    def make(number: int) -> Any:
        function, arguments = forward_and_backward(*USES[number])
        try:
            program = record(function, *arguments)
            script = javascript(program)
        except (RecordingError, JavaScriptError) as error:
            return str(error)
        arrays = [x.detach().numpy() for x in arguments]
        random = np.random.default_rng(0)
        asked = [
            Element(value, position)
            for value in program.outputs
            if (size := math.prod(value.shape))
            for position in sorted({0, size - 1, int(random.integers(0, size))})
        ]
        return program, script, arrays, asked

    def find(number: int) -> Any:
        if number not in known:
            first = number - number % _AT_ONCE
            several = range(first, min(first + _AT_ONCE, len(USES)))
            made = {one: make(one) for one in several}
            usable = [one for one in several if not isinstance(made[one], str)]
            given = [
                {
                    "steps": steps_data(program, script.index),
                    "arguments": [
                        [repr(float(x)).replace("inf", "Infinity") for x in array.ravel()] for array in arrays
                    ],
                    "asked": [[script.index[one.value], one.position] for one in asked],
                }
                for program, script, arrays, asked in (made[one] for one in usable)
            ]
            makers = ", ".join(
                f"(() => {{ {made[one][1].text.replace('export ', '')}\nreturn makeProgram; }})()" for one in usable
            )
            text = (
                f"{bundle('page/js/sums.js')}\nconst makers = [{makers}];\nconst given = {json.dumps(given)};\n{_ALL}"
            )
            answers = json.loads(node(text))
            known.update({one: (made[one], answer) for one, answer in zip(usable, answers, strict=True)})
            known.update({one: (made[one], None) for one in several if one not in usable})
        return known[number]

    return find


@together(
    "number", [pytest.param(number, id=NAMES[number]) for number in range(len(USES))], by=lambda i: USES[i][0].name
)
def test_a_page_takes_elements_apart_as_python_does(number, found):
    made, answers = found(number)
    if answers is None:
        pytest.skip(made)
    program, script, arrays, asked = made
    elements = Elements(program, arrays)
    index = dict(script.index)
    for element, answer in zip(asked, answers, strict=True):
        is_named = lambda one: one.value in program.inputs
        wanted = sum_of(elements, element, is_named)
        assert not _differs(answer["term"], wanted.term, index)
        assert [place for place, _ in answer["parts"]] == [[index[one.value], one.position] for one in wanted.parts]
        for (_, term), part in zip(answer["parts"], wanted.parts.values(), strict=True):
            assert not _differs(term, part, index)
        sources = [[index[one.value], one.position] for one in sources_of(elements, element, is_named, 1000)]
        assert sorted(answer["sources"]) == sorted(sources)
