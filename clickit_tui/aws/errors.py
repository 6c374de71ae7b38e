"""Every way a call can fail, as one plain sentence with its remedy. Classes and codes decide, never words in a foreign message."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clickit_tui.aws.reads import CREDENTIAL_CALLS, permission
from clickit_tui.aws.skew import refused_for
from clickit_tui.world.seen import Failed, Fault, Trouble, clean

_LIMIT = 300


class OutcomeUnknown(Failed):
    """A write left, and its answer was lost: it may or may not have happened. Settled by reading, never by sending again."""


class UnreadableAnswer(Exception):
    """The endpoint answered with something that is no answer of an AWS service, e.g. a web page."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status} without an AWS answer")
        self.status = status


class CodeNeeded(Exception):
    """The SDK needs the code of an MFA device to assume a role."""

    def __init__(self, prompt: str) -> None:
        super().__init__(prompt)
        self.prompt = prompt


class StillExpired(Exception):
    """The credentials have ended, and looking for them again found the same; the SDK has no class of its own for it."""


_LOG_IN = "press L to log in, or run: aws sso login{profile}"
_SIGN_IN = "run: aws login{profile}"
_KEYS = "renew the credentials, then wait: the next try picks them up"

_CLASSES: dict[str, tuple[Trouble, str, str]] = {
    "NoCredentialsError": (Trouble.CREDENTIALS, "no AWS credentials found", "name a profile with --profile, or log in (L)"),
    "NoAuthTokenError": (Trouble.CREDENTIALS, "no AWS token found", _LOG_IN),
    "PartialCredentialsError": (
        Trouble.CREDENTIALS,
        "the AWS credentials are incomplete: {text}",
        "complete them in the environment or the profile",
    ),
    "CredentialRetrievalError": (
        Trouble.CREDENTIALS,
        "the credentials could not be obtained: {text}",
        "repair the profile's credential_process",
    ),
    "MetadataRetrievalError": (Trouble.CREDENTIALS, "the credentials could not be obtained from the metadata service: {text}", ""),
    "UnknownCredentialError": (
        Trouble.CREDENTIALS,
        "the profile's credential source is unknown: {text}",
        "repair the profile in the AWS config file",
    ),
    "InvalidIMDSEndpointError": (
        Trouble.CREDENTIALS,
        "the metadata service's address is invalid",
        "repair AWS_EC2_METADATA_SERVICE_ENDPOINT",
    ),
    "TokenRetrievalError": (Trouble.CREDENTIALS, "the SSO log-in has expired", _LOG_IN),
    "UnauthorizedSSOTokenError": (Trouble.CREDENTIALS, "the SSO log-in has expired", _LOG_IN),
    "SSOTokenLoadError": (Trouble.CREDENTIALS, "not logged in with SSO", _LOG_IN),
    "SSOError": (Trouble.CREDENTIALS, "the SSO log-in failed", _LOG_IN),
    "LoginRefreshRequired": (Trouble.CREDENTIALS, "the log-in has expired", _SIGN_IN),
    "LoginTokenLoadError": (Trouble.CREDENTIALS, "not logged in", _SIGN_IN),
    "LoginInsufficientPermissions": (Trouble.CREDENTIALS, "the log-in lacks permissions", _SIGN_IN),
    "LoginError": (Trouble.CREDENTIALS, "the log-in failed", _SIGN_IN),
    "MissingDependencyException": (
        Trouble.CREDENTIALS,
        "this profile needs the AWS Common Runtime",
        "install it beside clickit-tui: pipx inject clickit-tui awscrt",
    ),
    "RefreshWithMFAUnsupportedError": (Trouble.CREDENTIALS, "the MFA session has ended", "enter a new MFA code"),
    "StillExpired": (
        Trouble.CREDENTIALS,
        "the credentials have expired",
        "renew them where they were found; those of the environment (AWS_*) also need a new start",
    ),
    "CodeNeeded": (
        Trouble.CREDENTIALS,
        "the role needs an MFA code",
        "press L to be asked for it, or obtain a session with the AWS CLI first",
    ),
    "ProfileNotFound": (
        Trouble.CREDENTIALS,
        "there is no profile {profile} in the AWS config",
        "name another with --profile, or: aws configure list-profiles",
    ),
    "ConfigParseError": (Trouble.CREDENTIALS, "the AWS config file cannot be parsed", "repair it"),
    "ConfigNotFound": (Trouble.CREDENTIALS, "the AWS config file was not found", "see AWS_CONFIG_FILE"),
    "InvalidConfigError": (Trouble.CREDENTIALS, "the AWS profile is not valid: {text}", "repair it in the AWS config file"),
    "NoRegionError": (Trouble.INVALID, "no region is configured", "name it with --region, AWS_REGION or in the profile"),
    "InvalidRegionError": (Trouble.INVALID, "the region's name is not valid", "name it with --region"),
    "UnknownEndpointError": (Trouble.INVALID, "AWS has no such endpoint: {text}", "check the region"),
    "EndpointProviderError": (Trouble.INVALID, "the endpoint cannot be made out: {text}", "check the region"),
    "EndpointConnectionError": (Trouble.UNREACHABLE, "no connection to {host}", "check network, VPN and region"),
    "ConnectTimeoutError": (Trouble.UNREACHABLE, "connecting to {host} took too long", "check network, VPN and region"),
    "ReadTimeoutError": (Trouble.UNREACHABLE, "{host} did not answer in time", ""),
    "ConnectionClosedError": (Trouble.UNREACHABLE, "{host} closed the connection", ""),
    "ProxyConnectionError": (Trouble.UNREACHABLE, "no connection to the proxy", "check HTTPS_PROXY"),
    "SSLError": (
        Trouble.UNREACHABLE,
        "the certificate of {host} is not trusted",
        "check AWS_CA_BUNDLE, the proxy and this machine's clock",
    ),
    "IncompleteReadError": (Trouble.GARBLED, "the answer broke off", ""),
    "ResponseStreamingError": (Trouble.GARBLED, "the answer broke off", ""),
    "HTTPClientError": (Trouble.UNREACHABLE, "the connection failed", ""),
    "ResponseParserError": (Trouble.GARBLED, "the answer could not be read", "the endpoint may not serve this operation"),
    "ChecksumMismatch": (Trouble.GARBLED, "the answer arrived damaged", ""),
    "ParamValidationError": (Trouble.INVALID, "the request is not valid: {text}", ""),
    "UnknownServiceError": (Trouble.UNSERVED, "this SDK does not know the service", ""),
    "DataNotFoundError": (Trouble.UNSERVED, "this SDK does not know the service", ""),
    "TimeoutError": (Trouble.UNREACHABLE, "no answer in time", ""),
    "ClientPayloadError": (Trouble.GARBLED, "the answer broke off", ""),
    "ClientConnectionError": (Trouble.UNREACHABLE, "the connection failed", ""),
    "OSError": (Trouble.UNREACHABLE, "the connection failed: {text}", ""),
    "BotoCoreError": (Trouble.UNKNOWN, "the SDK failed ({type}): {text}", ""),
}
"""By the name of a class of botocore, aiohttp or Python; the nearest base decides. Kind, sentence, remedy."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CODES: dict[Trouble, frozenset[str]] = {
    Trouble.CREDENTIALS: _set(
        "AuthFailure ExpiredToken ExpiredTokenException IncompleteSignature InvalidAccessKeyId InvalidClientTokenId "
        "InvalidIdentityToken InvalidSignatureException InvalidToken MissingAuthenticationToken "
        "MissingAuthenticationTokenException RequestExpired "
        "RequestInTheFuture "
        "RequestTimeTooSkewed SignatureDoesNotMatch TokenRefreshRequired UnauthorizedException UnrecognizedClientException "
        "InvalidGrantException InvalidClientException 401"
    ),
    Trouble.DENIED: _set(
        "AccessDenied AccessDeniedException AuthorizationError AuthorizationErrorException ForbiddenException NotAuthorized "
        "NotAuthorizedException "
        "OperationNotPermitted OptInRequired SubscriptionRequiredException UnauthorizedAccess UnauthorizedOperation 403"
    ),
    Trouble.THROTTLED: _set(
        "BandwidthLimitExceeded EC2ThrottledException PriorRequestNotComplete ProvisionedThroughputExceededException RequestLimitExceeded "
        "RequestThrottled RequestThrottledException SlowDown SlowDownException ThrottledException Throttling ThrottlingException "
        "TooManyRequestsException TransactionInProgressException 429"
    ),
    Trouble.UNSERVED: _set(
        "InvalidAction NotImplemented NotImplementedException UnknownOperation UnknownOperationException UnsupportedOperation 404 405 501"
    ),
    Trouble.MISSING: _set("ServiceNotActiveException ClusterNotActiveException"),
    Trouble.SERVER: _set(
        "InternalError InternalFailure InternalServerError InternalServerErrorException InternalServerException InternalServiceError "
        "InternalServiceException InternalServiceFault ServerException ServiceUnavailable ServiceUnavailableException Unavailable "
        "500 502 503 504"
    ),
}
_MISSING_CODE = re.compile(r"(?<=[a-z.])NotFound(Exception|Fault|Message|Error)?$|^ResourceNotFound")
_CLOCK_CODES = _set("InvalidSignatureException RequestInTheFuture RequestTimeTooSkewed SignatureDoesNotMatch")
_TIMED_CODES = _CLOCK_CODES | _set("AuthFailure RequestExpired")
_SET_CLOCK = "set this machine's clock (timedatectl set-ntp true); logging in again does not help"
_PERMISSION = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)")

_SECRETS = (
    (re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b"), "***"),
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+)*"), "***"),
    (re.compile(r"(?i)\b(\w+://[^\s:/@]*:)[^\s@]+@"), r"\1***@"),
    (
        re.compile(
            r"""(?ix) (["']?[\w-]*(?:secret|token|passw(?:or)?d|pwd|passphrase|credential|api[_-]?key|access[_-]?key|authorization)
            [\w-]*["']?\s*[:=]\s*)
            (?:(?:bearer|basic)\s+)? (?:"[^"]*"|'[^']*'|[^\s,;&}\]]+)"""
        ),
        r"\1***",
    ),
    (re.compile(r"(?<![\w/+=-])(?=[\w/+-]*[A-Z])(?=[\w/+-]*[a-z])(?=[\w/+-]*\d)[A-Za-z0-9/+]{40}(?![\w/+=-])"), "***"),
    (re.compile(r"(?<![\w/+=-])[A-Za-z0-9/+_-]{80,}={0,2}"), "***"),
)


