"""Which names of the standard library a file uses, and which of them the oldest Python that is promised has not."""

from __future__ import annotations

import ast
import builtins
from typing import Dict, Iterator, List, Tuple

OLDEST = (3, 9)

#: What is used of the standard library, as it is there in 3.9. Look a new name up in the documents before it joins.
HAD: Dict[str, str] = {
    "asyncio": "ensure_future get_running_loop run",
    "builtins": "BaseException ConnectionError ConnectionRefusedError Exception OSError RecursionError RuntimeError"
    " TimeoutError TypeError ValueError any bool bytes dict float format frozenset int isinstance len list max min print"
    " property range repr set sorted staticmethod str super type zip",
    "datetime": "datetime timezone",
    "email.utils": "parsedate_to_datetime",
    "http.client": "HTTPConnection HTTPException HTTPResponse HTTPSConnection RemoteDisconnected",
    "inspect": "iscoroutinefunction",
    "json": "dumps loads",
    "os": "_exit environ",
    "random": "random",
    "signal": "SIGINT SIGTERM signal",
    "socket": "SHUT_RDWR gaierror gethostname timeout",
    "ssl": "create_default_context",
    "sys": "stderr",
    "threading": "Condition Event Lock Thread current_thread main_thread",
    "time": "monotonic sleep time",
    "traceback": "format_exception",
    "typing": "Any Callable Dict Iterator List Mapping NamedTuple Optional Sequence Set Tuple TypeVar TypedDict Union",
    "urllib.parse": "quote urlencode urlsplit",
    "uuid": "uuid4",
}

#: Younger than what they belong to: methods by their name, arguments by that of the function.
YOUNG_METHODS = {"bit_count", "add_note"}
YOUNG_ARGUMENTS = {"zip": {"strict"}, "dataclass": {"slots", "kw_only"}}


def too_young(text: str) -> List[str]:
    """What is used there and not known to be in the oldest Python; raises SyntaxError for what it cannot read."""
    tree = ast.parse(text, feature_version=OLDEST)
    names = {f"{module}.{name}" for module, name in _names(tree) if name not in HAD.get(module, "").split()}
    return sorted(names.union(_young_parts(tree)))


def _names(tree: ast.Module) -> Iterator[Tuple[str, str]]:
    modules: Dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update({name.asname or name.name: name.name for name in node.names})
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module not in ("__future__", "signalbox"):
            yield from ((str(node.module), name.name) for name in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules:
            yield modules[ast.unparse(node.value)], node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and hasattr(builtins, node.id):
            yield "builtins", node.id


def _young_parts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in YOUNG_METHODS:
            yield f".{node.attr}"
        elif isinstance(node, ast.Call):
            function = ast.unparse(node.func).rpartition(".")[2]
            arguments = {str(keyword.arg) for keyword in node.keywords}
            yield from (f"{function}({name}=)" for name in arguments & YOUNG_ARGUMENTS.get(function, set()))
            # With the error alone since 3.10.
            if function in ("format_exception", "print_exception") and len(node.args) < 3:
                yield f"{function} with fewer than three arguments"
