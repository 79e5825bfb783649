"""What a write changes, as the action log shows it: what differs and nothing else, named and written as in the API."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.alias_generators import to_camel
from pydantic_core import to_jsonable_python

Shown = dict[str, Any]
Difference = tuple[Shown, Shown]
"""What was and what is, of the same fields."""

_NO_ALIASES: Mapping[str, str] = {}


def shown(row: object, names: Iterable[str], *, aliases: Mapping[str, str] = _NO_ALIASES) -> Shown:
    """Attributes of a row. ``aliases``: names in the API that are not just the attribute's in camelCase."""
    return {_name(name, aliases): to_jsonable_python(getattr(row, name)) for name in names}


def difference(row: object, values: Mapping[str, Any], *, aliases: Mapping[str, str] = _NO_ALIASES) -> Difference:
    """What attributes of a row are, and what they will be with these values, where it is not the same."""
    others = _others(row, values)
    after = {_name(name, aliases): to_jsonable_python(value) for name, value in others.items()}
    return shown(row, others, aliases=aliases), after


def change(row: object, values: Mapping[str, Any], *, aliases: Mapping[str, str] = _NO_ALIASES) -> Difference:
    """Set the attributes of a row that differ; answers their :func:`difference`."""
    others = _others(row, values)
    found = difference(row, others, aliases=aliases)
    for name, value in others.items():
        setattr(row, name, value)
    return found


def _name(name: str, aliases: Mapping[str, str]) -> str:
    return aliases.get(name) or to_camel(name)


def _others(row: object, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if _written(getattr(row, name)) != _written(value)}


def _written(value: Any) -> str:
    # Not compared as values: to Python 1, 1.0 and true are the same, also within lists and maps.
    return json.dumps(to_jsonable_python(value), sort_keys=True)
