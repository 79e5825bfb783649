"""Colours: patches of known red, green and blue must come out as those, whatever matrix, range or curve they came in.

The sources are written sample by sample from the standards' own formulas (ITU-R BT.601, BT.709, BT.2020, BT.2100).
"""

import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from tests.media import playback
from tests.media.making import FFMPEG, X264, assert_plays, encode_clip
from worker.media import inspection

#: Luma weights of red and blue.
MATRICES = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt2020nc": (0.2627, 0.0593)}
PATCHES = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1), (0, 0, 0), (0.5, 0.5, 0.5), (0.8, 0.5, 0.4), (0.2, 0.4, 0.7)]
WIDTH, HEIGHT = 640, 360


def encoded_patch(rgb, matrix: str, *, bits: int = 8, full: bool = False) -> tuple[int, int, int]:
    """Y, Cb and Cr of a gamma-coded colour."""
    red, blue = MATRICES[matrix]
    luma = red * rgb[0] + (1 - red - blue) * rgb[1] + blue * rgb[2]
    cb, cr = (rgb[2] - luma) / (2 * (1 - blue)), (rgb[0] - luma) / (2 * (1 - red))
    scale, peak = 1 << (bits - 8), (1 << bits) - 1
    if full:
        values = (luma * peak, cb * peak + 128 * scale, cr * peak + 128 * scale)
    else:
        values = ((16 + 219 * luma) * scale, (128 + 224 * cb) * scale, (128 + 224 * cr) * scale)
    return tuple(min(peak, max(0, round(value))) for value in values)


