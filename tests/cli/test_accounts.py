"""``vms keys`` and ``vms users`` with DATABASE_URL and nothing else."""

import json
import os
import subprocess
import sys
from uuid import UUID, uuid4

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app as program
from cli.ports import free_port
from shared.auth.models import Role
from shared.auth.passwords import verify_password
from shared.auth.repository import user_by_email
from shared.config import Settings
from shared.db.session import Database
from tests.auth.people import PASSWORD, Person, entries, make_person, signed_in

CODE = "from cli.main import app; app()"
KEPT = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}


def vms(directory, database_url: str, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", CODE, "--data-dir", str(directory), *arguments],
        env=KEPT | {"DATABASE_URL": database_url},
        input=stdin,
        capture_output=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n"])
async def test_a_password_is_stored_as_given(tmp_path, settings: Settings, database: Database, line_end: bytes):
    assert settings.database_url is not None
    email, password = f"{uuid4().hex}@example.org", "  correct horse battery\t "
    arguments = ("users", "create", "--email", email, "--role", "viewer", "--password-stdin")
    answer = vms(tmp_path, settings.database_url.get_secret_value(), *arguments, stdin=password.encode() + line_end)
    assert answer.returncode == 0, answer.stderr
    async with database.session() as session:
        user = await user_by_email(session, email)
    assert user is not None
    assert verify_password(user.password_hash, password)
    assert not verify_password(user.password_hash, password.strip())


def test_the_database_alone_is_enough(tmp_path, settings: Settings):
    assert settings.database_url is not None
    answer = vms(tmp_path, settings.database_url.get_secret_value(), "keys", "list", "--json")
    assert answer.returncode == 0, answer.stderr
    assert isinstance(json.loads(answer.stdout), list)


@pytest.mark.parametrize("fault", ["nobody listens", "no such database", "not a URL"])
def test_a_database_that_fails_is_told_in_a_sentence(tmp_path, settings: Settings, fault: str):
    assert settings.database_url is not None
    url = {
        "nobody listens": f"postgresql://vms:x@127.0.0.1:{free_port()}/vms",
        "no such database": settings.database_url.get_secret_value() + "-missing",
        "not a URL": "nonsense",
    }[fault]
    answer = vms(tmp_path, url, "keys", "list")
    assert answer.returncode == 1
    [line] = answer.stderr.decode().splitlines()
    assert line.startswith("vms: ")


@pytest.fixture
def run(tmp_path, settings: Settings):
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()

    def call(*arguments: str, stdin: bytes = b"", status: int = 0) -> subprocess.CompletedProcess[bytes]:
        answer = vms(tmp_path, url, *arguments, stdin=stdin)
        assert answer.returncode == status, answer.stderr
        return answer

    return call


@pytest.fixture
def within(tmp_path, settings: Settings):
    """The same in this process, for what ends before the database is asked: a process costs a second of its own."""
    assert settings.database_url is not None
    env = {"DATABASE_URL": settings.database_url.get_secret_value()}

    def call(*arguments: str, stdin: bytes = b"") -> Result:
        return CliRunner().invoke(program, ["--data-dir", str(tmp_path), *arguments], input=stdin, env=env)

    return call


async def test_a_user_from_first_to_last(run, app, admin, database: Database):
    email = f"{uuid4().hex}@example.org"
    who = ("--email", email, "--json")
    made = json.loads(
        run("users", "create", *who, "--role", "viewer", "--password-stdin", stdin=PASSWORD.encode()).stdout
    )
    assert made == {**made, "email": email, "role": "viewer", "disabled": False}
    assert set(made) == {"id", "email", "role", "disabled", "createdAt"}
    person = Person(UUID(made["id"]), email)
    assert json.loads(run("users", "role", *who, "--role", "editor").stdout)["role"] == "editor"
    async with signed_in(app, person) as client:
        assert json.loads(run("users", "sign-out", *who).stdout)["endedSessions"] == 1
        assert (await client.get("/api/auth/me")).status_code == 401
    async with signed_in(app, person) as client:
        assert json.loads(run("users", "disable", *who).stdout)["disabled"] is True
        assert (await client.get("/api/auth/me")).status_code == 401
        assert (await client.post("/api/auth/login", json=person.login)).status_code == 401
        assert json.loads(run("users", "enable", *who).stdout)["disabled"] is False
        assert (await client.post("/api/auth/login", json=person.login)).status_code == 200
    run("users", "password", *who, "--password-stdin", stdin=b"another horse battery\n")
    listed = json.loads(run("users", "list", "--json").stdout)
    assert [user["role"] for user in listed if user["email"] == email] == ["editor"]
    assert json.loads(run("users", "delete", *who).stdout) == {"email": email, "deleted": True}
    gone = run("users", "delete", *who, status=1)
    assert gone.stderr.decode() == f"vms: There is no user {email}\n"
    written = await entries(admin, objectType="user", objectId=made["id"], limit="100")
    assert [entry["action"] for entry in written if entry["actor"] == "cli"] == [
        *("users.delete", "users.update", "users.update", "users.update", "users.sign_out", "users.update"),
        "users.create",
    ]


async def test_a_key_from_first_to_last(run, anonymous):
    made = json.loads(
        run("keys", "create", "--role", "viewer", "--name", " nightly [bold]import[/x] ", "--json").stdout
    )
    assert set(made) == {"id", "name", "role", "key"}
    assert (made["name"], made["role"]) == ("nightly [bold]import[/x]", "viewer")
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await anonymous.get("/api/auth/me", headers=headers)).json()["id"] == made["id"]
    table = run("keys", "list").stdout.decode()
    assert made["id"] in table
    assert "[bold]" in table
    [listed] = [key for key in json.loads(run("keys", "list", "--json").stdout) if key["id"] == made["id"]]
    assert listed["lastUsedAt"] is not None
    assert "key" not in listed
    assert json.loads(run("keys", "revoke", made["id"], "--json").stdout) == {"id": made["id"], "revoked": True}
    assert (await anonymous.get("/api/auth/me", headers=headers)).status_code == 401
    assert run("keys", "revoke", made["id"], status=1).stderr.startswith(b"vms: ")


