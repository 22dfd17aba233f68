"""What crosses from Python to a page: every part of its data, with the meaning of every field.

`contract.d.ts` declares the same types for the page's JavaScript. A field that is `NotRequired` is left out where there
is nothing to say: `compact` drops fields that are None, False or an empty text. Keys that are numbers become texts in
JSON. Arrays cross as `Packed` bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, TypeVar, cast

from ..capture.snapshot import Kind
from ..picture import Theme, View
from .packing import Packed

Filled = list[int]
"""A formula: its place in `FormulasData.templates`, and then the places in `FormulasData.names` of the names in it."""

Recorded = tuple[str, Packed] | tuple[str, Packed, "StatisticsData"]
"""An array as it was: its kind of typed array, its elements, and, of a sample, the statistics of all elements."""

Form = list[Any]
"""How a thing looks: the place of its template, and then the texts in it."""

Template = list[Any]
"""The SVG of a look, its width, its height, and how far below its top lines arrive."""

StepData = list[Any]
"""A step of the Program: its primitive, its operands, and the axes along which it works.

Operands are places of values, and numbers as texts."""

DataT = TypeVar("DataT", bound=Mapping[str, object])


def compact(data: DataT) -> DataT:
    """Returns data without fields that are None, False or empty texts, as large graphs have many parts."""
    kept: Any = {name: part for name, part in data.items() if part is not None and part is not False and part != ""}
    return cast(DataT, kept)


class TensorData(TypedDict):
    """A tensor. Its place in `PageData.tensors` is its number."""

    name: str  # its full name, such as "net.0.weight"
    symbol: NotRequired[str | None]  # what formulas and pictures call it, if that is not its name
    letter: int  # the place of its symbol in `FormulasData.names`
    gradientFormula: Filled  # ∂L/∂tensor
    kind: Kind  # parameter, input, constant or intermediate
    shape: list[int]  # the shape of the numbers that the page has
    wholeShape: NotRequired[list[int]]  # its own shape, where the page has only a sample of its numbers
    dtype: str  # such as "float32"
    node: NotRequired[int | None]  # the node that made it; a leaf has none
    edges: list[int]  # the edges along which nodes use it
    hooked: NotRequired[bool]  # whether a hook may change its gradient
    across: NotRequired[int]  # how many of its matrices stand beside each other in its heat map
    tile: NotRequired[list[int]]  # rows and columns of each, if they are not its last two axes
    axisLabels: NotRequired[dict[int, int]]  # of some axes the labels, in `NumbersData.axisLabels`


class ElementData(TypedDict):
    """How one element is computed."""

    elements: NotRequired[list[tuple[Filled | None, Filled]] | None]  # equations for the element and its parts
    words: NotRequired[str]  # the same in a few words
    axes: NotRequired[str]  # why it has its shape, in words


class NodeData(ElementData):
    """One use of an operation. Its place in `PageData.nodes` is its number."""

    label: str  # its name in pictures, such as "mul₁"
    letter: int  # the place of its label in `FormulasData.names`
    operation: str  # the operation, such as "mul"
    output: int  # the tensor that it made
    inputs: list[int]  # its edges
    formula: NotRequired[Filled | None]  # what it computes
    numbersFormula: NotRequired[Filled | None]  # the same with marks for single numbers
    lineIndex: NotRequired[int | None]  # the line of the program that called it, in `PageData.lines`
    pathIndex: NotRequired[int | None]  # the path of the module that it is in, in `PageData.paths`
    params: NotRequired[Mapping[str, str] | None]  # its arguments that are no tensors, as texts
    isActivation: NotRequired[bool]  # whether its results are those of neurons
    failure: NotRequired[str | None]  # the message of the error that it raised
    givenShapes: NotRequired[list[str] | None]  # what it was given then, in words


class EdgeData(ElementData):
    """A tensor's way into a node. Its place in `PageData.edges` is its number."""

    tensor: int  # the tensor
    node: int  # the node that uses it
    hasGradient: NotRequired[bool]  # whether a gradient comes back along it
    summed: NotRequired[str]  # the axes over which broadcasting is undone, in words
    isLocal: NotRequired[bool]  # whether `formula` is a local derivative, by which the incoming gradient is multiplied
    formula: NotRequired[Filled | None]  # the derivative
    numbersFormula: NotRequired[Filled | None]  # the same with marks for single numbers
    ratio: NotRequired[Filled]  # the derivative's name, ∂node/∂tensor
    repeats: NotRequired[bool]  # whether one gradient goes to several elements


class LineData(TypedDict):
    """A line of the user's program."""

    file: str  # its path below the present folder, or its name
    number: int  # which line of that
    text: str  # the line without its indentation


class RuleLineData(TypedDict):
    """A line of an update's rule: what a number that the optimiser remembers becomes, or the parameter."""

    letter: int  # what the line defines, in `FormulasData.names`
    formula: Filled  # what that becomes
    numbersFormula: NotRequired[Filled | None]  # the same with marks for single numbers
    state: NotRequired[int | None]  # which of the optimiser's numbers it is; the parameter is none of them
    corrected: NotRequired[tuple[float, int] | None]  # β and the number that is t, for that divided by 1 − βᵗ