def mask(text: str) -> str:
    """The text with what looks like a key, token, password or credential replaced by `***`."""
    for pattern, stars in _SECRETS:
        text = pattern.sub(stars, text)
    return text


def fault_of(
    exception: BaseException, service: str = "", operation: str = "", profile: str = "", *, quiet: bool = False, now: float | None = None
) -> Fault:
    """The failure in plain words. `quiet` quotes nothing foreign: for calls that carry a secret, which a message might repeat.

    With `now`, epoch seconds by this machine's clock, a signature that is refused for a wrong clock is told as such.
    """
    if isinstance(exception, Failed):
        return exception.fault
    name = permission(service, operation)
    if isinstance(exception, UnreadableAnswer):
        return _unreadable(exception.status, name)
    answer = getattr(exception, "response", None)
    if isinstance(answer, Mapping) and isinstance(answer.get("Error"), Mapping):
        called = str(getattr(exception, "operation_name", ""))
        nested = called != operation and called in {name for _, name in CREDENTIAL_CALLS}
        skewed = refused_for(answer, now, _code(answer)) if now is not None and _code(answer) in _TIMED_CODES else ""
        if skewed:
            return Fault(kind=Trouble.CREDENTIALS, sentence=skewed, fix=_SET_CLOCK, operation=name, code=_code(answer))
        return _of_nested(answer, called, quiet) if nested else _of_answer(answer, name, profile, quiet)
    return _of_class(exception, name, profile, quiet)


