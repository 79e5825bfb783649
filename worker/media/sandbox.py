"""Confine this process for good: limits, no privileges, one source to read, one port to connect to.

Run as a script it confines itself and then becomes the command it was given:
``python -I -S sandbox.py PARENT_PID LIMITS_JSON command …``. That keeps the fork free of Python code (``preexec_fn``
can deadlock in a process with threads). Only light modules are imported, since every ffmpeg waits for them.

Landlock (landlock(7)) guards files, TCP ports and signals; a seccomp filter (seccomp(2)) refuses the system calls that
no decoder needs, and closes what Landlock leaves open: UDP, MPTCP, TCP fast open, a listening socket without a bind.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_GET_ACTION_AVAIL = 2
#: For all threads, and without the costly mitigation that only code which runs hostile code needs.
_SECCOMP_FLAGS = 1 | 4
_KILL, _REFUSE, _ABSENT, _ALLOW = 0x80000000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x7FFF0000

#: Access rights to files by the Landlock ABI that knows them: 13 in the first, then REFER, TRUNCATE, IOCTL_DEV.
_FILE_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_BIND_TCP, _CONNECT_TCP = 1, 2
#: Neither abstract unix sockets nor signals reach a process outside.
_SCOPES = 3
NETWORK_ABI, SCOPE_ABI = 4, 6
_WRITABLE = ("/dev/null",)

_ANY = 0xFFFFFFFF
_CLONE_THREAD = 0x10000
_MSG_FASTOPEN = 0x20000000
_AF_INET, _SOCK_STREAM, _TYPE_MASK, _TCP = 2, 1, 0xF, 6

#: ELF machine constants of linux/audit.h, and the column of `_CALLS`.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x40000000
#: Numbers on x86-64 and on aarch64 (-1: it has none).
_CALLS: dict[str, tuple[int, int]] = {
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
    "seccomp": (317, 277),
    "capset": (126, 91),
    "clone": (56, 220),
    "clone3": (435, 435),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "sendmmsg": (307, 269),
    "sendmsg": (46, 211),
    "sendto": (44, 206),
    "setpriority": (141, 140),
    "socket": (41, 198),
    "tgkill": (234, 131),
}
#: What is always refused: name, number on x86-64, number on aarch64. In this order: other processes, new processes,
#: mounts and namespaces, ways around other rules, keys, the machine, files' owners, modes, times and attributes, memory
#: that no limit counts, serving, more time on more CPUs.
_REFUSED = """
ptrace:101:117 process_vm_readv:310:270 process_vm_writev:311:271 kcmp:312:272 pidfd_open:434:434 pidfd_getfd:438:438
pidfd_send_signal:424:424 process_madvise:440:440 kill:62:129 tkill:200:130 rt_sigqueueinfo:129:138
rt_tgsigqueueinfo:297:240
fork:57:-1 vfork:58:-1 execveat:322:281
mount:165:40 umount2:166:39 pivot_root:155:41 chroot:161:51 move_mount:429:429 open_tree:428:428 fsopen:430:430
fsconfig:431:431 fsmount:432:432 fspick:433:433 mount_setattr:442:442 unshare:272:97 setns:308:268
bpf:321:280 perf_event_open:298:241 io_uring_setup:425:425 io_uring_enter:426:426 io_uring_register:427:427
userfaultfd:323:282 name_to_handle_at:303:264 open_by_handle_at:304:265 fanotify_init:300:262 personality:135:92
keyctl:250:219 add_key:248:217 request_key:249:218
kexec_load:246:104 kexec_file_load:320:294 init_module:175:105 finit_module:313:273 delete_module:176:106 reboot:169:142
swapon:167:224 swapoff:168:225 acct:163:89 quotactl:179:60 quotactl_fd:443:443 syslog:103:116 sethostname:170:161
setdomainname:171:162 iopl:172:-1 ioperm:173:-1 settimeofday:164:170 clock_settime:227:112 clock_adjtime:305:266
adjtimex:159:171
chmod:90:-1 fchmod:91:52 fchmodat:268:53 fchmodat2:452:452 chown:92:-1 fchown:93:55 lchown:94:-1 fchownat:260:54
utime:132:-1 utimes:235:-1 futimesat:261:-1 utimensat:280:88 setxattr:188:5 lsetxattr:189:6 fsetxattr:190:7
removexattr:197:14 lremovexattr:198:15 fremovexattr:199:16 setxattrat:463:463 removexattrat:466:466
memfd_create:319:279 memfd_secret:447:447 shmget:29:194 msgget:68:186 semget:64:190 mq_open:240:180
bind:49:200 listen:50:201 accept:43:202 accept4:288:242 socketpair:53:199
sched_setaffinity:203:122 sched_setattr:314:274 sched_setscheduler:144:119 sched_setparam:142:118 ioprio_set:251:30
"""


def confine(parent_pid: int, limits: Mapping[str, int]) -> None:
    """Die with the parent, dump no core, write no files, yield to the worker, gain nothing, and keep to `limits`.

    Those are `memory_bytes` and `cpu_seconds`, each optional. The parent-death signal follows the *thread* that forked,
    so spawn children from a thread that lives as long as the worker does: the main one, where the event loop runs.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(125)
    # When memory runs out the kernel shall take the child, which is reported and tried again, not the worker.
    _raise_oom_score()
    os.nice(5)
    # Pipes do not count as files: no child of ours has a reason to write one.
    ceilings = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0}
    if "memory_bytes" in limits:
        ceilings[resource.RLIMIT_AS] = limits["memory_bytes"]
    if "cpu_seconds" in limits:
        ceilings[resource.RLIMIT_CPU] = limits["cpu_seconds"]
    for name, ceiling in ceilings.items():
        hard = resource.getrlimit(name)[1]
        value = ceiling if hard == resource.RLIM_INFINITY else min(ceiling, hard)
        # Reaching the hard CPU limit kills like anything else; the soft one tells why (SIGXCPU).
        spare = 2 if name == resource.RLIMIT_CPU and (hard == resource.RLIM_INFINITY or value + 2 <= hard) else 0
        resource.setrlimit(name, (value, value + spare))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if os.uname().machine in _MACHINES:
        # Version 3 of the header, this process; effective, permitted and inheritable: none.
        _call("capset", ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0)), ctypes.create_string_buffer(24))


