"""Values of a document together with where they stand, so that every fault can name its place."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from meterbook.rating import faults

Item = TypeVar("Item")
Result = TypeVar("Result")
Default = TypeVar("Default")


@dataclass(frozen=True)
class Node:
    """One plain value and its JSON path."""

    path: str
    value: Any

    def fault(self, reason: str) -> faults.TariffError:
        """The error that something is wrong with this value."""
        return faults.fail(self.path, reason)

    def items(self) -> tuple["Node", ...]:
        """The values of a list."""
        return tuple(Node(path=f"{self.path}[{place}]", value=item) for place, item in enumerate(self.value))

    def record(self) -> "Record":
        """A mapping, its values by name."""
        nodes = {name: Node(path=f"{self.path}.{name}", value=item) for name, item in self.value.items()}
        return Record(path=self.path, nodes=nodes)


@dataclass(frozen=True)
class Record:
    """Named values. They need not come from one place: a season may have replaced some of them."""

    path: str
    nodes: Mapping[str, Node]

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def __contains__(self, name: str) -> bool:
        return name in self.nodes

    def get(self, name: str) -> Node | None:
        """The value, or None when it is not there or null."""
        node = self.nodes.get(name)
        return None if node is None or node.value is None else node

    def value(self, name: str, default: Any = None) -> Any:
        """The plain value, or `default` when it is not there or null."""
        node = self.get(name)
        return default if node is None else node.value

    def read(self, name: str, reader: Callable[[Node], Result], default: Default) -> Result | Default:
        """What `reader` makes of the value, or `default` when it is not there or null."""
        node = self.get(name)
        return default if node is None else reader(node)

    def records(self, name: str) -> tuple["Record", ...]:
        """The mappings of a list, none when it is not there or null."""
        return self.read(name, lambda node: tuple(item.record() for item in node.items()), ())

    def entries(self, name: str) -> Mapping[str, Node]:
        """The values of a mapping by name, none when it is not there or null."""
        node = self.get(name)
        return {} if node is None else node.record().nodes

    def replaced(self, other: Mapping[str, Node]) -> "Record":
        """The same with the values of `other` in place of its own."""
        return Record(path=self.path, nodes={**self.nodes, **other})

    def without(self, names: Iterable[str]) -> "Record":
        """The same without `names`."""
        left_out = set(names)
        return Record(
            path=self.path, nodes={name: node for name, node in self.nodes.items() if name not in left_out}
        )

    def fault(self, reason: str) -> faults.TariffError:
        """The error that something is wrong with the mapping as a whole."""
        return faults.fail(self.path, reason)


def each(reader: Callable[[Item], Result], items: Iterable[Item]) -> tuple[Result, ...]:
    """What `reader` makes of every item; where it raises TariffError, one error with the faults of all."""
    results: list[Result] = []
    found: list[faults.Fault] = []
    for item in items:
        try:
            results.append(reader(item))
        except faults.TariffError as error:
            found.extend(error.faults)
    if found:
        raise faults.TariffError(tuple(dict.fromkeys(found)))
    return tuple(results)
