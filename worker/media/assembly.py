"""Join the parts of a divided encode: windows to renditions, tiles to sheets, the audio cut where the video ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from fractions import Fraction
from itertools import chain
from math import ceil

from shared.encoding.ladder import AudioRendition, Plan
from worker.media import child, damage, fmp4, pictures, publisher, sprites
from worker.media.adts import SAMPLES_PER_FRAME
from worker.media.errors import MediaCode, MediaError
from worker.media.graph import tile_grid
from worker.media.packager import INIT, SEGMENT_TYPE, audio_border, audio_fragment, audio_samples, segment_name
from worker.media.results import AudioTrack, EncodeResult, Loss, PartResult, Segment, VideoRendition
from worker.media.run import EncodeSettings, check_length, limited
from worker.media.shelf import Shelf, Sink

Read = Callable[[str], Awaitable[bytes]]
_READS = 16
_READ_BYTES = 1 << 18
#: The length of a source of variable rate is a guess, by up to this or a hundredth.
_EXCESS_SECONDS = 1


async def assemble(
    plan: Plan, parts: Sequence[PartResult], sink: Sink, read: Read, *, settings: EncodeSettings
) -> EncodeResult:
    """Join `parts`, one of every share of every window and the audio, and store what is still missing.

    `read` gives an object that a part has stored. The result's `objects` is all that must lie under the prefix
    afterwards; nothing is deleted here. Doing it twice stores the same bytes under the same names. Raises MediaError:
    MEDIA_OUTPUT_INVALID if the parts do not fit together, MEDIA_TRUNCATED if the source ended too early,
    FFMPEG_INVALID_INPUT if it did too late or too much of it is lost.
    """
    async with limited(settings, plan, "the finish"):
        windows = _windows(plan, parts)
        video = _video(plan, windows)
        check_length(plan, video[0].frames)
        _check_excess(plan, video[0].frames)
        losses = _losses(windows, parts)
        damage.check(losses, float(video[0].duration_seconds))
        _check_tiles(windows, video[0])
        async with asyncio.TaskGroup() as uploads:
            shelf = Shelf(sink, uploads, slots=settings.upload_slots, limit_bytes=settings.output_bytes)
            audio = await _audio(plan, parts, video[0].frames, shelf, read)
            await _sheets(plan, windows, video[0], shelf, read, settings)
            names = [name for window in windows for part in window for name in part.candidates]
            if not names:
                raise _misfit("no thumbnail was made")
            await pictures.put_thumbnails(shelf, await asyncio.gather(*map(read, names)))
            await shelf.drain()
            await publisher.put_final(shelf, video, audio)
        stored = {name: entry for part in parts for name, entry in part.objects.items()}
        named = [f"{track.directory}/{segment.name}" for track in (*video, *audio) for segment in track.segments]
        named += [f"{track.directory}/{INIT}" for track in (*video, *audio)]
        objects = shelf.objects | {name: stored[name] for name in named if name not in shelf.objects}
        return EncodeResult(
            renditions=video,
            audio=audio,
            objects=objects,
            thumbnails=pictures.THUMBNAIL_NAMES,
            frames_decoded=None,
            decode_errors=sum(part.decode_errors for part in parts),
            encode_seconds=sum(part.encode_seconds for part in parts),
            losses=losses,
        )


def _misfit(message: str) -> MediaError:
    return MediaError(MediaCode.MEDIA_OUTPUT_INVALID, message)


def _check_excess(plan: Plan, frames: int) -> None:
    """Refuse a source of which clearly more comes out than was found in it: reading on and reading by its index differ.

    Each window is in its place by the index; what the last one holds beyond the film belongs to none of the others.
    """
    slack = 1 / plan.frame_rate if plan.frames is not None else max(_EXCESS_SECONDS, plan.duration_seconds / 100)
    if frames / plan.frame_rate - Fraction(plan.duration_seconds) > slack:
        raise MediaError(
            MediaCode.FFMPEG_INVALID_INPUT,
            f"the index and the content differ in length: {plan.duration_seconds:.1f} s were found, "
            f"{float(frames / plan.frame_rate):.1f} s come out",
        )


def _windows(plan: Plan, parts: Sequence[PartResult]) -> list[list[PartResult]]:
    """Return the parts of every window in the film's order; raises MediaError if one is missing, twice or too short."""
    found = {(part.number, part.share): part for part in parts if part.kind == "window"}
    wanted = [[(window.index, share) for share in plan.shares(window.index)] for window in plan.windows]
    given = sorted((part.number, part.share) for part in parts if part.kind == "window")
    if given != sorted(chain.from_iterable(wanted)):
        raise _misfit(f"the windows are not those of the plan: {given}")
    windows = [[found[key] for key in keys] for keys in wanted]
    ended = False
    for window, made in zip(plan.windows, windows, strict=True):
        frames = {part.frames for part in made} | {rendition.frames for part in made for rendition in part.video}
        if len(frames) != 1:
            raise _misfit(f"window {window.index} differs in length between its renditions: {sorted(frames)}")
        [count] = frames
        if ended and count:
            raise _misfit(f"window {window.index} goes on where the one before has ended")
        ended = window.end_frame is None or count < window.end_frame - window.start_frame
    return windows