class RuleData(TypedDict):
    """How a parameter is updated."""

    formula: NotRequired[Filled | None]  # the rule as one formula
    isGradientDescent: NotRequired[bool]  # whether it is p ← p − η ∂L/∂p
    optimiser: NotRequired[str]  # the class of the optimiser
    lines: NotRequired[list[RuleLineData] | None]  # the rule line by line
    meanings: NotRequired[list[tuple[int, str, int | None]] | None]  # of letters: name, words, and which state


class LayerData(TypedDict):
    """A layer of a network that can be drawn as neurons, by the numbers of its tensors."""

    weights: int  # its weights
    transposed: bool  # whether a row of the weights belongs to an input instead of a neuron
    upright: bool  # whether examples are columns of its output
    bias: int | None  # its bias
    output: int  # its neurons' outputs
    labels: list[str]  # its operations, such as ["linear", "relu"]


class ChainData(TypedDict):
    """A network as a chain of layers."""

    input: int  # the tensor that the first layer is given
    layers: list[LayerData]  # first to last
    tail: list[str]  # the operations of the loss


class OperandData(TypedDict):
    """An array that a formula multiplies or adds."""

    formula: Filled  # a template, and then which of the whole formula's names are in it
    sign: NotRequired[str]  # before it
    contracts: NotRequired[bool]  # whether the sign is that of a product of matrices
    isGradient: NotRequired[bool]  # whether it is the incoming gradient instead of a value
    order: NotRequired[list[int] | None]  # the axes of the array in the order in which the formula has them
    isTransposed: NotRequired[bool]  # whether the last two are exchanged


class FormulasData(TypedDict):
    """Formulas, each shape once, with places for names."""

    templates: list[tuple[str, str]]  # MathML and plain text; U+13000 stands for the first name, and so on
    names: list[tuple[str, str]]  # MathML and plain text
    values: list[list[int]]  # of each template which of its names stand for values, not for gradients
    products: dict[int, list[OperandData]]  # the operands of those templates that are products of arrays


class StatisticsData(TypedDict):
    """What all elements of an array are like, of which the page has a sample."""

    size: int  # how many there are
    finite: int  # how many are finite
    nan: int  # how many are NaN
    infinite: int  # how many are infinite
    zeros: int  # how many are 0
    norm: float  # the norm of the finite ones
    counts: list[int]  # their histogram
    smallest: float | None  # the least finite one; None if there is none
    largest: float | None  # the greatest one
    mean: float | None  # their mean
    deviation: float | None  # their standard deviation


class BatchData(TypedDict):
    """What a leaf holds in turn."""

    arrays: list[Packed]  # one array for each batch; with `levels` places in these
    levels: NotRequired[Packed]  # the different numbers that occur, if there are few
    bits: NotRequired[int]  # how many bits a place takes then


class GalleryData(TypedDict):
    """Images that the network classifies."""

    images: int  # the leaf that they are in
    shape: list[int]  # channels, rows and columns of one
    predictions: int  # the tensor of scores or probabilities
    isProbability: bool  # whether these are probabilities
    labels: int  # the leaf of the right classes
    classes: list[str]  # the names of the classes
    unseen: NotRequired[dict[int, BatchData]]  # batches that it is not trained on, by leaf


class UpdateData(TypedDict):
    """Where in the update's Program everything is, by places of its values."""

    rate: int  # the learning rate
    values: dict[int, int]  # each parameter, by its tensor's number
    gradients: dict[int, int]  # its gradient
    results: dict[int, int]  # what it becomes
    states: list[list[int]]  # of each number that the optimiser remembers: before, and after
    start: dict[int, Packed]  # what these begin with, if not with 0, by the place before


class LayoutData(TypedDict):
    """Where the things, ports and lines of a cluster are while all clusters in it are closed."""

    width: float  # of the cluster
    height: float
    x: list[float]  # the left sides of its things
    y: list[float]  # their tops
    gaps: list[tuple[float, ...]]  # for each cluster in it where the gaps before and after its layer begin and end
    entries: list[float]  # how far down tensors come in
    exits: list[float]  # how far down tensors go out
    lines: list[list[float]]  # source and target, negative for ports, and then the points


class ClusterData(TypedDict):
    """A module that can be opened, or the whole graph."""

    scope: int  # its number; -1 is the whole
    parent: int  # the module around it; -1 is the whole
    name: str  # its name in that
    path: str  # its dotted path
    kind: str  # its class
    operations: int  # how many operations are in it
    title: str  # what stands on its frame
    titleWidth: float  # the width that the title takes
    learnt: list[int]  # its own parameters
    layout: int  # its layout, in `PlacesData.layouts`
    things: str  # what stands in it, such as "t3 n5 m2": tensors, nodes, edges, modules
    forms: list[int]  # how these look, in `PlacesData.forms`
    entries: list[int]  # the tensors that come in, from top to bottom
    exits: list[int]  # the tensors that go out
    tensors: list[int]  # the tensor on each line
    back: str  # for each line 1 if a gradient comes back, else 0


