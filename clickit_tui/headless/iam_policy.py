"""`clickit-tui iam-policy`: the IAM policy that an observer or an operator of one environment needs, and no more."""

from __future__ import annotations

import json
import os
import sys
from typing import TextIO

from clickit_tui.actions.registry import actions
from clickit_tui.aws import policy
from clickit_tui.config import Config

OK = 0
STOP = "rds:StopDBInstance"


def iam_policy(config: Config, *, operator: bool = False, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Print the policy as JSON, and what a reader must know beside it on standard error. Nothing is read from AWS. Returns 0."""
    stream, aside = out or sys.stdout, err or sys.stderr
    place = where(config)
    made = policy.documents(policy.statements(config.names, place, planned(config) if operator else ()))
    stream.write(json.dumps(made[0] if len(made) == 1 else made, indent=2) + "\n")
    for sentence in said(config, place, made):
        aside.write(f"clickit-tui: {sentence}\n")
    return OK


def planned(config: Config) -> frozenset[str]:
    """Every call that an action can plan in this environment."""
    every = frozenset(operation for action in actions() for operation in action.operations)
    return every - {STOP} if config.protected and not config.stop_database else every


def where(config: Config) -> policy.Place:
    """Account and region as configured; `*` for what is not."""
    region = config.region or os.environ.get("AWS_REGION", "") or os.environ.get("AWS_DEFAULT_REGION", "")
    return policy.Place(config.account or "*", region or "*")


def said(config: Config, place: policy.Place, made: list[policy.Json]) -> list[str]:
    """Sentences beside the policy."""
    sizes = [policy.size(each) for each in made]
    told = []
    if place.account == "*":
        told.append(f"any account: name the account of {config.env} in the configuration to narrow the ARNs")
    if place.region == "*":
        told.append("any region: name it with --region to narrow the ARNs")
    if len(made) > 1:
        kept = f"{policy.LIMIT:,} characters are the most of one managed policy"
        told.append(f"{kept}, so it is a JSON array of {len(made)} policies ({', '.join(f'{each:,}' for each in sizes)}): attach them all")
    return told