def lost(exception: BaseException) -> bool:
    """Whether a request that had left may have been carried out although it failed so."""
    classes = _names(exception)
    answer = getattr(exception, "response", None)
    if isinstance(answer, Mapping) and isinstance(answer.get("Error"), Mapping):
        return _status(answer) >= 500 and _kind(_code(answer)) not in (Trouble.THROTTLED, Trouble.UNSERVED)
    if isinstance(exception, UnreadableAnswer):
        return exception.status < 400 or exception.status >= 500
    if isinstance(exception, Failed) or classes & {"ConnectTimeoutError", "ProxyConnectionError", "SSLError"}:
        return False
    if "EndpointConnectionError" in classes:
        cause = getattr(exception, "kwargs", {}).get("error")
        return not (isinstance(cause, BaseException) and _names(cause) & {"ClientConnectorError", "gaierror"})
    return True


def stale_session(fault: Fault, exception: BaseException) -> bool:
    """Whether new credentials must be looked for from scratch: the SDK would go on with those it holds."""
    return fault.kind is Trouble.CREDENTIALS and not _names(exception) & {"SSOError", "TokenRetrievalError", "LoginError"}


def _names(exception: BaseException) -> set[str]:
    return {cls.__name__ for cls in type(exception).__mro__}


def _quoted(text: object, quiet: bool) -> str:
    return "" if quiet else clean(mask(" ".join(str(text).split())), _LIMIT)


def _joined(sentence: str) -> str:
    """A sentence that does not end in an empty quotation."""
    return sentence.rstrip().rstrip(":").rstrip()


def _option(profile: str) -> str:
    return f" --profile {clean(profile, 60)}" if profile else ""


def _of_class(exception: BaseException, name: str, profile: str, quiet: bool) -> Fault:
    known = (_CLASSES[cls.__name__] for cls in type(exception).__mro__ if cls.__name__ in _CLASSES)
    kind, sentence, fix = next(known, (Trouble.UNKNOWN, "unexpected failure ({type}): {text}", ""))
    details: Mapping[str, object] = getattr(exception, "kwargs", {}) or {}
    text = details.get("error_msg") or details.get("report") or exception
    words = {
        "text": _quoted(text, quiet),
        "type": type(exception).__name__,
        "host": _host(details.get("endpoint_url")),
        "profile": clean(details.get("profile") or profile, 60),
    }
    return Fault(kind=kind, sentence=_joined(sentence.format(**words)), fix=fix.format(profile=_option(profile)), operation=name)


