"""The one ffmpeg command: decode once, scale down in a cascade, encode every rung, the audio and the pictures.

A window of a source is cut in output frames: after `fps` every frame carries its number in the film as its timestamp,
so `trim` finds the same border whichever keyframe the reading began at. Reading begins early, at what the demuxer takes
for a keyframe before the border; whether that was early enough is seen from the first encoded frame's timestamp.

Each rung is scaled from the one above it by zimg (``zscale``). Measured against scaling each from the source with
swscale it is faster, and the sharper scaler gives the lower rungs more quality than the fast preset takes. Lanczos
where it counts: small rungs gain up to 3 VMAF from it at hardly any cost; large ones 0.7, at 2 % of the whole encode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil

from shared.encoding.ladder import AudioRendition, Plan, Rung, SourceFacts
from worker.media import sprites

THUMBNAILS = 3
_THUMBNAIL_SHORT_SIDE = 720
_LARGE_SHORT_SIDE = 720
_SAME_CURVE = {"709", "601", "2020_10", "2020_12", "170m", "iec61966-2-1", "bt470m", "bt470bg", "smpte240m"}
#: The film's shares at which the thumbnail candidates lie.
_CANDIDATE_SHARES = (0.15, 0.5, 0.85)
#: How far before a window reading begins: frames are reordered, a deinterlacer looks back.
_LEAD_SECONDS, _LEAD_FRAMES, _INTERLACED_LEAD_SECONDS = 0.25, 4, 0.5
#: Rate control that begins in mid-film guesses too low: the first second is 2 to 5 VMAF worse, with this 1 to 2.
_FIRST_SECOND_SHARE = 1.4
_PROTOCOLS = {"http": "http,tcp,pipe"}
#: Audio is made this much longer than the declared video and cut to its measured end by the packager.
_AUDIO_SPARE_SECONDS = 2
#: Sound that has slipped this far is put in its place, which can be heard; less may be a clock that trembles.
_AUDIO_SLIP_SECONDS = 0.025
#: More channels than this stand nowhere in particular: of these the first two are taken.
_SURROUND = 8
#: AC-3 brings its own levels, of which the deep channel's is none.
_OWN_MIX = "asidedata=mode=delete:type=DOWNMIX_INFO"
#: Channels that are added up can exceed full scale. Normalising their sum instead would make every film 8 dB quieter.
_LIMITER = "alimiter=limit=0.95:level=0:latency=1"


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
#: Where pictures hardly move, what finds motion or shapes noise finds little. Later parameters replace earlier ones.
_STILL = ":partitions=none:8x8dct=0:weightp=0:aq-mode=0:no-deblock=1:cabac=0"
#: A page is scrolled by whole pixels. Scaled down it is not, and a coarser search costs those frames up to 15 VMAF.
_STILL_UNSCALED = f"{_STILL}:subme=0"


@dataclass(frozen=True, slots=True)
class Cut:
    """What one ffmpeg makes of a source: `rungs` of the frames from `start_frame` to `end_frame` (None: the end).

    `seek_seconds` is where reading begins on the file's clock (None: at its start); `looks_back` tells that it is not
    the place where it should be right to begin, but an earlier one. `tiles` are sprite tiles, put on
    sheets where `sheets` says so. `candidates` are the frames, counted over the film, that become thumbnails.
    """

    rungs: tuple[Rung, ...]
    audio: tuple[AudioRendition, ...]
    start_frame: int = 0
    end_frame: int | None = None
    seek_seconds: float | None = None
    looks_back: bool = False
    divided: bool = False
    tiles: bool = False
    sheets: bool = False
    candidates: tuple[int, ...] = ()

    def expected_frames(self, plan: Plan) -> int:
        """How many frames are to come, or the best estimate of it; at least one."""
        return max(1, (plan.expected_frames if self.end_frame is None else self.end_frame) - self.start_frame)

    def first_tile(self, plan: Plan) -> int:
        """The number of the first tile at or after `start_frame`."""
        return sprites.tile_count(self.start_frame, plan.frame_rate) if self.start_frame else 0

    def spare_tile(self, plan: Plan) -> bool:
        """Whether the first picture among the tiles is none: it is there so that there is one at all."""
        return ceil(self.first_tile(plan) * sprites.INTERVAL_SECONDS * plan.frame_rate) != self.start_frame

    @property
    def spare_candidate(self) -> bool:
        """The same of the candidates."""
        return self.start_frame not in self.candidates


def whole(plan: Plan) -> Cut:
    """Everything in one go."""
    return Cut(plan.rungs, plan.audio, tiles=True, sheets=True, candidates=_candidates(plan))


def sound(plan: Plan) -> Cut:
    """The audio alone, over the whole length."""
    return Cut((), plan.audio, divided=True)


def window(plan: Plan, number: int, share: str, *, back_seconds: float | None = 0) -> Cut:
    """One share of a window; reading begins `back_seconds` before it should have to, None: at the start."""
    piece = plan.window(number)
    start, end = piece.start_frame, piece.end_frame
    source = plan.source
    lead = max(_LEAD_SECONDS, float(_LEAD_FRAMES / source.frame_rate))
    lead += _INTERLACED_LEAD_SECONDS if source.interlaced else 0
    ahead = None if back_seconds is None else float(start / plan.frame_rate) - lead - back_seconds
    candidates = tuple(n for n in _candidates(plan) if start <= n and (end is None or n < end))
    return Cut(
        rungs=plan.rungs_of(share),
        audio=(),
        start_frame=start,
        end_frame=end,
        seek_seconds=source.start_seconds + ahead if ahead is not None and ahead > 0 else None,
        looks_back=back_seconds != 0,
        divided=True,
        tiles=share != "high",
        candidates=candidates if share != "low" else (),
    )


def _candidates(plan: Plan) -> tuple[int, ...]:
    """The first frame, for films that end before the others, and those at 15, 50 and 85 percent."""
    times = (plan.duration_seconds * share for share in _CANDIDATE_SHARES)
    return tuple(sorted({0, *(ceil(round(time * plan.frame_rate, 6)) for time in times)}))


@dataclass(frozen=True, slots=True)
class Outputs:
    """File descriptors, one for each output; `video` and `audio` in the cut's order. None: there is no such output."""

    video: Sequence[int]
    audio: Sequence[int]
    tiles: int | None
    thumbnails: int | None
    progress: int | None


