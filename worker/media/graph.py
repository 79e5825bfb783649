"""The one ffmpeg command: decode once, scale down in a cascade, encode every rung, the audio and the pictures.

Each rung is scaled from the one above it by zimg (``zscale``). Measured against scaling each from the source with
swscale it is faster, and the sharper scaler gives the lower rungs more quality than the fast preset takes. Lanczos
where it counts: small rungs gain up to 3 VMAF from it at hardly any cost; large ones 0.7, at 2 % of the whole encode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from shared.encoding.ladder import AudioRendition, Plan, Rung, SourceFacts
from worker.media import sprites

THUMBNAILS = 3
_THUMBNAIL_SHORT_SIDE = 720
_LARGE_SHORT_SIDE = 720
_SAME_CURVE = {"709", "601", "2020_10", "2020_12", "170m", "iec61966-2-1"}
_PROTOCOLS = {"http": "http,tcp,pipe", "https": "https,http,tls,tcp,pipe"}
#: Audio is made this much longer than the declared video and cut to its measured end by the packager.
_AUDIO_SPARE_SECONDS = 2


class Preset(StrEnum):
    """Quality, named after the x264 preset that the result equals or beats in a ladder scaled the ordinary way.

    VERYFAST is the measured recipe: x264 works faster than its preset of that name, and the sharper cascade more than
    makes up for it. The others are x264's own presets on top of the cascade.
    """

    VERYFAST = "veryfast"
    FASTER = "faster"
    FAST = "fast"
    MEDIUM = "medium"
    SLOW = "slow"


_RECIPE = "mbtree=1:rc-lookahead=20:aq-mode=2:aq-strength=0.6:bframes=2:b-adapt=0"


@dataclass(frozen=True, slots=True)
class Outputs:
    """File descriptors, one for each output; `video` and `audio` in the plan's order."""

    video: Sequence[int]
    audio: Sequence[int]
    sheets: int
    thumbnails: int
    progress: int


def command(ffmpeg: str, url: str, plan: Plan, outputs: Outputs, *, preset: Preset, threads: int) -> list[str]:
    """Return the argv that encodes the plan's one window, which is the whole source, into `outputs`."""
    source = plan.source
    remote = url.startswith(("http://", "https://"))
    argv = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+verbose"]
    argv += ["-filter_complex_threads", str(threads)]
    argv += ["-protocol_whitelist", _PROTOCOLS.get(url.partition(":")[0], "file,pipe")]
    if remote:
        argv += ["-reconnect", "1", "-reconnect_on_network_error", "1", "-reconnect_delay_max", "4"]
        argv += ["-rw_timeout", "30000000"]
    argv += ["-f", source.demuxer, "-threads", str(threads), "-noautorotate", "-copyts"]
    argv += ["-i", url if remote else f"file:{url}", "-filter_complex", _filters(plan)]
    for position, (rung, descriptor) in enumerate(zip(plan.rungs, outputs.video, strict=True)):
        argv += _video_output(plan, rung, descriptor, preset=preset, threads=threads, top=position == 0)
        if position == 0:
            # A line for every frame. `-progress` stays silent until the first sprite sheet is full: 250 seconds.
            argv[-1:-1] = ["-stats_enc_post", f"pipe:{outputs.progress}", "-stats_enc_post_fmt", "{n}"]
    for track, descriptor in zip(plan.audio, outputs.audio, strict=True):
        argv += ["-map", f"[{track.name}]", "-c:a", "aac", "-b:a", str(track.audio_bps), "-f", "adts"]
        argv += [f"pipe:{descriptor}"]
    pictures = ["-c:v", "mjpeg", "-threads", "1", "-fps_mode", "passthrough", "-f", "image2pipe"]
    argv += ["-map", "[sheets]", *pictures, "-q:v", "5", f"pipe:{outputs.sheets}"]
    argv += ["-map", "[thumbs]", *pictures, "-q:v", "3", f"pipe:{outputs.thumbnails}"]
    return argv


def _video_output(plan: Plan, rung: Rung, descriptor: int, *, preset: Preset, threads: int, top: bool) -> list[str]:
    recipe = preset is Preset.VERYFAST
    gop = plan.gop_frames
    # Without a B-pyramid the reordering delay is one frame, as `fmp4.decode_tick` has it.
    params = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:b-pyramid=none"
    rate = plan.frame_rate
    # The clock ticks a whole number of times a frame: 24 000, 25 000, or 30 000 for 30000/1001.
    timescale = rate.numerator if rate.numerator >= 1000 else rate.numerator * 1000
    return [
        *("-map", f"[{rung.directory}]", "-c:v", "libx264", "-preset", "superfast" if recipe else preset.value),
        *("-profile:v", "high", "-threads", str(_encoder_threads(threads, top=top))),
        *("-b:v", str(rung.video_bps), "-maxrate", str(rung.maxrate_bps), "-bufsize", str(rung.bufsize_bits)),
        *("-x264-params", f"{params}:{_RECIPE}" if recipe else params),
        *("-fps_mode", "passthrough", "-video_track_timescale", str(timescale)),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-use_editlist", "0", "-f", "mp4"),
        *("-movflags", "+cmaf+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets"),
        f"pipe:{descriptor}",
    ]


