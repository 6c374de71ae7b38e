"""The first thing a child process runs: `python spawn.py tty|held COMMAND ...`, by its path, so that it imports nothing of the product.

`tty` makes standard input the controlling terminal, so that Ctrl-C there is a signal for the child alone, and becomes the command.
`held` runs the command until standard input ends, which it does when the product does in any way, and then interrupts it.
"""

from __future__ import annotations

import os
import signal
import sys

NOT_FOUND = 127
"""Exit code when the command cannot be started; standard error says why."""
CLOSE_S = 5.0
"""How long an interrupted command may take to end by itself."""


def argv(how: str, command: list[str]) -> list[str]:
    """The command line that runs a command under this file."""
    return [sys.executable, "-I", "-S", __file__, how, *command]


def _become(command: list[str]) -> int:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell on purpose
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\r\n")
        return NOT_FOUND


def _hold(command: list[str]) -> int:
    import subprocess
    import threading

    child: subprocess.Popen[bytes] | None = None
    interrupted = False

    def interrupt(*_: object) -> None:
        nonlocal interrupted
        interrupted = True
        if child is not None:
            child.send_signal(signal.SIGINT)
            signal.setitimer(signal.ITIMER_REAL, CLOSE_S)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_end_with_parent)  # noqa: S603
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        return NOT_FOUND
    signal.signal(signal.SIGALRM, lambda *_: child.kill())
    if interrupted:
        interrupt()
    threading.Thread(target=_end_with_input, daemon=True).start()
    return child.wait()


def _end_with_parent() -> None:
    """Where the system can do it: be interrupted when the holder is killed."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def _end_with_input() -> None:
    """Interrupt this process when nobody holds its input any more."""
    try:
        while os.read(0, 1024):
            pass
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit({"tty": _become, "held": _hold}[sys.argv[1]](sys.argv[2:]))