def command(
    ffmpeg: str,
    url: str,
    plan: Plan,
    cut: Cut,
    outputs: Outputs,
    *,
    preset: Preset,
    threads: int,
    gains: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the argv that makes `cut` into `outputs`. `gains` are filters for audio tracks, by name."""
    argv = reading(ffmpeg, url, plan.source, threads=threads, seek_seconds=cut.seek_seconds)
    if cut.divided and cut.rungs:
        # What lies before a keyframe cannot be decoded, and what may be lost is a share of the film, not of a window.
        argv += ["-max_error_rate", "1"]
    argv += ["-filter_complex", _filters(plan, cut, gains or {})]
    for position, (rung, descriptor) in enumerate(zip(cut.rungs, outputs.video, strict=True)):
        argv += _video_output(plan, cut, rung, descriptor, preset=preset, threads=threads)
        if position == 0:
            # A line for every frame. `-progress` stays silent until the first sprite sheet is full: 250 seconds.
            argv[-1:-1] = ["-stats_enc_post", f"pipe:{outputs.progress}", "-stats_enc_post_fmt", "{n} {pts} {ni}"]
    for track, descriptor in zip(cut.audio, outputs.audio, strict=True):
        argv += ["-map", f"[{track.name}]", "-c:a", "aac", "-b:a", str(track.audio_bps), "-f", "adts"]
        argv += [f"pipe:{descriptor}"]
    # `strict`: a window beyond the source's end has no picture that would say which range it has.
    pictures = ["-c:v", "mjpeg", "-strict", "unofficial", "-threads", "1", "-fps_mode", "passthrough"]
    pictures += ["-f", "image2pipe"]
    if outputs.tiles is not None:
        quality = "5" if cut.sheets else "2"
        argv += ["-map", "[tiles]", *pictures, "-q:v", quality, f"pipe:{outputs.tiles}"]
    if outputs.thumbnails is not None:
        argv += ["-map", "[thumbs]", *pictures, "-q:v", "3", f"pipe:{outputs.thumbnails}"]
    return argv


def reading(
    ffmpeg: str, url: str, source: SourceFacts, *, threads: int, seek_seconds: float | None = None
) -> list[str]:
    """Return the beginning of every argv, up to the input: `url` as the demuxer the probe found, and nothing else."""
    remote = url.startswith(("http://", "https://"))
    argv = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+verbose"]
    argv += ["-filter_complex_threads", str(threads)]
    argv += ["-protocol_whitelist", _PROTOCOLS.get(url.partition(":")[0], "file,pipe")]
    if remote:
        argv += ["-reconnect", "1", "-reconnect_on_network_error", "1", "-reconnect_delay_max", "4"]
        argv += ["-rw_timeout", "30000000"]
    if seek_seconds is not None:
        argv += ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", f"{seek_seconds:.6f}"]
    argv += ["-f", source.demuxer, "-threads", str(threads), "-display_rotation", "0", "-noautorotate"]
    argv += ["-copyts"]
    # A graph that is made anew when the picture changes its size would begin to count anew.
    argv += ["-reinit_filter", "0"]
    return [*argv, "-i", url if remote else f"file:{url}"]


def _video_output(plan: Plan, cut: Cut, rung: Rung, descriptor: int, *, preset: Preset, threads: int) -> list[str]:
    recipe = preset is Preset.VERYFAST
    gop = plan.gop_frames
    # Without a B-pyramid the reordering delay is one frame, as `fmp4.decode_tick` has it.
    params = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:b-pyramid=none"
    rate = plan.frame_rate
    if cut.start_frame:
        params += f":zones=0,{ceil(rate) - 1},b={_FIRST_SECOND_SHARE}"
    # Costs a tenth more bits and saves a tenth of the work.
    entropy = ":cabac=0" if _has_bits_to_spare(plan.source, rung) else ""
    unscaled = (rung.width, rung.height) == (plan.source.display_width, plan.source.display_height)
    still = "" if not plan.source.hardly_moves else _STILL_UNSCALED if unscaled else _STILL
    # The clock ticks a whole number of times a frame: 24 000, 25 000, or 30 000 for 30000/1001.
    timescale = rate.numerator if rate.numerator >= 1000 else rate.numerator * 1000
    return [
        *("-map", f"[{rung.directory}]", "-c:v", "libx264", "-preset", "superfast" if recipe else preset.value),
        *("-profile:v", "high", "-threads", str(_encoder_threads(threads, top=rung is cut.rungs[0]))),
        *("-b:v", str(rung.video_bps), "-maxrate", str(rung.maxrate_bps), "-bufsize", str(rung.bufsize_bits)),
        *("-x264-params", f"{params}:{_RECIPE}{still}{entropy}" if recipe else params),
        *("-fps_mode", "passthrough", "-video_track_timescale", str(timescale)),
        *("-fflags", "+bitexact", "-flags:v", "+bitexact", "-use_editlist", "0", "-f", "mp4"),
        *("-movflags", "+cmaf+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets"),
        f"pipe:{descriptor}",
    ]


def _has_bits_to_spare(source: SourceFacts, rung: Rung) -> bool:
    """Tell whether a rung may have more than twice the bits of the whole source: screen recordings, drawings, slides.

    No encoder can use them up, so what saves bits is not worth its time there, and what shows in sharp edges is.
    """
    return source.size_bytes is not None and 2 * 8 * source.size_bytes <= rung.video_bps * source.duration_seconds


def _encoder_threads(threads: int, *, top: bool) -> int:
    """Threads of one encoder. One more than there are cores keeps them busy while frames wait for each other."""
    if top:
        return threads + 1 if threads > 1 else 1
    return max(1, threads // 2)


def _filters(plan: Plan, cut: Cut, gains: Mapping[str, str]) -> str:
    return ";".join([*_video_chains(plan, cut), *(audio_chain(plan, t, gains.get(t.name)) for t in cut.audio)])


def _video_chains(plan: Plan, cut: Cut) -> list[str]:
    if not cut.rungs:
        return []
    chains = [source_chain(plan, cut)]
    thumbnail_rung = next((r for r in cut.rungs if min(r.width, r.height) <= _THUMBNAIL_SHORT_SIDE), cut.rungs[-1])
    last = cut.rungs[-1]
    # JPEG wants full range. Unless each step names its range, that wish travels up the graph into the rungs.
    for position, rung in enumerate(cut.rungs):
        if position:
            soft = min(rung.width, rung.height) >= _LARGE_SHORT_SIDE and not _has_bits_to_spare(plan.source, rung)
            kernel = "spline16" if soft else "lanczos"
            size = f"w={rung.width}:h={rung.height}"
            chains.append(f"[below{position - 1}]zscale={size}:filter={kernel}:r=limited,setsar=1")
        labels = [f"[{rung.directory}]"]
        labels += ["[pictures]"] if rung is thumbnail_rung and cut.candidates else []
        labels += [f"[below{position}]"] if rung is not last else ["[small]"] if cut.tiles else []
        chains[-1] += f",split={len(labels)}{''.join(labels)}" if len(labels) > 1 else labels[0]
    if cut.tiles:
        chains.append(f"[small]select='{_tile_choice(plan, cut)}',{_tile(plan, cut)}[tiles]")
    if cut.candidates:
        chains.append(f"[pictures]select='{_thumbnail_choice(cut)}',zscale=r=full[thumbs]")
    return chains


def _tile(plan: Plan, cut: Cut) -> str:
    layout = tile_grid(plan)
    scale = f"zscale=w={layout.width}:h={layout.height}:filter=lanczos:r=full"
    return f"{scale},tile={layout.columns}x{layout.rows}" if cut.sheets else scale


def tile_grid(plan: Plan) -> sprites.Grid:
    """How the sprite sheets of a plan are laid out; tiles are made from its smallest rung."""
    last = plan.rungs[-1]
    return sprites.grid(last.width, last.height, sprites.tile_count(plan.expected_frames, plan.frame_rate))


def _tile_choice(plan: Plan, cut: Cut) -> str:
    """Pick the first frame at or after every tenth second of the film.

    The first frame of a cut comes in any case: an output without any picture would make ffmpeg fail.
    """
    rate, step = plan.frame_rate, sprites.INTERVAL_SECONDS
    first, spare = cut.first_tile(plan), cut.spare_tile(plan)
    due = f"gte((n+{cut.start_frame})*{rate.denominator},{step * rate.numerator}*(selected_n+{first - spare}))"
    return f"eq(n,0)+{due}" if spare else due


def _thumbnail_choice(cut: Cut) -> str:
    frames = sorted({0, *(number - cut.start_frame for number in cut.candidates)})
    return "+".join(f"eq(n,{number})" for number in frames)


def source_chain(plan: Plan, cut: Cut) -> str:
    """Everything that makes the decoded picture upright, even, SDR, progressive and constant in rate.

    A constant rate is never converted: the frames are put on the grid they already lie on. A rate above 60 is divided.
    """
    source = plan.source
    grid = f"fps={_ratio(source.frame_rate)}:round=near"
    # Frames of another size than the first are brought to it; for the others this costs nothing.
    filters = [f"scale={source.coded_width}:{source.coded_height}"]
    filters += [f"setpts=round(PTS-{source.start_seconds:.9f}/TB)" if cut.divided else "setpts=PTS-STARTPTS"]
    if source.interlaced:
        filters.append("bwdif=mode=send_frame:deint=interlaced")
    filters.append(f"{grid}:start_time=0" if cut.start_frame == 0 else grid)
    if cut.divided:
        filters += _trim(plan, cut)
    if plan.frame_rate != source.frame_rate:
        filters.append(f"framestep={source.frame_rate / plan.frame_rate}")
    filters += _upright(source)
    filters += _pixels(source, cut.rungs[0])
    filters.append("setsar=1,setfield=prog")
    filters.append("setparams=range=limited:colorspace=bt709:color_primaries=bt709:color_trc=bt709")
    return f"[0:{source.video_index}]{','.join(filters)}"


def _trim(plan: Plan, cut: Cut) -> list[str]:
    """Cut at the source's own rate, before it is divided: `framestep` counts from the first frame it gets."""
    times = plan.source.frame_rate / plan.frame_rate
    start = int(cut.start_frame * times)
    end = "" if cut.end_frame is None else f":end_pts={int(cut.end_frame * times)}"
    return [f"trim=start_pts={start}{end}", f"setpts=PTS-{start}"] if start or end else []


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
            # A peak of 1000 cd/m² for all: by each frame's own metadata, windows of one film would differ.
            *("format=gbrpf32le", "zscale=p=709", "tonemap=hable:desat=0:peak=10"),
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


def audio_chain(plan: Plan, track: AudioRendition, gain: str | None) -> str:
    """Put the track on the video's clock: cut what precedes the first frame, fill gaps, pad beyond the end."""
    origin = f"{plan.source.start_seconds - plan.source.delay_seconds:.9f}"
    layout = "mono" if track.channels == 1 else "stereo"
    channels = next((t.channels for t in plan.source.audio if t.index == track.source_index), track.channels)
    surround = 2 < channels <= _SURROUND
    total = f"{plan.duration_seconds + _AUDIO_SPARE_SECONDS:.6f}"
    return (
        f"[0:{track.source_index}]asetpts=PTS-{origin}/TB,atrim=start=0"
        f"{',pan=stereo|c0=c0|c1=c1' if channels > _SURROUND else ''}"
        f"{f',{_OWN_MIX}' if surround else ''}"
        f",aresample={track.sample_rate}:async=1:min_hard_comp={_AUDIO_SLIP_SECONDS}:first_pts=0"
        f":ochl={layout}:lfe_mix_level=0.7"
        f",aformat=sample_fmts=fltp:channel_layouts={layout}"
        f"{f',{_LIMITER}' if surround else ''}"
        f"{f',{gain}' if gain else ''}"
        f",apad=whole_dur={total},atrim=end={total}[{track.name}]"
    )


def _ratio(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"