def _video(plan: Plan, windows: Sequence[Sequence[PartResult]]) -> tuple[VideoRendition, ...]:
    made = [part for window in windows for part in window if part.frames]
    return tuple(_rendition(rung.directory, made) for rung in plan.rungs)


def _rendition(directory: str, parts: Sequence[PartResult]) -> VideoRendition:
    pieces = [(part, rendition) for part in parts for rendition in part.video if rendition.directory == directory]
    if not pieces:
        raise _misfit(f"{directory} was not made")
    if len({part.inits[directory] for part, _ in pieces}) != 1:
        raise _misfit(f"{directory} has different headers in different windows")
    first = pieces[0][1]
    return VideoRendition(
        segments=tuple(segment for _, rendition in pieces for segment in rendition.segments),
        name=first.name,
        directory=directory,
        codecs=first.codecs,
        width=first.width,
        height=first.height,
        frame_rate=first.frame_rate,
        maxrate_bps=first.maxrate_bps,
    )


def _losses(windows: Sequence[Sequence[PartResult]], parts: Sequence[PartResult]) -> tuple[Loss, ...]:
    """Add up what the windows have lost; the shares of one window have all lost the same."""
    pictures = [loss for window in windows for loss in window[0].losses]
    sound = [loss for part in parts if part.kind == "audio" for loss in part.losses]
    return (Loss("", sum(loss.lost for loss in pictures), sum(loss.total for loss in pictures)), *sound)


def _check_tiles(windows: Sequence[Sequence[PartResult]], rendition: VideoRendition) -> None:
    tiles = sum(part.tile_count for window in windows for part in window)
    wanted = sprites.tile_count(rendition.frames, rendition.frame_rate)
    if tiles != wanted:
        raise _misfit(f"{tiles} sprite tiles for {wanted} places")


async def _audio(
    plan: Plan, parts: Sequence[PartResult], video_frames: int, shelf: Shelf, read: Read
) -> tuple[AudioTrack, ...]:
    made = [part for part in parts if part.kind == "audio"]
    if len(made) != (1 if plan.audio else 0):
        raise _misfit(f"{len(made)} parts bring the sound")
    if not made:
        return ()
    [part] = made
    tracks = {track.name: track for track in part.audio}
    if set(tracks) != {rendition.name for rendition in plan.audio}:
        raise _misfit("the audio tracks are not those of the plan")
    return tuple([await _track(plan, r, tracks[r.name], part, video_frames, shelf, read) for r in plan.audio])


