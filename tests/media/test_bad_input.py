"""Hostile and broken files: each ends with a clear permanent error, and nothing else on the network is touched."""

import http.server
import struct
import threading
import zlib

import av
import pytest

from tests.media import playback
from tests.media.making import AAC, SINE, X264, encode_clip, make, picture
from worker.media.errors import PERMANENT, MediaCode, MediaError, classify_log
from worker.media.probe import Limits, probe

PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:%d/canary.ts\n#EXT-X-ENDLIST\n"
DASH = b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>file:///etc/passwd</BaseURL></MPD>'


async def refused(url, *, limits=None) -> MediaError:
    with pytest.raises(MediaError) as caught:
        await probe(str(url), limits=limits)
    return caught.value


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", MediaCode.MEDIA_EMPTY),
        (b"just some text, renamed to look like a film\n" * 50, MediaCode.MEDIA_UNSUPPORTED_CONTAINER),
        (PLAYLIST % 1, MediaCode.MEDIA_UNSUPPORTED_CONTAINER),
        (DASH, MediaCode.MEDIA_UNSUPPORTED_CONTAINER),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", MediaCode.MEDIA_UNSUPPORTED_CONTAINER),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", MediaCode.MEDIA_UNSUPPORTED_CONTAINER),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(100), MediaCode.MEDIA_UNSUPPORTED_CONTAINER),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(9000), MediaCode.FFMPEG_INVALID_INPUT),
        (b"\x1a\x45\xdf\xa3" + bytes(9000), MediaCode.FFMPEG_INVALID_INPUT),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42\0\x10\0\0mdat" + bytes(9000), MediaCode.MEDIA_TRUNCATED),
    ],
    ids=["empty", "text", "hls", "dash", "ffconcat", "svg", "avif", "hollow mp4", "hollow mkv", "lost index"],
)
async def test_what_is_no_film(tmp_path, body, code):
    path = tmp_path / "film.mp4"
    path.write_bytes(body)
    error = await refused(path)
    assert (error.code, error.permanent) == (code, True)
    assert str(tmp_path) not in error.message


@pytest.mark.parametrize("name", ["picture.png", "picture.jpg"])
async def test_a_picture_is_no_film(tmp_path, name):
    path = make(tmp_path / name, *picture("64x64"), "-frames:v", "1", "-update", "1")
    assert (await refused(path)).code == MediaCode.MEDIA_UNSUPPORTED_CONTAINER


async def test_sound_alone_is_no_film(tmp_path):
    assert (await refused(make(tmp_path / "song.mp4", *SINE, *AAC, "-t", "1"))).code == MediaCode.MEDIA_NO_VIDEO


async def test_absent_files(tmp_path):
    assert (await refused(tmp_path / "none.mp4")).code == MediaCode.FILE_NOT_FOUND
    with playback.served(tmp_path) as base:
        assert (await refused(f"{base}/none.mp4")).code == MediaCode.FILE_NOT_FOUND
    gone = await refused(f"{base}/none.mp4")
    assert (gone.code, gone.permanent) == (MediaCode.FFMPEG_DOWNLOAD_FAILED, False)


@pytest.mark.parametrize("flags", [(), ("-movflags", "+faststart")], ids=["index last", "index first"])
async def test_a_file_that_breaks_off(tmp_path, flags):
    whole = make(tmp_path / "whole.mp4", *picture(), *X264, "-frames:v", "50", *flags).read_bytes()
    path = tmp_path / "film.mp4"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert (await refused(path)).code == MediaCode.MEDIA_TRUNCATED


async def test_a_matroska_file_that_breaks_off(tmp_path):
    whole = make(tmp_path / "whole.mkv", *picture(), *X264, "-frames:v", "50").read_bytes()
    path = tmp_path / "film.mkv"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert (await refused(path)).code == MediaCode.MEDIA_TRUNCATED


