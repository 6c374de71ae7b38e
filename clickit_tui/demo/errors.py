"""The error that every operation of the embedded ClickIt raises where AWS answers with an error."""

from __future__ import annotations


class AwsError(Exception):
    """An error in AWS's terms: the error code, its message and the HTTP status; the server puts it into the protocol of the service."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
