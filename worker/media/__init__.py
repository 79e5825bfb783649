"""From a master file to a verified HLS generation: files in, files out; no database, no HTTP client, no S3.

    facts = await probe(url)                                   # worker.media.probe     → SourceFacts
    plan = plan_ladder(facts, window_seconds=None)             # shared.encoding.ladder → Plan
    result = await encode(url, plan, sink, on_progress=told)   # worker.media.encode    → EncodeResult
    report = await verify(plan, result, read, stat)            # worker.media.verify    → {"ok", "checks"}

`url` is a presigned http(s) URL or a local path. `sink(name, body, content_type, kind)` stores one object under the
generation prefix and is awaited while the encode runs; playlists are stored again as they grow. Every failure is a
`MediaError` (`worker.media.errors`) with a code, a message and `permanent`. Call `probe` and `encode` on the main
thread's event loop: their children are bound to the life of the thread that starts them.

    encode ── graph        the ffmpeg command: decode once, scale in a cascade, encode all
      │       child        processes with limits that die with the worker
      ├────── packager     fMP4 and ADTS from pipes → segments (fmp4, adts)
      ├────── publisher    growing playlists while it runs, final ones at the end (playlists, results)
      ├────── sprites      preview sheets and their cue file
      └────── shelf        bounded hand-over to the sink; size and MD5 of everything
    probe ─── sniff        container by first bytes; inspection and timing run in a confined child

What lies under the prefix afterwards: ``master.m3u8``, ``v720/{index.m3u8,iframes.m3u8,init.mp4,seg-00000.m4s…}`` for
every rung, ``a0/{index.m3u8,init.mp4,seg-00000.m4s…}`` for every audio track, ``sprites/{sheet-000.jpg…,sprites.vtt}``,
``poster.jpg`` and ``thumb-1.jpg`` to ``thumb-3.jpg``.
"""