def _host(url: object) -> str:
    """`host[:port]` of an address; never its path or credentials."""
    found = re.match(r"\w+://(?:[^/@]*@)?([^/?#]+)", str(url or ""))
    return clean(found[1], 120) if found else "the endpoint"


def _code(answer: Mapping[str, object]) -> str:
    error = answer.get("Error")
    code = str(error.get("Code") or "") if isinstance(error, Mapping) else ""
    return clean(code.rpartition("#")[2].removeprefix("Client.").removeprefix("Server."), 80) or str(_status(answer) or "")


def _status(answer: Mapping[str, object]) -> int:
    metadata = answer.get("ResponseMetadata")
    status = metadata.get("HTTPStatusCode") if isinstance(metadata, Mapping) else None
    return status if isinstance(status, int) else 0


def _kind(code: str) -> Trouble | None:
    for kind, codes in _CODES.items():
        if code in codes:
            return kind
    return Trouble.MISSING if _MISSING_CODE.search(code) else None


def _of_answer(answer: Mapping[str, object], name: str, profile: str, quiet: bool) -> Fault:
    error, code, status = answer["Error"], _code(answer), _status(answer)
    message = str(error.get("Message") or error.get("message") or "") if isinstance(error, Mapping) else ""
    kind = _kind(code) or (Trouble.SERVER if status >= 500 else Trouble.INVALID)
    if kind is Trouble.SERVER and code == "500":
        return _unreadable(500, name)
    sentence, fix = _words(kind, code, name, message, quiet)
    if kind is Trouble.DENIED and (found := _PERMISSION.search(message)):
        name = found[1]
        sentence, fix = _words(kind, code, name, "", quiet)
    return Fault(kind=kind, sentence=sentence, fix=fix.format(profile=_option(profile)), operation=name, code=code)


def _of_nested(answer: Mapping[str, object], called: str, quiet: bool) -> Fault:
    """The SDK could not obtain credentials: the call it made for them failed."""
    error, code = answer["Error"], _code(answer)
    message = error.get("Message", "") if isinstance(error, Mapping) else ""
    name = next((permission(service, operation) for service, operation in CREDENTIAL_CALLS if operation == called), called)
    kind = _kind(code)
    kind = kind if kind in (Trouble.THROTTLED, Trouble.SERVER) else Trouble.CREDENTIALS
    sentence = _joined(f"no credentials: {name} failed ({code}): {_quoted(message, quiet)}")
    return Fault(kind=kind, sentence=sentence, fix="check the role, its trust and the MFA code", operation=name, code=code)


def _words(kind: Trouble, code: str, name: str, message: str, quiet: bool) -> tuple[str, str]:
    """Sentence and remedy for an error code."""
    text, what = _quoted(message, quiet), name or "the call"
    if code in _CLOCK_CODES:
        return f"the signature was not accepted ({code})", "check the secret key, and this machine's clock"
    match kind:
        case Trouble.CREDENTIALS:
            expired = code.startswith(("ExpiredToken", "RequestExpired", "TokenRefresh", "Unauthorized"))
            return f"the credentials {'have expired' if expired else 'are not accepted'} ({code})", f"{_KEYS}; with SSO: {_LOG_IN}"
        case Trouble.DENIED:
            return f"no permission: {what}", f"ask for {what} for this identity"
        case Trouble.THROTTLED:
            return f"AWS throttles {what} ({code})", ""
        case Trouble.UNSERVED:
            return f"this endpoint does not serve {what} ({code})", ""
        case Trouble.SERVER:
            return _joined(f"{what} failed in the service ({code})"), ""
        case Trouble.MISSING:
            return _joined(f"not found ({code}): {text}"), ""
        case _:
            return _joined(f"{what} was rejected ({code}): {text}"), ""


def _unreadable(status: int, name: str) -> Fault:
    what = name or "the call"
    if status in (404, 405, 500, 501):
        sentence = f"HTTP {status} without an AWS error: the endpoint does not seem to serve {what}"
        return Fault(kind=Trouble.UNSERVED, sentence=sentence, operation=name, code=str(status))
    if status == 407:
        return Fault(kind=Trouble.UNREACHABLE, sentence="the proxy wants a log-in", fix="check HTTPS_PROXY", operation=name, code="407")
    sentence = f"the answer to {what} is none of AWS (HTTP {status})"
    return Fault(kind=Trouble.GARBLED, sentence=sentence, fix="a proxy or portal may stand in between", operation=name, code=str(status))
