"""Reads the part of YAML that our compose file is written in: block maps and lists, one-line flow lists of quoted
words or aliases, plain and quoted scalars, anchors, aliases and merge keys. Anything else is an error."""

import json
import re
from typing import Any

_KEY = re.compile(r"(?P<key>[\w.<-]+):(?: +(?P<value>.+))?$")
_ANCHOR = re.compile(r"&(?P<name>[\w-]+)(?: +(?P<rest>.+))?$")
Lines = list[tuple[int, str]]


def load(text: str) -> Any:
    lines = [
        (len(line) - len(line.lstrip(" ")), line.strip())
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    anchors: dict[str, Any] = {}
    value = _block(lines, anchors)
    assert not lines, f"not understood: {lines[0]}"
    return value


def _block(lines: Lines, anchors: dict[str, Any]) -> Any:
    indent, first = lines[0]
    if first.startswith("- "):
        items = []
        while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
            items.append(_scalar(lines.pop(0)[1][2:].strip(), anchors))
        return items
    mapping: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    while lines and lines[0][0] == indent:
        match = _KEY.fullmatch(lines.pop(0)[1])
        assert match, "a key was expected"
        key, text = match["key"], match["value"] or ""
        anchor = _ANCHOR.fullmatch(text)
        text = (anchor["rest"] or "") if anchor else text
        nested = not text and lines and lines[0][0] > indent
        value = _block(lines, anchors) if nested else _scalar(text, anchors)
        if anchor:
            anchors[anchor["name"]] = value
        if key == "<<":
            for part in value if isinstance(value, list) else [value]:
                merged = {**part, **merged}
        else:
            assert key not in mapping, f"{key} twice"
            mapping[key] = value
    assert not lines or lines[0][0] < indent, f"indentation of {lines[0]}"
    return {**merged, **mapping}


def _scalar(text: str, anchors: dict[str, Any]) -> Any:
    if not text:
        return None
    if text.startswith("*"):
        return anchors[text[1:]]
    if text.startswith("[*"):
        return [anchors[name.strip()[1:]] for name in text[1:-1].split(",")]
    if text[0] in '["':
        return json.loads(text)
    beyond = text[0] in "{'|>!%@`&" or ": " in text or " #" in text
    assert not beyond, f"not in the subset: {text}"
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)
