from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.provider import Provider
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.caption import Caption


T = TypeVar("T", bound="Playback")


@_attrs_define
class Playback:
    """The answer of ``GET /api/videos/{id}/playback``. URLs work as they are, token included."""

    provider: Provider
    """ Who serves the picture. """
    player_url: str
    hls_url: None | str | Unset = UNSET
    embed_url: None | str | Unset = UNSET
    poster_url: None | str | Unset = UNSET
    sprites_vtt_url: None | str | Unset = UNSET
    download_url: None | str | Unset = UNSET
    """ one MP4 to keep, where the encode was asked to make one """
    download_bytes: int | None | Unset = UNSET
    captions: list[Caption] | Unset = UNSET
    duration_seconds: float | None | Unset = UNSET
    encoding: bool | Unset = False
    """ whether an encode is under way, the first one or another """
    encoding_progress: int | None | Unset = UNSET
    """ of that encode, in percent; null when there is none """
    playable_seconds: float | None | Unset = UNSET
    """ how far the stream reaches that is watched while it is made; null for any other """
    expires_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        provider = self.provider.value

        player_url = self.player_url

        hls_url: None | str | Unset
        if isinstance(self.hls_url, Unset):
            hls_url = UNSET
        else:
            hls_url = self.hls_url

        embed_url: None | str | Unset
        if isinstance(self.embed_url, Unset):
            embed_url = UNSET
        else:
            embed_url = self.embed_url

        poster_url: None | str | Unset
        if isinstance(self.poster_url, Unset):
            poster_url = UNSET
        else:
            poster_url = self.poster_url

        sprites_vtt_url: None | str | Unset
        if isinstance(self.sprites_vtt_url, Unset):
            sprites_vtt_url = UNSET
        else:
            sprites_vtt_url = self.sprites_vtt_url

        download_url: None | str | Unset
        if isinstance(self.download_url, Unset):
            download_url = UNSET
        else:
            download_url = self.download_url

        download_bytes: int | None | Unset
        if isinstance(self.download_bytes, Unset):
            download_bytes = UNSET
        else:
            download_bytes = self.download_bytes

        captions: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.captions, Unset):
            captions = []
            for captions_item_data in self.captions:
                captions_item = captions_item_data.to_dict()
                captions.append(captions_item)

        duration_seconds: float | None | Unset
        if isinstance(self.duration_seconds, Unset):
            duration_seconds = UNSET
        else:
            duration_seconds = self.duration_seconds

        encoding = self.encoding

        encoding_progress: int | None | Unset
        if isinstance(self.encoding_progress, Unset):
            encoding_progress = UNSET
        else:
            encoding_progress = self.encoding_progress

        playable_seconds: float | None | Unset
        if isinstance(self.playable_seconds, Unset):
            playable_seconds = UNSET
        else:
            playable_seconds = self.playable_seconds

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        elif isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "provider": provider,
                "playerUrl": player_url,
            }
        )
        if hls_url is not UNSET:
            field_dict["hlsUrl"] = hls_url
        if embed_url is not UNSET:
            field_dict["embedUrl"] = embed_url
        if poster_url is not UNSET:
            field_dict["posterUrl"] = poster_url
        if sprites_vtt_url is not UNSET:
            field_dict["spritesVttUrl"] = sprites_vtt_url
        if download_url is not UNSET:
            field_dict["downloadUrl"] = download_url
        if download_bytes is not UNSET:
            field_dict["downloadBytes"] = download_bytes
        if captions is not UNSET:
            field_dict["captions"] = captions
        if duration_seconds is not UNSET:
            field_dict["durationSeconds"] = duration_seconds
        if encoding is not UNSET:
            field_dict["encoding"] = encoding
        if encoding_progress is not UNSET:
            field_dict["encodingProgress"] = encoding_progress
        if playable_seconds is not UNSET:
            field_dict["playableSeconds"] = playable_seconds
        if expires_at is not UNSET:
            field_dict["expiresAt"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.caption import Caption  # noqa: PLC0415

        d = dict(src_dict)
        provider = Provider(d.pop("provider"))

        player_url = d.pop("playerUrl")

        def _parse_hls_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        hls_url = _parse_hls_url(d.pop("hlsUrl", UNSET))

        def _parse_embed_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        embed_url = _parse_embed_url(d.pop("embedUrl", UNSET))

        def _parse_poster_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        poster_url = _parse_poster_url(d.pop("posterUrl", UNSET))

        def _parse_sprites_vtt_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sprites_vtt_url = _parse_sprites_vtt_url(d.pop("spritesVttUrl", UNSET))

        def _parse_download_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        download_url = _parse_download_url(d.pop("downloadUrl", UNSET))

        def _parse_download_bytes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        download_bytes = _parse_download_bytes(d.pop("downloadBytes", UNSET))

        _captions = d.pop("captions", UNSET)
        captions: list[Caption] | Unset = UNSET
        if _captions is not UNSET:
            captions = []
            for captions_item_data in _captions:
                captions_item = Caption.from_dict(captions_item_data)

                captions.append(captions_item)

        def _parse_duration_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        duration_seconds = _parse_duration_seconds(d.pop("durationSeconds", UNSET))

        encoding = d.pop("encoding", UNSET)

        def _parse_encoding_progress(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        encoding_progress = _parse_encoding_progress(d.pop("encodingProgress", UNSET))

        def _parse_playable_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        playable_seconds = _parse_playable_seconds(d.pop("playableSeconds", UNSET))

        def _parse_expires_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        expires_at = _parse_expires_at(d.pop("expiresAt", UNSET))

        playback = cls(
            provider=provider,
            player_url=player_url,
            hls_url=hls_url,
            embed_url=embed_url,
            poster_url=poster_url,
            sprites_vtt_url=sprites_vtt_url,
            download_url=download_url,
            download_bytes=download_bytes,
            captions=captions,
            duration_seconds=duration_seconds,
            encoding=encoding,
            encoding_progress=encoding_progress,
            playable_seconds=playable_seconds,
            expires_at=expires_at,
        )

        playback.additional_properties = d
        return playback

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
