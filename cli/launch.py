"""Ties a child to its supervisor, sets its privileges, then becomes the program.

Run by path, not imported: ``python -I -S launch.py --parent PID --death-signal N [options] -- program argument…``.
It imports the standard library only, so it costs about 15 ms. A separate program rather than a ``preexec_fn``,
because Python code between fork and exec may deadlock in a process with threads.

Exit codes of its own: 125 the privileges could not be set, 126 the program could not be run.
"""

import argparse
import ctypes
import os
import sys

SETUP_FAILED = 125
CANNOT_RUN = 126

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_CAPABILITY_VERSION_3 = 0x20080522
_UNPRIVILEGED_ID = 1000


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySet(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib would double the start time
        file.write(text)


def _enter_user_namespace(flags: int, inner_uid: int, inner_gid: int) -> None:
    """Enter a new user namespace in which the present ids are called ``inner_uid`` and ``inner_gid``."""
    uid, gid = os.geteuid(), os.getegid()
    _check(_libc().unshare(_CLONE_NEWUSER | flags), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{inner_uid} {uid} 1")
    _write("/proc/self/gid_map", f"{inner_gid} {gid} 1")


def _become(uid: int) -> None:
    """Drop from root to ``uid``, keeping only the right to pass file permissions where the kernel lets us.

    That right is what lets a server below a home directory of mode 0700 be executed and keep its data there.
    """
    libc = _libc()
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    held = (_CapabilitySet * 2)()
    _check(libc.capget(ctypes.byref(header), held), "capget")
    keep = held[0].permitted & (1 << _CAP_DAC_OVERRIDE | 1 << _CAP_DAC_READ_SEARCH)
    libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    wanted = (_CapabilitySet * 2)(_CapabilitySet(keep, keep, keep), _CapabilitySet(0, 0, 0))
    if libc.capset(ctypes.byref(header), wanted) == 0:
        for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
            libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _cover_tmp(directory: str) -> None:
    """Make ``directory`` this program's ``/tmp`` and its working directory; or, without namespaces, just the latter."""
    libc = _libc()
    try:
        if libc.unshare(_CLONE_NEWNS) != 0:
            _enter_user_namespace(_CLONE_NEWNS, os.geteuid(), os.getegid())
        _check(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "mount / private")
        _check(libc.mount(os.fsencode(directory), b"/tmp", None, _MS_BIND, None), "bind /tmp")
    except OSError:
        os.chdir(directory)
    else:
        os.chdir("/tmp")  # noqa: S108


def _die_with(parent: int, signal_number: int) -> None:
    """Ask for ``signal_number`` when the parent's thread ends; to be called last, changing ids clears it."""
    _check(_libc().prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        os._exit(0)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="launch")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death-signal", type=int, required=True)
    parser.add_argument("--user", default="same", help="same · namespace · a number to drop to")
    parser.add_argument("--tmp", help="directory that becomes the program's /tmp and working directory")
    parser.add_argument("--writable", help="directory the program must be able to enter and write")
    parser.add_argument("program", nargs="+")
    options = parser.parse_args(arguments)
    # Opened by descriptor: the program may lie under the /tmp that is about to be covered.
    program = os.open(options.program[0], os.O_RDONLY | os.O_CLOEXEC) if options.tmp else options.program[0]
    try:
        if options.user == "namespace":
            _enter_user_namespace(0, _UNPRIVILEGED_ID, _UNPRIVILEGED_ID)
        elif options.user != "same":
            _become(int(options.user))
        if options.tmp:
            _cover_tmp(options.tmp)
        if sys.platform == "linux":
            _die_with(options.parent, options.death_signal)
        # By the effective ids: the plain question ignores the capabilities that _become() keeps.
        if options.writable and not os.access(options.writable, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
            raise PermissionError(f"no write access to {options.writable}")
    except (OSError, ValueError) as error:
        print(f"launch: {error}", file=sys.stderr)  # noqa: T201 - the supervisor reads it
        return SETUP_FAILED
    try:
        os.execve(program, options.program, os.environ)  # noqa: S606 - the purpose of this program
    except OSError as error:
        print(f"launch: {options.program[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201
    return CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