def patches(path: Path, colours, *args: str, matrix: str, bits: int = 8, full: bool = False) -> Path:
    """Write five frames of equal upright stripes, stored as they are."""
    stripes = [encoded_patch(rgb, matrix, bits=bits, full=full) for rgb in colours]
    code = "<H" if bits > 8 else "B"
    planes = []
    for plane in range(3):
        width = WIDTH if plane == 0 else WIDTH // 2
        row = b"".join(struct.pack(code, stripe[plane]) * (width // len(stripes)) for stripe in stripes)
        planes.append(row * (HEIGHT if plane == 0 else HEIGHT // 2))
    pixels = "yuv420p" if bits == 8 else f"yuv420p{bits}le"
    command = [FFMPEG, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{WIDTH}x{HEIGHT}"]
    subprocess.run([*command, "-r", "25", "-i", "-", *args, str(path)], input=b"".join(planes) * 5, check=True)
    return path


def seen(encoded, count: int, rung: int = 0) -> list[tuple[float, float, float]]:
    """What a player shows in the middle of each stripe: BT.709, limited range."""
    red, blue = MATRICES["bt709"]
    with playback.open_rendition(encoded.directory / encoded.result.renditions[rung].directory) as container:
        frame = list(container.decode(video=0))[2]
    assert (frame.format.name, frame.color_range, frame.colorspace, frame.color_trc) == ("yuv420p", 1, 1, 1)
    colours = []
    for stripe in range(count):
        samples = []
        for plane, half in zip(frame.planes, (1, 2, 2), strict=True):
            column = int(frame.width * (stripe + 0.5) / count) // half
            samples.append(memoryview(plane)[plane.line_size * (frame.height // 2 // half) + column])
        luma, cb, cr = (samples[0] - 16) / 219, (samples[1] - 128) / 224, (samples[2] - 128) / 224
        r, b = luma + 2 * (1 - red) * cr, luma + 2 * (1 - blue) * cb
        colours.append((r, (luma - red * r - blue * b) / (1 - red - blue), b))
    return colours


def tags(matrix: str, curve: str, primaries: str, *, full: bool = False) -> tuple[str, ...]:
    values = f"range={'full' if full else 'limited'}:colorspace={matrix}:color_trc={curve}:color_primaries={primaries}"
    return ("-vf", f"setparams={values}")


X265 = ("-c:v", "libx265", "-x265-params", "log-level=0")
BT709 = ("bt709", "bt709", "bt709")
SDR = {
    "bt709": (("bt709", {}), tags(*BT709), X264),
    "bt601": (("smpte170m", {}), tags("smpte170m", "smpte170m", "bt709"), X264),
    "untagged SD": (("smpte170m", {}), (), X264),
    "full range": (("bt709", {"full": True}), tags(*BT709, full=True), X264),
    "bt601 full range": (("smpte170m", {"full": True}), tags("smpte170m", "bt709", "bt709", full=True), X264),
    "10 bit": (("bt709", {"bits": 10}), tags(*BT709), X265),
    "10 bit full": (("bt709", {"bits": 10, "full": True}), tags(*BT709, full=True), X265),
    "vp9": (("bt709", {}), tags(*BT709), ("-c:v", "libvpx-vp9", "-cpu-used", "8")),
    "PAL": (("smpte170m", {}), tags("bt470bg", "bt470bg", "bt709"), X264),
    "srgb curve": (("bt709", {}), tags("bt709", "iec61966-2-1", "bt709"), X264),
}  # fmt: skip


@pytest.mark.parametrize("name", SDR)
async def test_colours_stay_what_they_are(tmp_path, out, name):
    (matrix, options), tagging, codec = SDR[name]
    clip = patches(tmp_path / "film.mkv", PATCHES, *tagging, *codec, matrix=matrix, **options)
    encoded = await encode_clip(clip, out)
    assert_plays(encoded, frames=5, rate=Fraction(25))
    for found, wanted in zip(seen(encoded, len(PATCHES)), PATCHES, strict=True):
        assert found == pytest.approx(wanted, abs=0.03), (found, wanted)


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        (("-c:v", "libx264rgb", "-preset", "ultrafast", "-pix_fmt", "bgr24"), "rgb.mkv"),
        (("-c:v", "png", "-pix_fmt", "rgba"), "screen.mov"),
        (("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj422p"), "camera.avi"),
        (("-c:v", "rawvideo", "-pix_fmt", "uyvy422"), "raw.mov"),
        (("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"), "alpha.mov"),
    ],
    ids=["rgb", "rgba", "mjpeg", "uyvy", "alpha"],
)
async def test_other_ways_to_store_colours(tmp_path, out, codec, name):
    """Untagged as they are: RGB is RGB, everything else below 720 lines is BT.601."""
    source = ("-vf", "scale=in_color_matrix=bt601:out_color_matrix=bt601")
    clip = patches(tmp_path / name, PATCHES, *source, *codec, matrix="smpte170m")
    encoded = await encode_clip(clip, out)
    for found, wanted in zip(seen(encoded, len(PATCHES)), PATCHES, strict=True):
        assert found == pytest.approx(wanted, abs=0.04), (found, wanted)


def test_every_colour_that_is_found_has_a_name_that_the_scaler_knows():
    chains = [f"min={matrix}:tin=709:pin=709" for matrix in inspection._MATRIX.values()]
    chains += [f"min=709:tin={curve}:pin=709" for curve in inspection._TRANSFER.values()]
    chains += [f"min=709:tin=709:pin={primaries}" for primaries in inspection._PRIMARIES.values()]
    outputs = [f"[o{number}]" for number in range(len(chains))]
    graph = [
        f"color=size=16x16:duration=0.1,format=yuv420p,zscale=w=8:h=8:rin=limited:{chain}:m=709:t=709:p=709{output}"
        for chain, output in zip(chains, outputs, strict=True)
    ]
    command = [FFMPEG, "-v", "error", "-filter_complex", ";".join(graph)]
    command += [part for output in outputs for part in ("-map", output, "-frames:v", "1", "-f", "null", "-")]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


X265_HDR = "colorprim=bt2020:transfer={}:colormatrix=bt2020nc:max-cll=4000,400:log-level=0"
#: ITU-R BT.2408: signal of diffuse white (203 cd/m²) and of an 18 % grey card (26 cd/m²), then saturated red.
HDR = {"smpte2084": (0.58, 0.38), "arib-std-b67": (0.75, 0.38)}


@pytest.mark.parametrize("curve", HDR)
async def test_hdr_lands_where_sdr_has_it(tmp_path, out, curve):
    white, card = HDR[curve]
    colours = [
        (white,) * 3,
        (card,) * 3,
        (0, 0, 0),
        (1, 1, 1),
        (white, 0.3, 0.3),
        (0.3, 0.3, white),
        (0.2,) * 3,
        (0.65,) * 3,
    ]
    clip = patches(
        tmp_path / "hdr.mp4", colours, *tags("bt2020nc", curve, "bt2020"), "-c:v", "libx265", "-preset", "ultrafast",
        "-x265-params", X265_HDR.format(curve), matrix="bt2020nc", bits=10,
    )  # fmt: skip
    encoded = await encode_clip(clip, out)
    assert encoded.facts.hdr == ("pq" if curve == "smpte2084" else "hlg")
    found = seen(encoded, len(colours))
    grey = [sum(colour) / 3 for colour in found]
    # SDR has its white card at 0.9 to 1, its grey card at 0.41 (BT.1886) to 0.5.
    assert 0.7 <= grey[0] <= 0.95
    assert 0.3 <= grey[1] <= 0.55
    assert grey[2] == pytest.approx(0, abs=0.02)
    assert 0.93 <= grey[3] <= 1.1
    assert grey[2] < grey[6] < grey[1] < grey[0] < grey[3] + 0.01
    # Not washed out: red and blue stay such.
    assert found[4][0] > found[4][1] + 0.35
    assert found[5][2] > found[5][0] + 0.35
    for position in (0, 1, 2, 3, 6, 7):
        assert max(found[position]) - min(found[position]) < 0.03