def _encoder_threads(threads: int, *, top: bool) -> int:
    """Threads of one encoder. One more than there are cores keeps them busy while frames wait for each other."""
    if top:
        return threads + 1 if threads > 1 else 1
    return max(1, threads // 2)


def _filters(plan: Plan) -> str:
    chains = [_source_chain(plan)]
    thumbnail_rung = next((r for r in plan.rungs if min(r.width, r.height) <= _THUMBNAIL_SHORT_SIDE), plan.rungs[-1])
    last = plan.rungs[-1]
    layout = sprites.grid(last.width, last.height, sprites.tile_count(plan.expected_frames, plan.frame_rate))
    # JPEG wants full range. Unless each step names its range, that wish travels up the graph into the rungs.
    for position, rung in enumerate(plan.rungs):
        if position:
            kernel = "spline16" if min(rung.width, rung.height) >= _LARGE_SHORT_SIDE else "lanczos"
            chains.append(f"[below{position - 1}]zscale=w={rung.width}:h={rung.height}:filter={kernel}:r=limited")
        labels = [f"[{rung.directory}]"]
        labels += ["[pictures]"] if rung is thumbnail_rung else []
        labels += ["[tiles]"] if rung is last else [f"[below{position}]"]
        chains[-1] += f",split={len(labels)}{''.join(labels)}"
    chains.append(
        f"[tiles]select='gte(t,{sprites.INTERVAL_SECONDS}*selected_n)'"
        f",zscale=w={layout.width}:h={layout.height}:filter=lanczos:r=full,tile={layout.columns}x{layout.rows}[sheets]"
    )
    chains.append(f"[pictures]select='{_thumbnail_choice(plan)}',zscale=r=full[thumbs]")
    chains += [_audio_chain(plan, track) for track in plan.audio]
    return ";".join(chains)


def _thumbnail_choice(plan: Plan) -> str:
    """Pick the first frame, for clips that end before the others, and those at 15, 50 and 85 percent."""
    times = (plan.duration_seconds * share for share in (0.15, 0.5, 0.85))
    return "+".join(("eq(n,0)", *(f"gte(t,{time:.3f})*eq(selected_n,{n})" for n, time in enumerate(times, 1))))


def _source_chain(plan: Plan) -> str:
    """Everything that makes the decoded picture upright, even, SDR, progressive and constant in rate.

    A constant rate is never converted: the frames are put on the grid they already lie on. A rate above 60 is divided.
    """
    source = plan.source
    filters = ["setpts=PTS-STARTPTS"]
    if source.interlaced:
        filters.append("bwdif=mode=send_frame:deint=all")
    filters.append(f"fps={_ratio(source.frame_rate)}:start_time=0:round=near")
    if plan.frame_rate != source.frame_rate:
        filters.append(f"framestep={source.frame_rate / plan.frame_rate}")
    filters += _upright(source)
    filters += _pixels(source, plan.rungs[0])
    filters.append("setsar=1,setfield=prog")
    filters.append("setparams=range=limited:colorspace=bt709:color_primaries=bt709:color_trc=bt709")
    return f"[0:{source.video_index}]{','.join(filters)}"


def _upright(source: SourceFacts) -> list[str]:
    turns = {0: [], 90: ["transpose=clock"], 180: ["hflip", "vflip"], 270: ["transpose=cclock"]}
    return (["hflip"] if source.mirrored else []) + turns[source.rotation]


def _pixels(source: SourceFacts, top: Rung) -> list[str]:
    filters: list[str] = []
    width, height = source.coded_width, source.coded_height
    if source.rotation % 180:
        width, height = height, width
    if width % 2 or height % 2:
        width, height = max(2, width // 2 * 2), max(2, height // 2 * 2)
        filters.append(f"crop={width}:{height}:0:0:exact=1")
    if source.matrix == "gbr":
        filters.append("format=gbrp")
    size = f"w={top.width}:h={top.height}:filter=lanczos"
    incoming = f"min={source.matrix}:rin={'full' if source.full_range else 'limited'}"
    if source.hdr:
        curve = "smpte2084" if source.hdr == "pq" else "arib-std-b67"
        filters += [
            f"zscale={size}:{incoming}:pin=2020:tin={curve}:t=linear:npl=100",
            *("format=gbrpf32le", "zscale=p=709", "tonemap=hable:desat=0"),
            *("zscale=t=709:m=709:r=limited:dither=error_diffusion", "format=yuv420p"),
        ]
        return filters
    # Curves that displays treat alike are not converted; primaries are, where the file says that they differ.
    curve = "709" if source.transfer in _SAME_CURVE else source.transfer
    same_colour = (source.matrix, curve, source.primaries, source.full_range) == ("709", "709", "709", False)
    if same_colour and source.pixel_format == "yuv420p" and (width, height) == (top.width, top.height):
        return filters
    dither = ":dither=error_diffusion" if source.bit_depth > 8 else ""
    filters.append(f"zscale={size}:{incoming}:pin={source.primaries}:tin={curve}:m=709:t=709:p=709:r=limited{dither}")
    return [*filters, "format=yuv420p"]


def _audio_chain(plan: Plan, track: AudioRendition) -> str:
    """Put the track on the video's clock: cut what precedes the first frame, fill gaps, pad beyond the end."""
    origin = f"{plan.source.start_seconds:.9f}"
    layout = "mono" if track.channels == 1 else "stereo"
    total = f"{plan.duration_seconds + _AUDIO_SPARE_SECONDS:.6f}"
    return (
        f"[0:{track.source_index}]asetpts=PTS-{origin}/TB,atrim=start=0"
        f",aresample={track.sample_rate}:async=1:first_pts=0"
        f",aformat=sample_fmts=fltp:channel_layouts={layout}"
        f",apad=whole_dur={total},atrim=end={total}[{track.name}]"
    )


def _ratio(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"