async def _track(
    plan: Plan,
    rendition: AudioRendition,
    track: AudioTrack,
    part: PartResult,
    video_frames: int,
    shelf: Shelf,
    read: Read,
) -> AudioTrack:
    """End the track with the video, to the sample. Segments that reach beyond are cut again, under another name."""
    rate = rendition.sample_rate
    total_samples = audio_samples(plan, rate, video_frames)
    last = ceil(video_frames / plan.segment_frames) - 1
    kept = track.segments[:last]
    started = audio_border(plan, rate, len(kept))
    names = [f"{track.directory}/{segment.name}" for segment in track.segments[len(kept) :]]
    names += [part.tails[track.name]] if track.name in part.tails else []
    frames: list[bytes] = []
    position = started
    for name in names:
        for first, frame in _aac_frames(await read(name)):
            if first != position:
                raise _misfit(f"audio {track.name} does not go on at its frame {position}")
            frames.append(frame)
            position += 1
    segments = list(kept)
    for number in range(len(kept), last + 1):
        border = audio_border(plan, rate, number + 1) if number < last else ceil(total_samples / SAMPLES_PER_FRAME)
        count = border - started
        if len(frames) < count:
            raise _misfit(f"audio {track.name} ends before the video")
        if count <= 0:
            break
        samples = (total_samples if number == last else border * SAMPLES_PER_FRAME) - started * SAMPLES_PER_FRAME
        body = audio_fragment(number + 1, started, frames[:count], samples)
        frames, started = frames[count:], border
        name = segment_name(number, part.take)
        if f"{track.directory}/{name}" in part.objects:
            name = f"seg-{number:05}-{part.take}-end.m4s"
        segments.append(Segment(name, len(body), samples, Fraction(samples, rate)))
        await shelf.put(f"{track.directory}/{name}", body, SEGMENT_TYPE, "segment")
    return AudioTrack(
        segments=tuple(segments),
        name=track.name,
        directory=track.directory,
        codecs=track.codecs,
        channels=track.channels,
        sample_rate=track.sample_rate,
        label=track.label,
        language=track.language,
        default=track.default,
        audio_bps=track.audio_bps,
    )


def _aac_frames(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the AAC frames of a segment or tail, each with its number in the track."""
    for _, fragment in fmp4.parse_segment(body):
        number, position = fragment.decode_time // SAMPLES_PER_FRAME, 0
        for sample in fragment.samples:
            yield number, fragment.data[position : position + sample.size]
            number, position = number + 1, position + sample.size


async def _sheets(
    plan: Plan,
    windows: Sequence[Sequence[PartResult]],
    rendition: VideoRendition,
    shelf: Shelf,
    read: Read,
    settings: EncodeSettings,
) -> None:
    """Put all tiles on sheets, in one ffmpeg that reads and writes pipes: memory does not grow with the film."""
    layout = tile_grid(plan)
    process = await child.spawn(
        [
            *(settings.program, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"),
            *("-protocol_whitelist", "pipe", "-threads", "1", "-f", "mjpeg", "-i", "pipe:0"),
            *("-vf", f"tile={layout.columns}x{layout.rows}", "-threads", "1", "-fps_mode", "passthrough"),
            *("-c:v", "mjpeg", "-q:v", "5", "-f", "image2pipe", "pipe:1"),
        ],
        memory_bytes=settings.memory_bytes,
        cpu_seconds=settings.cpu_seconds,
        source="/dev/null",
        cpus=settings.cpus,
        talk=True,
    )
    sheets = pictures.Sheets(plan, shelf)
    try:
        async with asyncio.TaskGroup() as tasks:
            names = [part.tiles for window in windows for part in window if part.tiles]
            tasks.create_task(_write(process, names, read))
            tasks.create_task(_take(process, sheets))
            log = tasks.create_task(_log(process))
        status = await process.wait()
    finally:
        await child.kill(process)
    if status != 0:
        raise MediaError(MediaCode.FFMPEG_FAILED, f"the sprite sheets were not made ({status}): {log.result()[-300:]}")
    await sheets.finish(rendition)


async def _write(process: asyncio.subprocess.Process, names: Sequence[str], read: Read) -> None:
    assert process.stdin is not None
    # A process that has died closes the pipe; its status tells more.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for some in _batches(names, _READS):
            for body in await asyncio.gather(*map(read, some)):
                process.stdin.write(body)
                await process.stdin.drain()
    process.stdin.close()


def _batches(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))


async def _take(process: asyncio.subprocess.Process, sheets: pictures.Sheets) -> None:
    assert process.stdout is not None
    reader = sprites.JpegReader()
    while data := await process.stdout.read(_READ_BYTES):
        for sheet in reader.feed(data):
            await sheets.put(sheet)


async def _log(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    text = ""
    while data := await process.stderr.read(_READ_BYTES):
        text = (text + data.decode(errors="replace"))[-4000:]
    return text
