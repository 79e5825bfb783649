"""A running stack to measure: started with the real command, asked over HTTP like by any user."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from cli.ports import free_port
from cli.tus import upload

_VMS = str(Path(sys.executable).with_name("vms"))


@dataclass(frozen=True)
class Stack:
    """Where it answers, and a client with an editor's key."""

    api: str
    client: httpx.Client

    def upload(self, source: Path, **metadata: str) -> dict[str, str]:
        """Upload a file; returns the headers of the last answer: ``x-video-id``, and ``x-job-id`` with ``encode``."""
        names = {"filename": source.name, **metadata}

        async def send() -> dict[str, str]:
            headers = {"Authorization": self.client.headers["Authorization"]}
            async with httpx.AsyncClient(base_url=self.api, headers=headers, timeout=600, trust_env=False) as client:
                return dict(await upload(client, "/api/upload/video", source, metadata=names, on_sent=lambda _: None))

        return asyncio.run(send())

    def encode(self, video_id: str) -> dict[str, Any]:
        """Encode a video and wait for the end; returns the job. Exits when it fails."""
        job_id = self.client.post(f"/api/videos/{video_id}/encode").raise_for_status().json()["jobId"]
        return self.finished(job_id)

    def finished(self, job_id: str) -> dict[str, Any]:
        """Wait for a job's end. Seldom asked for, so that asking costs nothing."""
        while True:
            job: dict[str, Any] = self.client.get(f"/api/encoding/jobs/{job_id}").raise_for_status().json()
            if job["status"] in {"failed", "cancelled"}:
                raise SystemExit(f"the job ended {job['status']}: {job['error']}")
            if job["status"] == "completed":
                return job
            time.sleep(0.5)


def seconds_of(job: dict[str, Any]) -> float:
    """From the moment a job was queued to the moment it was completed, by the API's clock."""
    begun, ended = (datetime.fromisoformat(job[name]) for name in ("createdAt", "completedAt"))
    return (ended - begun).total_seconds()


@contextmanager
def stack(data_dir: Path, *, workers: int = 1, **settings: str) -> Iterator[Stack]:
    """``vms up`` until the block ends; ``settings`` are environment variables."""
    command = [_VMS, "up", "--data-dir", str(data_dir), "--port", str(free_port()), "--workers", str(workers), "--json"]
    process = subprocess.Popen(
        command, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        event: dict[str, Any] = {}
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] in {"ready", "error"}:
                break
        if event.get("event") != "ready":
            raise SystemExit(f"the stack did not start: {event}")
        arguments = ["--role", "editor", "--name", "bench", "--data-dir", str(data_dir), "--json"]
        made = subprocess.run([_VMS, "keys", "create", *arguments], check=True, capture_output=True)
        headers = {"Authorization": f"Bearer {json.loads(made.stdout)['key']}"}
        with httpx.Client(base_url=event["apiUrl"], headers=headers, timeout=60, trust_env=False) as client:
            yield Stack(event["apiUrl"], client)
    finally:
        process.terminate()
        process.wait(timeout=30)
