from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.role import Role
from ..types import UNSET, Unset

T = TypeVar("T", bound="UserPatch")


@_attrs_define
class UserPatch:
    """What to change; what is left out stays."""

    role: Role | Unset = UNSET
    """ What a caller may do; each includes the ones before it. """
    password: str | Unset = UNSET
    """ a new one; ends every session of the user """
    disabled: bool | Unset = UNSET
    """ true: signs in no more, and every session ends """

    def to_dict(self) -> dict[str, Any]:
        role: str | Unset = UNSET
        if not isinstance(self.role, Unset):
            role = self.role.value

        password = self.password

        disabled = self.disabled

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if role is not UNSET:
            field_dict["role"] = role
        if password is not UNSET:
            field_dict["password"] = password
        if disabled is not UNSET:
            field_dict["disabled"] = disabled

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _role = d.pop("role", UNSET)
        role: Role | Unset
        if isinstance(_role, Unset):
            role = UNSET
        else:
            role = Role(_role)

        password = d.pop("password", UNSET)

        disabled = d.pop("disabled", UNSET)

        user_patch = cls(
            role=role,
            password=password,
            disabled=disabled,
        )

        return user_patch
