"""What decides when several places say it: which profile, and whether anything may be changed."""

from __future__ import annotations

from collections.abc import Mapping

_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def profile(flag: str, chosen: str, where: str, variables: Mapping[str, str]) -> tuple[str, str]:
    """(profile to name to the SDK, where it came from); an AWS variable stays the SDK's own business and is only told."""
    if flag:
        return flag, "--profile"
    if chosen:
        return chosen, where
    for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        if named := variables.get(variable):
            return "", f"{variable}={named}"
    if variables.get("AWS_ACCESS_KEY_ID"):
        return "", "AWS_ACCESS_KEY_ID"
    return "", "default chain"


def locked(variables: Mapping[str, str]) -> tuple[str, str]:
    """(note, reason for read-only) of CLICKIT_READ_ONLY; what cannot be understood locks, to be safe."""
    said = variables.get("CLICKIT_READ_ONLY", "").strip()
    if not said:
        return "", ""
    if said.lower() in _YES:
        return "", f"CLICKIT_READ_ONLY={said}"
    if said.lower() in _NO:
        return f"CLICKIT_READ_ONLY={said} asks for nothing and lifts no read-only set elsewhere", ""
    return f"CLICKIT_READ_ONLY={said} is neither 1 nor 0: taken as read-only", f"CLICKIT_READ_ONLY={said}"
