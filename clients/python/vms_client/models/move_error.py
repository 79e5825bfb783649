from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="MoveError")


@_attrs_define
class MoveError:
    """Why a step failed. ``permanent``: trying again cannot help."""

    code: str
    message: str | Unset = ""
    permanent: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        message = self.message

        permanent = self.permanent

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
            }
        )
        if message is not UNSET:
            field_dict["message"] = message
        if permanent is not UNSET:
            field_dict["permanent"] = permanent

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        code = d.pop("code")

        message = d.pop("message", UNSET)

        permanent = d.pop("permanent", UNSET)

        move_error = cls(
            code=code,
            message=message,
            permanent=permanent,
        )

        return move_error
