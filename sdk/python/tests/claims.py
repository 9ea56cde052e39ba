"""Prints what the client says of answers, as JSON Schema by method: the server's tests hold it to what is answered."""

import collections.abc
import json
import sys
import typing
from pathlib import Path
from typing import Any, Dict

sys.path.insert(0, str(Path(__file__).parent.parent))

from signalbox import _client  # noqa: E402

WORDS = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
PARTS = ("Pipelines", "Runs", "Tasks", "Agents", "Queues")


def schema_of(hint: Any) -> Dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return {}
    if hint is bytes:
        return {"type": "bytes"}
    if hint in WORDS:
        return {"type": WORDS[hint]}
    if origin is typing.Union:
        return {"anyOf": [schema_of(one) for one in arguments]}
    if origin in (list, collections.abc.Iterator):
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        return {"type": "object"}
    if isinstance(hint, type) and issubclass(hint, dict):
        fields = typing.get_type_hints(hint)
        return {
            "type": "object",
            "properties": {name: schema_of(field) for name, field in fields.items()},
            "required": sorted(getattr(hint, "__required_keys__")),
        }
    raise TypeError(f"there is no schema for {hint!r}")


def main() -> None:
    said = {}
    for part in PARTS:
        for name, method in vars(getattr(_client, part)).items():
            if not name.startswith("_") and callable(method):
                said[f"{part.lower()}.{name}"] = schema_of(typing.get_type_hints(method)["return"])
    print(json.dumps(said))


main()
