"""Modules: parts of a network that hold parameters and other modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar
from weakref import ref

from ..graph.arrays import is_float, namespace
from ..graph.edge import Edge
from ..graph.hooks import HookHandle
from ..graph.modes import Scope, thread
from ..graph.traits import CompositeTraits
from ..ops.creation import dtype_of
from ..tensor import Tensor
from ..tensor.convert import destination
from ..tensor.core import clear_gradient
from ._support import CallHooks, describe_kind, module_text, suggestions
from .parameter import Buffer, Parameter
from .state import State

M = TypeVar("M", bound="Module")

_PLAIN = (Edge, bool, int, float, str, tuple, list, dict, type(None), type)
"""Types of attributes that need no registration."""


class Module(State):
    """A part of a network: it holds parameters, buffers and other modules, and computes in `forward`.

    Parameters, modules and buffers assigned to attributes are registered under the attribute's name::

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.hidden = nn.Linear(784, 128)
                self.out = nn.Linear(128, 10)

            def forward(self, x):
                return self.out(self.hidden(x).relu())

    Attributes
    ----------
    training: bool
        Whether layers that behave differently in training, such as dropout, are to do so.
    """

    training: bool
    _roles: dict[str, str]
    """The role of each registered attribute: "parameter", "buffer" or "module". The values are plain attributes."""
    _transient: frozenset[str] = frozenset()
    """The buffers that `state_dict` leaves out."""
    _scope_name = ""
    """The name in the module that this one was last registered with."""
    _hooks: CallHooks | None = None
    _traits = CompositeTraits()

    def __init__(self) -> None:
        self.__dict__["_roles"] = {}
        self.__dict__["training"] = True

    # Calling -----------------------------------------------------------------------------------------------------

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Computes the module's output. Every module defines its own."""
        raise NotImplementedError(f"{type(self).__name__} defines no forward(self, ...), so it can't be called")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Runs `forward`, and its hooks, so that what is recorded knows that it happened in this module."""
        modes = thread.modes
        outer = modes.scope
        modes.scope = scope = Scope(self._scope_name, type(self).__name__, outer, ref(self))
        try:
            if self._hooks is None:
                return self.forward(*inputs, **options)
            return self._hooks.call(self, inputs, options)
        except Exception as error:
            _note_place(error, scope)
            raise
        finally:
            modes.scope = outer

    def register_forward_pre_hook(self, hook: Callable[..., Any], *, with_kwargs: bool = False) -> HookHandle:
        """Calls ``hook(module, inputs)`` before each forward; what it returns, if not None, becomes the inputs.

        With `with_kwargs` it is called with the keyword arguments too, and returns both.
        """
        return self._call_hooks().add(hook, True, with_kwargs)

    def register_forward_hook(self, hook: Callable[..., Any], *, with_kwargs: bool = False) -> HookHandle:
        """Calls ``hook(module, inputs, output)`` after each forward; what it returns, if not None, replaces the output.

        With `with_kwargs` it is called as ``hook(module, inputs, keywords, output)``.
        """
        return self._call_hooks().add(hook, False, with_kwargs)

    def _part_symbols(self) -> Mapping[str, str]:
        """Returns what formulas call the parts of parameters, by the parameters' names."""
        return self._traits.part_symbols

    def _call_hooks(self) -> CallHooks:
        if self._hooks is None:
            self.__dict__["_hooks"] = CallHooks()
        return self._hooks  # type: ignore[return-value]

    # Registering -------------------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        role = "parameter" if isinstance(value, Parameter) else "module" if isinstance(value, Module) else None
        roles = self.__dict__.get("_roles")
        if roles is None:
            if role is not None:
                raise AttributeError(
                    f"{type(self).__name__}.{name} is set before {type(self).__name__} is ready: "
                    f"call super().__init__() first in its __init__"
                )
        elif role is not None:
            self._register(name, value, role)
            return
        elif isinstance(value, Buffer):
            self.__dict__.pop(name, None)
            self.register_buffer(name, value, value.persistent)
            return
        elif name in roles:
            self._reassign(name, value, roles[name])
            return
        elif not isinstance(value, _PLAIN):
            self._check_foreign(name, value)
        object.__setattr__(self, name, value)

    def _register(self, name: Any, value: Any, role: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a {role} must be a string, not {name!r}")
        if not name:
            raise KeyError(f"the name of a {role} can't be empty: it needs at least one character")
        if "." in name:
            raise KeyError(f"{name!r} can't be the name of a {role}: dots separate the names of modules")
        if value is self:
            raise ValueError(f"{type(self).__name__}.{name}: a module can't be a part of itself")
        if self._roles.get(name) != role:
            self._roles.pop(name, None)
            self._roles[name] = role
        self.__dict__[name] = value
        if isinstance(value, Module):
            value._rename(name)
        elif isinstance(value, Parameter) and value.name is None:
            value.name = name

    def _check_foreign(self, name: str, value: Any) -> None:
        """Raises TypeError for a layer or a parameter of another library, which would be left out of all parameters."""
        kind = type(value)
        learns = callable(getattr(kind, "parameters", None)) or (
            kind.__name__ == "Parameter" and hasattr(kind, "requires_grad")
        )
        if learns and not isinstance(value, type):
            raise TypeError(
                f"{type(self).__name__}.{name}: {describe_kind(value)} is no part of an edgewise Module, so its "
                "parameters would be missing: make it with edgewise.nn. To hold it all the same, put it into a tuple"
            )

    def _reassign(self, name: str, value: Any, role: str) -> None:
        if value is not None and not (role == "buffer" and isinstance(value, Edge)):
            wanted = {"parameter": "an nn.Parameter", "module": "an nn.Module", "buffer": "a tensor"}[role]
            remedy = {
                "parameter": f"To change its values: with ew.no_grad(): module.{name}.copy_(values)",
                "module": "To put something else there, delete the attribute first",
                "buffer": "To put something else there, delete the attribute first",
            }[role]
            raise TypeError(
                f"{type(self).__name__}.{name} is a registered {role}: it can be set to {wanted} or None, "
                f"not to a {type(value).__name__}. {remedy}"
            )
        self.__dict__[name] = value

    def _rename(self, name: str) -> None:
        """Takes the name under which it was registered; modules that only hold others pass it on."""
        self.__dict__["_scope_name"] = name

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter; None keeps the name's place for one that this module lacks, such as a bias."""
        self._check_free(name, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"{type(self).__name__}.{name}: a parameter is an nn.Parameter or None, not a {type(param).__name__}"
            )
        self._register(name, param, "parameter")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that belongs to the module but isn't learned, such as a running mean.

        A buffer that isn't `persistent` is left out of `state_dict`.
        """
        self._check_free(name, "buffer")
        if tensor is not None and not isinstance(tensor, Edge):
            raise TypeError(f"{type(self).__name__}.{name}: a buffer is a tensor or None, not {tensor!r}")
        self._register(name, tensor, "buffer")
        names = self._transient - {name} if persistent else self._transient | {name}
        self.__dict__["_transient"] = names

    def register_module(self, name: str, module: Module | None) -> None:
        """Adds a module under a name."""
        self._check_free(name, "module")
        if module is not None and not isinstance(module, Module):
            raise TypeError(
                f"{type(self).__name__}.{name}: a part of a module is an nn.Module, not {describe_kind(module)}"
            )
        self._register(name, module, "module")

    add_module = register_module

    def _check_free(self, name: str, role: str) -> None:
        if "_roles" not in self.__dict__:
            raise AttributeError(f"can't register the {role} {name!r}: call super().__init__() first")
        if self._roles.get(name) != role and hasattr(type(self), name):
            raise KeyError(f"{type(self).__name__} already has an attribute {name!r}, so no {role} can have that name")
        if name in self.__dict__ and self._roles.get(name) != role:
            raise KeyError(f"{type(self).__name__} already has an attribute {name!r}, so no {role} can have that name")

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._roles.pop(name, None)
        if name in self._transient:
            self.__dict__["_transient"] = self._transient - {name}

    def __getattr__(self, name: str) -> Any:
        kind = type(self).__name__
        message = f"{kind} has no attribute {name!r}"
        if "_roles" not in self.__dict__:
            message += f" (yet: call super().__init__() first in {kind}.__init__)"
        else:
            near = suggestions(name, [known for known in dir(self) if known[:1] != "_"], 3)
            if near:
                message += f"; did you mean {' or '.join(repr(known) for known in near)}?"
        raise AttributeError(message, name=name, obj=self)

    def __dir__(self) -> list[str]:
        return sorted(name for name in object.__dir__(self) if name.isidentifier())

    # Looking through ---------------------------------------------------------------------------------------------

    def _own(self, role: str) -> list[tuple[str, Any]]:
        """Returns this module's own parameters, buffers or modules, without those that are None."""
        values = self.__dict__
        return [(name, values[name]) for name, is_ in self._roles.items() if is_ == role and values[name] is not None]

    def _named_members(self, role: str, prefix: str, recurse: bool, unique: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = self.named_modules(prefix, unique) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in module._own(role):
                if unique:
                    if id(value) in seen:
                        continue
                    seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Returns the parameters with their dotted names; one that is shared comes once, under its first name."""
        return self._named_members("parameter", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Returns the parameters, each once: what to give to an optimiser."""
        return (value for _, value in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Returns the buffers with their dotted names."""
        return self._named_members("buffer", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Returns the buffers, each once."""
        return (value for _, value in self.named_buffers(recurse=recurse))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yields the modules directly in this one with their names, each once."""
        seen: set[int] = set()
        for name, module in self._own("module"):
            if id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Module]:
        """Returns the modules directly in this one, each once."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """Yields this module and all modules in it with their dotted names, each before its parts."""
        seen: set[int] = set()
        waiting: list[tuple[str, Module]] = [(prefix, self)]
        while waiting:
            path, module = waiting.pop()
            if remove_duplicate:
                if id(module) in seen:
                    continue
                seen.add(id(module))
            yield path, module
            for name, part in reversed(module._own("module")):
                waiting.append((f"{path}.{name}" if path else name, part))

    def modules(self) -> Iterator[Module]:
        """Yields this module and all modules in it, each once."""
        return (module for _, module in self.named_modules())

    def get_submodule(self, target: str) -> Module:
        """Returns the module at a dotted path, such as ``"encoder.0"``. Raises AttributeError if there is none."""
        module: Module = self
        for position, name in enumerate(target.split(".") if target else []):
            if module._roles.get(name) != "module":
                reached = ".".join(target.split(".")[:position]) or type(self).__name__
                names = [known for known, _ in module._own("module")]
                raise AttributeError(
                    f"{type(self).__name__} has no module {target!r}: {reached} has "
                    + (f"the modules {', '.join(names)}" if names else "no modules in it")
                )
            module = module.__dict__[name]
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Returns the parameter at a dotted path, such as ``"fc.weight"``. Raises AttributeError if there is none."""
        return self._find(target, "parameter")  # type: ignore[no-any-return]

    def get_buffer(self, target: str) -> Tensor:
        """Returns the buffer at a dotted path. Raises AttributeError if there is none."""
        return self._find(target, "buffer")  # type: ignore[no-any-return]

    def _find(self, target: str, role: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if module._roles.get(name) != role:
            near = suggestions(target, [known for known, _ in self._named_members(role, "", True, True)], 1)
            raise AttributeError(
                f"{type(self).__name__} has no {role} {target!r}" + (f"; did you mean {near[0]!r}?" if near else "")
            )
        return module.__dict__[name]

    # Changing all parts ------------------------------------------------------------------------------------------

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Calls `fn` with every module in this one, parts first, then with this one; returns it."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Puts this module and all in it into training mode, or with False into evaluation mode; returns it."""
        if not isinstance(mode, bool):
            raise TypeError(f"train() takes True or False, not {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Puts this module and all in it into evaluation mode; returns it."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Sets whether the parameters require gradients, to freeze a module or to train it; returns it."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clears the parameters' gradients: to None, or else to zeros."""
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                clear_gradient(parameter)

    def to(self: M, *where: Any, dtype: Any = None, device: Any = None) -> M:
        """Casts the floating-point parameters and buffers to a dtype, in place; returns the module.

        Takes ``module.to(dtype)``, and for PyTorch's sake the device "cpu", where everything is.
        """
        dtype = destination(where, dtype, device)
        if dtype is None:
            return self
        for tensor in [*self.parameters(), *self.buffers()]:
            if is_float(tensor.array):
                xp = namespace(tensor.array)
                wanted = dtype_of(xp, dtype)
                if tensor.array.dtype != wanted:
                    tensor.data = xp.astype(tensor.array, wanted)
                    if tensor.grad is not None:
                        tensor.grad = tensor.grad.detach().to(dtype)
        return self

    def float(self: M) -> M:
        """Casts the floating-point parameters and buffers to float32, in place; returns the module."""
        return self.to("float32")

    def double(self: M) -> M:
        """Casts the floating-point parameters and buffers to float64, in place; returns the module."""
        return self.to("float64")

    def half(self: M) -> M:
        """Casts the floating-point parameters and buffers to float16, in place; returns the module."""
        return self.to("float16")

    # As text -----------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Returns the text between the brackets after the module's name; layers return their settings."""
        return ""

    def __repr__(self) -> str:
        return module_text(type(self).__name__, self.extra_repr(), self._parts_text())

    def _parts_text(self) -> Iterable[tuple[str, str]]:
        return [(name, repr(part)) for name, part in self._own("module")]


def _note_place(error: Exception, scope: Scope) -> None:
    """Adds to an error which module it happened in; the innermost module says it, the outer ones leave it."""
    if getattr(error, "_in_module", False):
        return
    outermost = scope
    while outermost.parent is not None:
        outermost = outermost.parent
    place = f"in {scope.path} ({scope.kind})" if scope.path else f"in {scope.kind}"
    if outermost is not scope and not outermost.name:
        place += f" of {outermost.kind}"
    try:
        error._in_module = True  # type: ignore[attr-defined]
    except AttributeError:
        return
    error.add_note(place)
