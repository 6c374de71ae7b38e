"""`python -m clickit_tui.demo [--port N] [--seed N] [--latency-ms N]`: only the endpoint, until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from clickit_tui.demo import child
from clickit_tui.demo.launch import aws_variables


def serve(arguments: Sequence[str] = ()) -> int:
    """Serve the embedded ClickIt in this process; the exit status. Standard input is not read."""
    parser = argparse.ArgumentParser(prog="clickit-tui demo --serve", description="An embedded ClickIt that any AWS client can talk to.")
    parser.add_argument("--serve", action="store_true", help="accepted for symmetry; this is what it does")
    child.options(parser)
    given = parser.parse_args(list(arguments))
    ended, failed = threading.Event(), threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: ended.set())
    with tempfile.TemporaryDirectory(prefix="clickit-demo-") as home:
        empty = Path(home, "empty")
        empty.touch()
        child.run(given, lambda said: _print(said, str(empty), failed), ended)
    return 1 if failed.is_set() else 0


def _print(said: dict[str, object], empty: str, failed: threading.Event) -> None:
    if "progress" in said:
        print(f"{said['progress']} ...", flush=True)
    elif "error" in said:
        failed.set()
        print(said["error"], file=sys.stderr, flush=True)
    else:
        url = f"http://127.0.0.1:{said['port']}"
        print(f"ready {url}", flush=True)
        print("\nPoint any AWS client at it (account 123456789012, any region):")
        for name, value in aws_variables(url, empty).items():
            print(f"  export {name}={value}")
        print("then, for example:")
        print("  clickit-tui --env dev")
        print("  aws ecs describe-services --cluster clickit-dev-cluster --services clickit-dev-api")
        print(f"\ncontrol token {said['token']}", flush=True)


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1:]))