class PlacesData(TypedDict):
    """Everything that the page needs to draw the graph."""

    clusters: list[ClusterData]  # modules, the outer ones first
    layouts: list[LayoutData]  # the layouts of these, each once
    open: list[int]  # the modules that are open at first
    templates: list[Template]  # how things look, each look once
    forms: list[Form]  # templates with their texts


class ModuleFormulaData(TypedDict):
    """The formula of a module, line by line."""

    forward: list[tuple[Filled, Filled]]  # equations, the result last
    backward: NotRequired[list[tuple[Filled, Filled]] | None]  # the gradients, from those that come in
    words: NotRequired[str]  # what letters mean
    wordsBack: NotRequired[str]  # what to know of the gradients


class StructureData(TypedDict):
    """The parts of a graph, with their formulas."""

    outputs: list[int]  # the tensors whose sum is differentiated
    tensors: list[TensorData]
    edges: list[EdgeData]
    nodes: list[NodeData]
    rules: dict[int, RuleData]  # of each parameter that is updated, by its number
    modules: dict[int, ModuleFormulaData]  # of modules of several operations, by their scopes
    chain: ChainData | None  # the layers, if it can be drawn as neurons
    lossName: str  # what titles call the loss
    lossSymbol: str  # what formulas call it
    definition: NotRequired[str]  # what it is of the outputs, such as "L = l₁ + l₂", if it is none of them
    lines: list[LineData]  # the lines of the program, each once
    paths: list[str]  # the paths of modules, each once
    formulas: FormulasData


Way = Literal["forward", "backward", "update"]
"""What happens to a tensor or at an operation: its value, its gradient, or what an update makes of it."""


class StoryPartData(TypedDict):
    """A part of a story: its text, and where it is, or what it changes."""

    text: str
    step: NotRequired[int]  # a step by its number
    tensor: NotRequired[int]  # or where something happens to a tensor,
    node: NotRequired[int]  # or at a node,
    way: NotRequired[Way]  # and what
    changes: NotRequired[list[tuple[int, list[float]]]]  # leaves, and their elements or one number for all of them
    rate: NotRequired[float]  # another learning rate
    train: NotRequired[int]  # so many training steps


class BackwardPassData(TypedDict):
    """One of the backward passes of a training step."""

    name: str  # what the page calls it
    moves: str  # which parameters are moved after it, in words
    added: dict[int, list[int]]  # for parameters that it moves the earlier passes whose gradients are added


class NumbersData(StructureData):
    """A structure, and where its numbers are: in the page's Program, or in what was recorded."""

    values: dict[int, int]  # the value of each tensor
    gradients: dict[int, int]  # the gradient of each tensor that has one
    contributions: dict[int, int]  # what comes back along each edge
    locals: dict[int, int]  # the local derivative of each edge
    leaves: list[int]  # the tensors that can be changed; a recording has none
    start: list[Packed]  # what these hold at first
    places: NotRequired[PlacesData]  # where everything is drawn; it is added last, like the following
    title: NotRequired[str]  # what stands above the page
    view: NotRequired[View]  # what it begins with: the graph, or neurons
    theme: NotRequired[Theme]  # light, dark, or as the reader's system has it
    story: NotRequired[list[StoryPartData]]  # texts that lead through the page
    begins: NotRequired[Literal["backward"]]  # the end of this phase is seen first, instead of the start
    backwardPass: NotRequired[BackwardPassData]  # which of several passes it is
    axisLabels: NotRequired[list[list[str]]]  # labels along axes, such as tokens, each list once
    beside: NotRequired[bool]  # whether it stands beside others in a page that leads all of them


class LiveData(NumbersData):
    """What a page knows of a network that it runs."""

    update: UpdateData
    steps: list[StepData]  # the steps of the network's Program, in order: they give its last values
    learningRate: float  # η at first
    remark: str  # a sentence about the update, or nothing
    batches: NotRequired[dict[int, BatchData]]  # what some leaves hold in turn, by their numbers
    masks: NotRequired[dict[int, float]]  # masks of dropout, and how probable their zeros are
    gallery: NotRequired[GalleryData]


class RecordingData(NumbersData):
    """What a page knows of a network that it can't run."""

    recorded: list[Recorded]  # the arrays, each once
    updated: dict[int, int]  # what an update made of parameters, in `recorded`
    reason: NotRequired[str]  # why the page can't run it, as a sentence
    stopped: NotRequired[str]  # the error that ended the program after the last operation


PageData = LiveData | RecordingData
"""The data of a page."""


class PassesData(TypedDict):
    """The data of a page of several backward passes."""

    title: str  # what stands above the page
    passes: list[PageData]  # in their order
    shared: list[list[tuple[int, int]]]  # leaves that several have: passes, and the leaf's number in each
