"""Bunny's token: every published vector, and what must be refused."""

import pytest

from shared.playback.tokens import TokenRejected, check_path, directory_prefix, sign

KEY = "SecurityKey"
EXPIRES = 1598024587


@pytest.mark.parametrize(
    ("path", "parameters", "ip", "token"),
    [
        ("/300kb.jpg", {}, None, "HS256-o10JRWlsAItyAsdKS6jJKjabHN4FrFsplDHPV1idcX4"),
        ("/300kb.jpg", {"token_countries": "CA,US"}, None, "HS256-i5s3Uv7mnrFfN5nznwU2BxhILpnipYeE18TapV0WNFM"),
        ("/300kb.jpg", {"limit": "1000"}, None, "HS256-DAVapqNNED3Z7JkjRTYX0UOIHNtbHEuuhRNEc4A7mMQ"),
        (
            "/300kb.jpg",
            {"token_ignore_params": "true", "v": "9"},
            None,
            "HS256-1lwWBD_c1IAGSj1UKPoxreu8ePDQ-Z9FoWLcRn_RRH0",
        ),
        ("/300kb.jpg", {}, "1.2.3.4", "HS256-1-L2rISTLcujMY9UFf2tbZ41d5i-Bme1g1oTK_Z2QMLJk"),
        (
            "/300kb.jpg",
            {},
            "2001:db8:85a3::8a2e:370:7334",
            "HS256-1-Z1BaGdhTZdU4iANcyKpurFR2VgCNdqC6hlBv5x_TyaI",
        ),
        ("/300kb.jpg", {"v": "123"}, None, "HS256-q6oRQr-5ccQ-piO1HSEQu1DVMy9UMppRxGlIQwoeM5Y"),
        ("/abc/300kb.jpg", {"token_path": "/abc"}, None, "HS256-uVZvT3SbEoVKYJyDJgbcsDmSFf73cv-uNUVaJiKWpbQ"),
        ("/abc/", {}, None, "HS256-bTMv4RVOkjx2UXLfVDl-JIygaxfSIQP8UCnCy7CILuY"),
        (
            "/videos/abc123/master.m3u8",
            {"token_path": "/videos/abc123/"},
            None,
            "HS256-B_7aAVZxrDeruZqfPeMyXCvkFq2okUQ6TOtOgh64yLg",
        ),
    ],
)
def test_published_vectors(path: str, parameters: dict[str, str], ip: str | None, token: str) -> None:
    assert sign(KEY, path, EXPIRES, parameters=parameters, ip=ip) == token


def test_a_directorys_token_opens_what_lies_below_it() -> None:
    prefix = directory_prefix(KEY, "/v/g/", EXPIRES)
    found = check_path(KEY, f"/{prefix}/v/g/v720/seg-00000.m4s", now=EXPIRES - 1)
    assert (found.object_path, found.expires) == ("/v/g/v720/seg-00000.m4s", EXPIRES)


@pytest.mark.parametrize(
    "path",
    [
        "/v/g/master.m3u8",
        "/{prefix}/v/other/master.m3u8",
        "/{prefix}/v/g",
        "/{prefix}",
        "/{prefix}/v/g/../../w/g/master.m3u8",
        "/{prefix}/v/g/%2e%2e/%2e%2e/w/g/master.m3u8",
        "/{prefix}0/v/g/master.m3u8",
        "/{widened}/v/other/master.m3u8",
        "/bcdn_token=&token_path=%2F&expires=99999999999/v/g/master.m3u8",
        "/bcdn_token=\u00fc&token_path=%2F&expires=1/v/g/master.m3u8",
        "/",
        "",
    ],
)
def test_anything_else_is_refused(path: str) -> None:
    prefix = directory_prefix(KEY, "/v/g/", EXPIRES)
    widened = prefix.replace("%2Fv%2Fg%2F", "%2Fv%2F")
    with pytest.raises(TokenRejected):
        check_path(KEY, path.format(prefix=prefix, widened=widened), now=EXPIRES - 1)


def test_an_expired_token_is_refused() -> None:
    prefix = directory_prefix(KEY, "/v/g/", EXPIRES)
    with pytest.raises(TokenRejected, match="expired"):
        check_path(KEY, f"/{prefix}/v/g/master.m3u8", now=EXPIRES + 1)


def test_another_keys_token_is_refused() -> None:
    prefix = directory_prefix("another key", "/v/g/", EXPIRES)
    with pytest.raises(TokenRejected):
        check_path(KEY, f"/{prefix}/v/g/master.m3u8", now=EXPIRES - 1)