def enter(read: Iterable[str], execute: Iterable[str], port: int | None) -> None:
    """Give up everything but reading below `read`, executing `execute` and connecting to TCP `port` (None: to nothing).

    Threads that run already keep their files and ports, so call it before there are any. What the kernel lacks is left
    out (`landlock_abi`, `has_seccomp` tell); what it has and refuses raises OSError. Needs `confine` before it.
    """
    if abi := landlock_abi():
        _landlock(abi, read, execute, port)
    if has_seccomp():
        program = seccomp_program(os.uname().machine, os.getpid())
        instructions = ctypes.create_string_buffer(program, len(program))
        header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(instructions))
        _call("seccomp", _SECCOMP_SET_MODE_FILTER, _SECCOMP_FLAGS, ctypes.create_string_buffer(header, len(header)))


def landlock_abi() -> int:
    """Return the version of the kernel's Landlock; 0 where it is missing, off, or forbidden by a container."""
    try:
        return _call("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def has_seccomp() -> bool:
    """Tell whether the kernel takes filters, on a machine whose system calls are known here."""
    try:
        _call("seccomp", _SECCOMP_GET_ACTION_AVAIL, 0, ctypes.byref(ctypes.c_uint32(_REFUSE & 0xFFFF0000)))
    except OSError:
        return False
    return True


def seccomp_program(machine: str, pid: int) -> bytes:
    """Return the BPF program for process `pid`: 8 bytes an instruction, as struct sock_filter has them."""
    audit, column = _MACHINES[machine]
    program = [_load(4), _jump(audit, 1, 0), _end(_KILL), _load(0)]
    if machine == "x86_64":
        program += [struct.pack("HBBI", 0x35, 0, 1, _X32), _end(_REFUSE)]
    for entry in _REFUSED.split():
        number = int(entry.split(":")[1 + column])
        if number >= 0:
            program += [_jump(number, 0, 1), _end(_REFUSE)]
    # The flags of clone3 lie in memory, out of a filter's sight. The C library falls back to clone.
    program += [_jump(_CALLS["clone3"][column], 0, 1), _end(_ABSENT)]
    # Each system call with what its arguments must be, under a mask.
    only: dict[str, tuple[tuple[int, int, tuple[int, ...]], ...]] = {
        "clone": ((0, _CLONE_THREAD, (_CLONE_THREAD,)),),
        "prlimit64": ((0, _ANY, (0, pid)),),
        "sendmmsg": ((3, _MSG_FASTOPEN, (0,)),),
        "sendmsg": ((2, _MSG_FASTOPEN, (0,)),),
        "sendto": ((3, _MSG_FASTOPEN, (0,)),),
        "setpriority": ((0, _ANY, (0,)), (1, _ANY, (0,))),
        "socket": ((0, _ANY, (_AF_INET,)), (1, _TYPE_MASK, (_SOCK_STREAM,)), (2, _ANY, (0, _TCP))),
        "tgkill": ((0, _ANY, (pid,)),),
    }
    for name, conditions in only.items():
        program += _when(_CALLS[name][column], [step for condition in conditions for step in _must(*condition)])
    # The signal that ends this process with its worker cannot be taken back.
    death = [_load(16), _jump(_PR_SET_PDEATHSIG, 0, 1), _end(_REFUSE)]
    program += _when(_CALLS["prctl"][column], death)
    return b"".join([*program, _end(_ALLOW)])


def _when(number: int, steps: list[bytes]) -> list[bytes]:
    block = [*steps, _end(_ALLOW)]
    return [_jump(number, 0, len(block)), *block]


def _must(argument: int, mask: int, values: Sequence[int]) -> list[bytes]:
    masked = [_load(16 + 8 * argument), struct.pack("HBBI", 0x54, 0, 0, mask)]
    return [*masked, *(_jump(value, len(values) - n, 0) for n, value in enumerate(values)), _end(_REFUSE)]


def _load(offset: int) -> bytes:
    return struct.pack("HBBI", 0x20, 0, 0, offset)


def _jump(value: int, equal: int, different: int) -> bytes:
    return struct.pack("HBBI", 0x15, equal, different, value)


def _end(verdict: int) -> bytes:
    return struct.pack("HBBI", 0x06, 0, 0, verdict)


def _landlock(abi: int, read: Iterable[str], execute: Iterable[str], port: int | None) -> None:
    files = _FILE_RIGHTS[min(abi, max(_FILE_RIGHTS))]
    network = _BIND_TCP | _CONNECT_TCP if abi >= NETWORK_ABI else 0
    attributes = struct.pack("QQQ", files, network, _SCOPES if abi >= SCOPE_ABI else 0)
    ruleset = _call("landlock_create_ruleset", ctypes.create_string_buffer(attributes, 24), 24, 0)
    try:
        for paths, rights in ((read, 0), (execute, _EXECUTE), (_WRITABLE, _WRITE_FILE)):
            for path in paths:
                _allow(ruleset, path, rights | _READ_FILE)
        if port is not None and network:
            rule = struct.pack("QQ", _CONNECT_TCP, port)
            _call("landlock_add_rule", ruleset, 2, ctypes.create_string_buffer(rule, 16), 0)
        _call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """What does not exist needs no permission."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        below = _READ_DIR if os.path.isdir(path) else 0  # noqa: PTH112 - pathlib costs every ffmpeg its import
        rule = struct.pack("=Qi", rights | below, descriptor)
        _call("landlock_add_rule", ruleset, 1, ctypes.create_string_buffer(rule, 12), 0)
    finally:
        os.close(descriptor)


def _raise_oom_score() -> None:
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "r+b", buffering=0) as file:  # noqa: PTH123
        file.write(b"%d" % max(500, int(file.read())))


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def _call(name: str, *arguments: object) -> int:
    """Make a system call; raises OSError, also where its number is not known."""
    _, column = _MACHINES.get(os.uname().machine, (0, -1))
    if column < 0 or sys.maxsize < 1 << 32:
        raise OSError(errno.ENOSYS, name)
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result: int = ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(_CALLS[name][column]), *wide)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def _main(parent_pid: str, limits_json: str, *command: str) -> None:
    limits = json.loads(limits_json)
    cpus, box = limits.pop("cpus", None), limits.pop("box", None)
    if cpus:
        os.sched_setaffinity(0, cpus)
    confine(int(parent_pid), limits)
    if box:
        enter(box["read"], box["execute"], box["port"])
    os.execv(command[0], command)  # noqa: S606 - an argv built by this package, no shell


if __name__ == "__main__":
    _main(*sys.argv[1:])
