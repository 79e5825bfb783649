"""What the end of an encode says: verified output as a completed report."""

from dataclasses import replace
from typing import Any

from shared.encoding.ladder import Plan
from shared.jobs.tasks import EncodeOptions
from worker.media import progressive
from worker.media.results import EncodeResult
from worker.media.verify import verify
from worker.media.witness import Seen
from worker.tasks.failures import VerificationFailed
from worker.tasks.output import Output


async def with_download(result: EncodeResult, output: Output, options: EncodeOptions) -> EncodeResult:
    """The result, with one MP4 beside the stream if that was asked for."""
    if not options.progressive_mp4:
        return result
    return replace(result, objects={**result.objects, **await output.write_download(result.renditions, result.audio)})


async def verified(
    plan: Plan, result: EncodeResult, output: Output, options: EncodeOptions, *, witnessed: Seen
) -> dict[str, Any]:
    """The verification report of what lies in storage. What was ``witnessed`` there is not read again.

    :raises VerificationFailed: it is not what was made.
    """
    report: dict[str, Any] = await verify(
        plan, result, output.read, output.stat, witnessed=witnessed, download=options.progressive_mp4
    )
    if not report["ok"]:
        failed = [check for check in report["checks"] if not check["ok"]]
        raise VerificationFailed(f"{failed[0]['rule']}: {failed[0]['detail']}" if failed else "no detail")
    return report


def completed_report(result: EncodeResult, report: dict[str, Any], output_url: str) -> dict[str, Any]:
    """The fields of a completed report, but for who reports."""
    audio_peak = max((track.peak_bps for track in result.audio), default=0)
    audio_average = max((track.average_bps for track in result.audio), default=0)
    download = result.objects.get(progressive.NAME)
    return {
        "progress": 100,
        "outputUrl": output_url,
        "renditions": [
            {
                "quality": rendition.name,
                "url": f"{rendition.directory}/index.m3u8",
                "width": rendition.width,
                "height": rendition.height,
                "bandwidthBps": rendition.peak_bps + audio_peak,
                "averageBandwidthBps": rendition.average_bps + audio_average,
                "codecs": rendition.codecs,
                "frameRate": round(float(rendition.frame_rate), 3),
            }
            for rendition in result.renditions
        ],
        "thumbnails": list(result.thumbnails),
        "report": report,
        "durationSeconds": result.duration_seconds,
        "sizeBytes": result.bytes_total,
        "downloadBytes": download.size if download else None,
    }