def test_the_key_alone_is_the_last_line(run):
    answer = run("keys", "create", "--role", "viewer", "--name", "for people")
    assert answer.stdout.decode().startswith("vms_")
    assert answer.stdout.count(b"\n") == 1


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("users", "create", "--email", "nobody", "--role", "viewer", "--password-stdin"), b"correct horse battery"),
        (("users", "create", "--email", "a b@c.d", "--role", "viewer", "--password-stdin"), b"correct horse battery"),
        (("users", "create", "--email", "a@example.org", "--role", "viewer", "--password-stdin"), b"short"),
        (("users", "create", "--email", "a@example.org", "--role", "viewer", "--password-stdin"), b"x" * 1025),
        (("users", "create", "--email", "a@example.org", "--role", "viewer", "--password-stdin"), b"\xff" * 12),
        (("users", "create", "--email", "a@example.org", "--role", "root", "--password-stdin"), b"x" * 12),
        (("users", "role", "--email", "a@example.org"), b""),
        (("keys", "create", "--role", "viewer", "--name", "  "), b""),
        (("keys", "create", "--role", "viewer", "--name", "x" * 201), b""),
        (("keys", "revoke", "nonsense"), b""),
    ],
)
def test_wrong_use_ends_with_2(within, arguments: tuple[str, ...], stdin: bytes):
    answer = within(*arguments, stdin=stdin)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert isinstance(answer.exception, SystemExit)
    assert "Traceback" not in answer.stderr


async def test_the_last_admin_stays(run, database: Database):
    person = await make_person(database, Role.admin)
    others = [user for user in json.loads(run("users", "list", "--json").stdout) if user["role"] == "admin"]
    if len([user for user in others if not user["disabled"]]) == 1:
        answer = run("users", "disable", "--email", person.email, status=1)
        assert b"no admin" in answer.stderr


@pytest.mark.parametrize("command", [(), ("create",), ("list",), ("role",), ("password",), ("disable",), ("sign-out",)])
def test_help_teaches(within, command: tuple[str, ...]):
    answer = within("users", *command, "--help")
    assert (answer.exit_code, "Usage:" in answer.stdout) == (0, True)
