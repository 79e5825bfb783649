"""From a master file to a verified HLS generation: files in, files out; no database, no HTTP client, no S3.

    facts = await probe(url)                                   # worker.media.probe     → SourceFacts
    plan = plan_ladder(facts, window_seconds=None)             # shared.encoding.ladder → Plan
    result = await encode(url, plan, sink, on_progress=told)   # worker.media.encode    → EncodeResult
    report = await verify(plan, result, read, stat)            # worker.media.verify    → {"ok", "checks"}

A source of several windows is encoded by its parts, on as many machines as there are, and joined:

    plan = plan_ladder(facts, window_seconds=60)
    part = await encode_window(url, plan, 0, "all", sink, take=1, …)   # worker.media.parts → PartResult
    part = await encode_audio(url, plan, sink, take=1, …)
    now = growing(plan, pieces, codecs)                                # worker.media.growing → playlists so far
    result = await assemble(plan, parts, sink, read, …)                # worker.media.assembly → EncodeResult

`url` is a presigned http(s) URL or a local path. `sink(name, body, content_type, kind)` stores one object under the
generation prefix and is awaited while the encode runs; playlists are stored again as they grow. Every failure is a
`MediaError` (`worker.media.errors`) with a code, a message and `permanent`. Call `probe` and `encode` on the main
thread's event loop: their children are bound to the life of the thread that starts them.

    encode ── run          one ffmpeg under watch: pipes, log, progress
    parts     │ graph      its command: decode once, scale in a cascade, encode all; the cut of a window
      │       │ child      processes with limits that die with the worker
      │       └ packager   fMP4 and ADTS from pipes → segments (fmp4, adts)
      ├────── publisher    growing playlists while it runs, final ones at the end (playlists, results)
      ├────── pictures     preview sheets and their cue file (sprites), thumbnails, poster
      └────── shelf        bounded hand-over to the sink; size and MD5 of everything
    probe ─── sniff        container by first bytes; inspection and timing run in a confined child
    verify ── witness      notes about stored objects, made while they are read back
      │       rules        what must hold, by number, judged from the evidence (hls, h264, fmp4)
    progressive            one MP4 to download, made of stored segments
    compare                what was published against the original (compare_samples, compare_likeness)
    loudness               gains that bring the sound to a loudness

What lies under the prefix afterwards: ``master.m3u8``, ``v720/{index.m3u8,iframes.m3u8,init.mp4,seg-00000.m4s…}`` for
every rung, ``a0/{index.m3u8,init.mp4,seg-00000.m4s…}`` for every audio track, ``sprites/{sheet-000.jpg…,sprites.vtt}``,
``poster.jpg`` and ``thumb-1.jpg`` to ``thumb-3.jpg``.
"""
