from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.poster_kind import PosterKind

if TYPE_CHECKING:
    from ..models.poster_candidate import PosterCandidate


T = TypeVar("T", bound="PosterOut")


@_attrs_define
class PosterOut:
    """The poster of a video."""

    choice: PosterKind
    """ Where a video's poster comes from. ``automatic``: its thumbnail link, or the encode's own choice. """
    candidate: int | None
    """ the number of the chosen one """
    url: None | str
    """ works as it is, token included; null where there is no picture yet """
    candidates: list[PosterCandidate]
    """ empty until an encode is published """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        choice = self.choice.value

        candidate: int | None
        candidate = self.candidate

        url: None | str
        url = self.url

        candidates = []
        for candidates_item_data in self.candidates:
            candidates_item = candidates_item_data.to_dict()
            candidates.append(candidates_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "choice": choice,
                "candidate": candidate,
                "url": url,
                "candidates": candidates,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.poster_candidate import PosterCandidate  # noqa: PLC0415

        d = dict(src_dict)
        choice = PosterKind(d.pop("choice"))

        def _parse_candidate(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        candidate = _parse_candidate(d.pop("candidate"))

        def _parse_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        url = _parse_url(d.pop("url"))

        candidates = []
        _candidates = d.pop("candidates")
        for candidates_item_data in _candidates:
            candidates_item = PosterCandidate.from_dict(candidates_item_data)

            candidates.append(candidates_item)

        poster_out = cls(
            choice=choice,
            candidate=candidate,
            url=url,
            candidates=candidates,
        )

        poster_out.additional_properties = d
        return poster_out

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
