"""What things look like, each look once: templates with places for texts, which the page fills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import astuple, replace
from html import unescape
from typing import Any

from ..capture.snapshot import EdgeRecord, NodeRecord, TensorRecord
from ..picture.about import short_name
from ..picture.boxes import MOST, operation_box
from ..picture.chips import (
    Drawn,
    Scales,
    branch_chip,
    branch_width,
    footer_within,
    is_mapped,
    is_small,
    tensor_width,
)
from ..picture.clusters import Cluster, Clusters, Kind
from ..picture.looks import NO_LOOK, Look, Looks
from ..picture.metrics import text_width
from ..picture.scene import Image, Rectangle, Scene, Shape, Text, Thing
from ..picture.svg import _PASSAGE, LEFT_TO_RIGHT_MARK, escaped, svg_of

MOST_FORMULAS = 1500
"""Larger graphs have no formulas on their chips: they are read one at a time, where something is selected."""

_NUMBERS = frozenset({"value", "gradient", "after"})
_BAD = frozenset({"nan", "infinite", "is-nan", "is-infinite"})
_MARKS = frozenset({"Σ", "new"})
_COUNTED = re.compile(r"\d.* .*(NaN|∞)$")  # how many numbers of an array are not finite
_HOLLOW = re.compile(r' href=""')


class ChipTemplates(Looks):
    """The looks of things as a page fills them: templates, and forms, each a template's number with its texts.

    Numbers are written by the page: a template only has their places. It drops the grounds of those that aren't finite.
    """

    def __init__(self, clusters: Clusters) -> None:
        super().__init__(clusters, Scales(1.0, 1.0))
        self.forms: list[list[Any]] = []
        self._templates: dict[tuple[Any, ...], int] = {}
        self._known: dict[tuple[Any, ...], int] = {}
        self._alike: dict[tuple[Any, ...], tuple[int, int]] = {}
        self._has_formulas = len(clusters.snapshot.nodes) <= MOST_FORMULAS

    def look(self, cluster: Cluster, kind: Kind, id: int) -> Look:
        """Returns the look of a thing; of those that differ in nothing but names and numbers only one is drawn."""
        if kind == "port":
            return NO_LOOK
        snapshot, path = self.snapshot, self.path_of(cluster)
        if kind == "tensor":
            return self._size(self._tensor(snapshot.tensors[id], path))
        if kind == "node":
            return self._size(self._node(snapshot.nodes[id]))
        if kind == "module":
            return self._size(self._module_form(cluster, id))
        edge = snapshot.edges[id]
        part, footers = edge.contribution, self.branch_footers(edge, path)
        assert part is not None
        footer, width = footer_within(footers, branch_width(part)) if footers else ("", 0.0)
        alike = ("edge", part.shape, snapshot.tensors[edge.tensor].dtype, bool(footer), width)
        if alike not in self._alike:
            self._alike[alike] = self._form_of(branch_chip(edge, self.scales, footers)), 0
        return self._size(self._with_footer(self.forms[self._alike[alike][0]], footer))

    def branch_footers(self, edge: EdgeRecord, path: str) -> Sequence[str]:
        """Returns ways to write the formula on the chip of one use, none in large graphs."""
        return super().branch_footers(edge, path) if self._has_formulas else ()

    def _node(self, node: NodeRecord) -> int:
        width = text_width(node.label, 12.5, bold=True)
        if width > MOST or node.failure or any(argument.number is not None for argument in node.arguments):
            return self._form_of(operation_box(node))
        alike = ("node", width)
        if alike not in self._alike:
            self._alike[alike] = self._form_of(operation_box(node)), 0
        template, *_ = self.forms[self._alike[alike][0]]
        return self._form((template, _without_turns(node.label)))

    def _module_form(self, cluster: Cluster, scope: int) -> int:
        record = self.snapshot.scopes[scope]
        inner = self.clusters.by_path[*cluster.path, scope]
        learnt = self.learnt.get(inner.path)
        shapes = [tuple(self.snapshot.tensors[id].shape for id in ports) for ports in (inner.entries, inner.exits)]
        count = learnt.numbers if learnt else 0
        wide = text_width(record.name, 12.5, bold=True)
        alike = ("module", record.kind, bool(record.name), wide, inner.operations, count, *shapes)
        if not record.name or wide > MOST:
            return self._form_of(self.draw(cluster, "module", scope))
        if alike not in self._alike:
            self._alike[alike] = self._form_of(self.draw(cluster, "module", scope)), 0
        template, _, *texts = self.forms[self._alike[alike][0]]
        return self._form((template, _without_turns(record.name), *texts))

    def _tensor(self, tensor: TensorRecord, path: str) -> int:
        value, gradient = tensor.value, tensor.gradient
        name, footers = short_name(tensor.symbol, path), self.footers(tensor, path)
        if tensor.node is not None and self.snapshot.nodes[tensor.node].failure:
            return self._form_of(self.tensor_chip(tensor, name, footers))
        plain, summed = self.is_plain(tensor), self.is_summed(tensor)
        footer, width = "", 0.0
        if footers:  # without, the width follows from the rest
            footer, width = footer_within(footers, tensor_width(tensor, name, summed=summed, plain=plain))
        output = tensor.id in self.snapshot.outputs
        # Where whole numbers are cut off depends on what they are.
        free = is_small(value) or is_mapped(value)
        wide = text_width(name[:40], 12.5, bold=True)
        look = (tensor.kind, tensor.shape, value.dtype, tensor.named, gradient is None, tensor.hooked, output)
        drawn_as = (plain, summed, value.shape, value.whole is None, wide, bool(footer), width)
        alike = (*look, *drawn_as, None if free else tensor.id)
        known = self._alike.get(alike)
        if known is not None and known[1] == len(name):
            template, _, *texts = self.forms[known[0]]
            return self._with_footer((template, _without_turns(name), *texts), footer)
        form = self._form_of(self.tensor_chip(tensor, name, footers))
        self._alike[alike] = (form, len(name)) if self.forms[form][1] == name else (form, -1)
        return form

    def _form_of(self, drawn: Drawn) -> int:
        texts: list[str] = []
        shapes = [plain for shape in drawn.shapes if (plain := _plain(shape, texts)) is not None]
        look = (drawn.width, drawn.height, drawn.port, *((type(shape), *_look(shape)) for shape in shapes))
        template = self._templates.get(look)
        if template is None:
            template = self._templates[look] = len(self.drawn)
            self.drawn.append(replace(drawn, shapes=shapes))
        return self._form((template, *texts))

    def _form(self, form: tuple[Any, ...]) -> int:
        if form not in self._known:
            self._known[form] = len(self.forms)
            self.forms.append(list(form))
        return self._known[form]

    def _with_footer(self, form: Sequence[Any], footer: str) -> int:
        """Returns a form with another formula, which is the last text of a chip that has one."""
        return self._form((*form[:-1], _without_turns(footer)) if footer else tuple(form))

    def _size(self, form: int) -> Look:
        drawn = self.drawn[self.forms[form][0]]
        return Look(form, drawn.width, drawn.height, drawn.port)

    def templates(self) -> list[list[Any]]:
        """Returns the elements, width, height and port of each template."""
        things = [Thing("form", None, "", drawn.shapes) for drawn in self.drawn]
        scene = svg_of(Scene(0, 0, "", "", things)).splitlines()
        elements = [line for line in scene if line.startswith('<g data-kind="form">')]
        return [
            [_HOLLOW.sub("", text[20:-4]), round(drawn.width, 1), round(drawn.height, 1), round(drawn.port, 1)]
            for text, drawn in zip(elements, self.drawn, strict=True)
        ]


def _look(shape: Shape) -> tuple[Any, ...]:
    if isinstance(shape, Text):
        return shape.x, shape.y, shape.text, shape.role, shape.anchor
    if isinstance(shape, Rectangle):
        return shape.x, shape.y, shape.width, shape.height, shape.role, shape.radius
    return astuple(shape)


def _plain(shape: Shape, texts: list[str]) -> Shape | None:
    """Returns the shape without what the page writes; other texts go to `texts`, and leave an empty place."""
    if isinstance(shape, Image):
        return replace(shape, source="")
    if isinstance(shape, Rectangle):
        return None if shape.role in _BAD else shape
    if not isinstance(shape, Text):
        return shape
    roles = shape.role.split()
    if "learnt" in roles:
        return replace(shape, text="‖∂·‖")
    if _NUMBERS.isdisjoint(roles):
        if shape.role == "shape" and shape.text.startswith("max "):
            return replace(shape, text="max", role="shape most")
        texts.append(_without_turns(shape.text))
        return replace(shape, text="", role=f"{shape.role} slot")
    role = " ".join(role for role in roles if role not in _BAD)
    if shape.text in _MARKS:
        return replace(shape, role=role)
    counted = _COUNTED.match(shape.text)
    if counted and "small" in roles:
        return Text(shape.x, shape.y - 1, "max", "shape most", "end")
    if counted or shape.text.startswith("‖·‖"):
        return replace(shape, text="‖·‖", role=f"{role} norm")
    return replace(shape, text=" ".join("0" * len(shape.text.replace("…", "").split())), role=role)


def _without_turns(text: str) -> str:
    """Returns a text as it may stand in a picture: with nothing in it that turns the direction of a line around."""
    safe = unescape(escaped(text))
    return safe if safe.isascii() else _PASSAGE.sub(rf"\g<0>{LEFT_TO_RIGHT_MARK}", safe)
