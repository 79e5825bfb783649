from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="PosterInput")


@_attrs_define
class PosterInput:
    """One of the encode's candidates."""

    candidate: int

    def to_dict(self) -> dict[str, Any]:
        candidate = self.candidate

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "candidate": candidate,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        candidate = d.pop("candidate")

        poster_input = cls(
            candidate=candidate,
        )

        return poster_input