async def test_a_film_whose_middle_is_lost_is_found_out_after_the_encode(tmp_path, out):
    """The container is whole, but from the middle on nothing decodes."""
    path = make(tmp_path / "film.mp4", *picture(), *X264, "-g", "25", "-frames:v", "250", "-movflags", "+faststart")
    body = bytearray(path.read_bytes())
    body[len(body) * 2 // 5 :] = bytes(len(body) - len(body) * 2 // 5)
    path.write_bytes(body)
    with pytest.raises(MediaError) as caught:
        await encode_clip(path, out)
    assert (caught.value.code, caught.value.permanent) == (MediaCode.MEDIA_TRUNCATED, True)


async def test_sound_of_which_most_cannot_be_decoded(tmp_path, out):
    path = make(tmp_path / "film.mp4", *picture(), *SINE, *X264, *AAC, "-t", "4")
    body = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        for packet in container.demux(audio=0):
            if packet.size and packet.pts * packet.time_base > 0.5:
                body[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    path.write_bytes(body)
    with pytest.raises(MediaError) as caught:
        await encode_clip(path, out)
    assert (caught.value.code, caught.value.permanent) == (MediaCode.FFMPEG_INVALID_INPUT, True)


async def test_frames_that_are_too_large(tmp_path):
    path = make(tmp_path / "strip.mkv", *picture("16384x16"), "-c:v", "ffv1", "-frames:v", "1")
    assert (await refused(path)).code == MediaCode.MEDIA_TOO_LARGE_FRAME


async def test_an_absurd_declared_duration(tmp_path):
    path = make(tmp_path / "long.mkv", *picture(), *X264, "-frames:v", "5")
    body = path.read_bytes()
    position = body.index(b"\x44\x89\x88") + 3
    path.write_bytes(body[:position] + struct.pack(">d", 1e12) + body[position + 8 :])
    assert (await refused(path)).code == MediaCode.MEDIA_TOO_LONG


def patched(path, box: bytes, offset: int, value: int):
    """Overwrite four bytes of an MP4 box, `offset` bytes behind its name."""
    body = bytearray(path.read_bytes())
    position = body.index(box) + offset
    body[position : position + 4] = struct.pack(">I", value)
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("box", "offset", "value", "code"),
    [
        (b"stsz", 12, 0x0FFF_FFFF, MediaCode.FFMPEG_INVALID_INPUT),
        (b"stsz", 8, 1, MediaCode.FFMPEG_INVALID_INPUT),
        (b"stts", 16, 0x7FFF_FFFF, MediaCode.MEDIA_TOO_LONG),
        (b"stco", 12, 0x7FFF_FFFF, MediaCode.FFMPEG_INVALID_INPUT),
    ],
    ids=["sample count", "sample size", "sample duration", "chunk offset"],
)
async def test_an_index_that_lies(tmp_path, box, offset, value, code):
    path = make(tmp_path / "film.mp4", *picture(), *X264, "-frames:v", "50")
    error = await refused(patched(path, box, offset, value))
    assert error.permanent
    assert error.code == code


async def test_an_index_that_unpacks_to_gigabytes(tmp_path):
    """QuickTime may compress its index; this one claims three gigabytes and fills 200 megabytes."""
    body = zlib.compress(bytes(200 << 20), 1)
    packed = struct.pack(">I4sI", 12 + len(body), b"cmvd", 3 << 30) + body
    method = struct.pack(">I4s4s", 12, b"dcom", b"zlib")
    index = struct.pack(">I4s", 8 + len(method) + len(packed), b"cmov") + method + packed
    path = tmp_path / "film.mov"
    path.write_bytes(
        b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + struct.pack(">I4s", 8 + len(index), b"moov") + index + b"\0\0\0\x08mdat"
    )
    assert (await refused(path)).code == MediaCode.MEDIA_PROBE_LIMIT


async def test_boxes_within_boxes(tmp_path):
    boxes = b""
    for _ in range(3000):
        boxes = struct.pack(">I4s", 8 + len(boxes), b"moov") + boxes
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0\x14ftypisom\0\0\0\0isom" + boxes)
    assert (await refused(path)).code == MediaCode.FFMPEG_INVALID_INPUT


async def test_a_hundred_tracks_are_cut_to_the_limit(tmp_path):
    tracks = ("-map", "1:a") * 100
    path = make(
        tmp_path / "film.mkv", *picture(), *SINE, "-map", "0:v", *tracks, *X264, "-c:a", "pcm_s16le", "-ar", "8000",
        "-t", "0.4",
    )  # fmt: skip
    facts = await probe(str(path))
    assert len(facts.audio) == Limits().max_audio_tracks


async def test_a_film_of_nothing_but_zeros(tmp_path):
    path = make(tmp_path / "film.mp4", *picture(), *X264, "-frames:v", "50")
    body = bytearray(path.read_bytes())
    start, end = body.index(b"mdat") + 4, body.index(b"moov") - 4
    body[start:end] = bytes(end - start)
    path.write_bytes(body)
    assert (await refused(path)).code == MediaCode.FFMPEG_INVALID_INPUT


@pytest.mark.parametrize(
    ("name", "codec", "what"),
    [
        ("film.flv", X264, "Flash"),
        ("film.ts", X264, "transport stream"),
        ("film.mpg", ("-c:v", "mpeg2video"), "program stream"),
        ("film.mxf", ("-c:v", "mpeg2video"), "MXF"),
        ("film.wmv", ("-c:v", "wmv2"), "Windows Media"),
        ("film.ogv", ("-c:v", "libtheora"), "Ogg"),
    ],
)
async def test_other_containers_are_named_and_the_accepted_ones_too(tmp_path, name, codec, what):
    error = await refused(make(tmp_path / name, *picture(), *codec, "-frames:v", "10"))
    assert error.code == MediaCode.MEDIA_UNSUPPORTED_CONTAINER
    assert what in error.message
    assert "accepted are MP4, MOV, WebM, MKV and AVI" in error.message


async def test_a_file_longer_than_the_limit(tmp_path):
    path = make(tmp_path / "film.mkv", *picture(), *X264, "-frames:v", "50")
    assert (await refused(path, limits=Limits(max_duration_seconds=1))).code == MediaCode.MEDIA_TOO_LONG


async def test_a_probe_that_eats_memory_or_time_is_ended(tmp_path):
    path = make(tmp_path / "film.mp4", *picture(), *X264, "-frames:v", "5")
    starved = await refused(path, limits=Limits(memory_bytes=60 << 20))
    assert starved.code in {MediaCode.MEDIA_PROBE_LIMIT, MediaCode.FFMPEG_FAILED}
    late = await refused(path, limits=Limits(timeout_seconds=0.001))
    assert (late.code, late.permanent) == (MediaCode.FFMPEG_TIMEOUT, False)


async def test_a_playlist_over_http_reaches_nothing_else():
    """Served with every hint that makes ffmpeg take it for HLS; its segment would be fetched from the same server."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = PLAYLIST % self.server.server_port
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.apple.mpegurl")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        error = await refused(f"http://127.0.0.1:{server.server_port}/film.m3u8")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert error.code == MediaCode.MEDIA_UNSUPPORTED_CONTAINER
    assert asked == ["/film.m3u8"]


def test_ffmpegs_log_is_understood():
    assert classify_log("[in#0] [error] Server returned 404 Not Found").code == MediaCode.FILE_NOT_FOUND
    assert classify_log("x\n[https] [error] Server returned 5XX Server Error reply").code not in PERMANENT
    assert classify_log("[vist#0:0] [error] Invalid data found when processing input").code in PERMANENT
    assert classify_log("something new") is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("[fc#0] [error] Task finished with error code: -12 (Cannot allocate memory)", MediaCode.FFMPEG_OUT_OF_MEMORY),
        ("[dec:libdav1d] [error] Error submitting packet to decoder: Cannot allocate memory", None),
    ],
)
def test_a_decoder_that_gives_up_on_a_packet_is_not_short_of_memory(line, code):
    """dav1d speaks of memory where an AV1 stream is broken."""
    error = classify_log(f"[dec:libdav1d] [error] Decoding error\n{line}")
    assert (error and error.code) == code
