"""Run by the take-over tests: supervises stand-ins on a data directory until a signal. `D [PATH OF A LITTER FILE]`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from cli.datadir import DataDir
from cli.process import ProcessSpec
from cli.supervisor import Silent, Supervisor

PAUSE = (sys.executable, "-I", "-S", "-c", "import signal; signal.pause()")


async def main(data: DataDir, litter: tuple[Path, ...]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with data.locked():
        data.take_over()
        supervisor = Supervisor(data, Silent(), env={"API_URL": "http://127.0.0.1:1"})
        for group, name in enumerate(("postgres", "api", "encode")):
            await supervisor.start(ProcessSpec(name=name, argv=PAUSE, env=os.environ, litter=litter), group=group)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stop.wait()
        await supervisor.stop()


if __name__ == "__main__":
    directory = DataDir(Path(sys.argv[1]))
    directory.prepare()
    asyncio.run(main(directory, tuple(Path(path) for path in sys.argv[2:])))
