"""Every class and code a call can fail with, as the reader of the screen sees it."""

from __future__ import annotations

from typing import Any

import aiohttp
import botocore.eventstream
import botocore.exceptions as sdk
import botocore.parsers
import pytest

from clickit_tui.aws import errors
from clickit_tui.aws.errors import CodeNeeded, UnreadableAnswer, fault_of, lost, mask
from clickit_tui.world.seen import Failed, Fault, Trouble


def client_error(code: str, status: int = 400, message: str = "told", operation: str = "DescribeServices") -> sdk.ClientError:
    answer: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return sdk.ClientError(answer, operation)


CLASSES = [
    (
        sdk.TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"),
        Trouble.CREDENTIALS,
        "SSO log-in has expired",
    ),
    (sdk.UnauthorizedSSOTokenError(), Trouble.CREDENTIALS, "SSO log-in has expired"),
    (sdk.SSOTokenLoadError(error_msg="Token for x does not exist"), Trouble.CREDENTIALS, "not logged in with SSO"),
    (sdk.LoginRefreshRequired(), Trouble.CREDENTIALS, "log-in has expired"),
    (sdk.LoginTokenLoadError(error_msg="x"), Trouble.CREDENTIALS, "not logged in"),
    (sdk.LoginInsufficientPermissions(), Trouble.CREDENTIALS, "lacks permissions"),
    (sdk.MissingDependencyException(msg="botocore[crt]"), Trouble.CREDENTIALS, "Common Runtime"),
    (sdk.CredentialRetrievalError(provider="custom-process", error_msg="no such file"), Trouble.CREDENTIALS, "no such file"),
    (sdk.NoCredentialsError(), Trouble.CREDENTIALS, "no AWS credentials found"),
    (sdk.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), Trouble.CREDENTIALS, "incomplete"),
    (sdk.ProfileNotFound(profile="nobody"), Trouble.CREDENTIALS, "no profile nobody"),
    (sdk.RefreshWithMFAUnsupportedError(), Trouble.CREDENTIALS, "MFA session has ended"),
    (CodeNeeded("Enter"), Trouble.CREDENTIALS, "MFA code"),
    (sdk.InvalidConfigError(error_msg="profile x lacks sso_region"), Trouble.CREDENTIALS, "lacks sso_region"),
    (sdk.NoRegionError(), Trouble.INVALID, "no region"),
    (sdk.EndpointConnectionError(endpoint_url="https://ecs.eu-west-1.amazonaws.com/"), Trouble.UNREACHABLE, "ecs.eu-west-1.amazonaws.com"),
    (sdk.ConnectTimeoutError(endpoint_url="https://u:p@h:1/x"), Trouble.UNREACHABLE, "connecting to h:1"),
    (sdk.ReadTimeoutError(endpoint_url="https://h/"), Trouble.UNREACHABLE, "h did not answer"),
    (sdk.ConnectionClosedError(endpoint_url="https://h/"), Trouble.UNREACHABLE, "h closed"),
    (sdk.SSLError(endpoint_url="https://h/", error="x"), Trouble.UNREACHABLE, "certificate of h"),
    (sdk.ProxyConnectionError(proxy_url="http://u:p@proxy"), Trouble.UNREACHABLE, "proxy"),
    (sdk.HTTPClientError(error="x"), Trouble.UNREACHABLE, "connection failed"),
    (sdk.ParamValidationError(report="Missing required parameter"), Trouble.INVALID, "Missing required parameter"),
    (botocore.parsers.ResponseParserError("invalid XML"), Trouble.GARBLED, "could not be read"),
    (botocore.eventstream.ChecksumMismatch(1, 2), Trouble.GARBLED, "damaged"),
    (aiohttp.ClientPayloadError(), Trouble.GARBLED, "broke off"),
    (TimeoutError(), Trouble.UNREACHABLE, "no answer in time"),
    (ConnectionResetError("reset"), Trouble.UNREACHABLE, "connection failed"),
    (UnreadableAnswer(200), Trouble.GARBLED, "none of AWS"),
    (UnreadableAnswer(501), Trouble.UNSERVED, "does not seem to serve"),
    (UnreadableAnswer(407), Trouble.UNREACHABLE, "proxy"),
    (sdk.WaiterError(name="n", reason="r", last_response={"x": 1}), Trouble.UNKNOWN, "WaiterError"),
    (RuntimeError("odd"), Trouble.UNKNOWN, "RuntimeError"),
]


@pytest.mark.parametrize(("exception", "kind", "words"), CLASSES, ids=lambda value: type(value).__name__)
def test_each_class_is_one_plain_sentence(exception: BaseException, kind: Trouble, words: str) -> None:
    fault = fault_of(exception, "ecs", "DescribeServices", "clickit-prod")
    assert fault.kind is kind
    assert words in fault.sentence
    assert "{" not in fault.sentence + fault.fix
    assert "\n" not in fault.sentence
    assert fault.operation == "ecs:DescribeServices"


def test_every_class_named_exists() -> None:
    places = (sdk, botocore.parsers, botocore.eventstream, aiohttp, errors, __builtins__)
    for name in errors._CLASSES:
        assert any(name in place if isinstance(place, dict) else hasattr(place, name) for place in places), name


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ExpiredTokenException", 400, Trouble.CREDENTIALS),
        ("ExpiredToken", 403, Trouble.CREDENTIALS),
        ("RequestExpired", 400, Trouble.CREDENTIALS),
        ("UnrecognizedClientException", 400, Trouble.CREDENTIALS),
        ("InvalidClientTokenId", 403, Trouble.CREDENTIALS),
        ("AuthFailure", 401, Trouble.CREDENTIALS),
        ("SignatureDoesNotMatch", 403, Trouble.CREDENTIALS),
        ("InvalidSignatureException", 400, Trouble.CREDENTIALS),
        ("AccessDeniedException", 400, Trouble.DENIED),
        ("AccessDenied", 403, Trouble.DENIED),
        ("UnauthorizedOperation", 403, Trouble.DENIED),
        ("Client.UnauthorizedOperation", 403, Trouble.DENIED),
        ("403", 403, Trouble.DENIED),
        ("ThrottlingException", 400, Trouble.THROTTLED),
        ("Throttling", 400, Trouble.THROTTLED),
        ("RequestLimitExceeded", 503, Trouble.THROTTLED),
        ("429", 429, Trouble.THROTTLED),
        ("ClusterNotFoundException", 400, Trouble.MISSING),
        ("com.amazonaws.ecs#ServiceNotFoundException", 400, Trouble.MISSING),
        ("DBInstanceNotFound", 404, Trouble.MISSING),
        ("ReplicationGroupNotFoundFault", 404, Trouble.MISSING),
        ("InvalidGroup.NotFound", 400, Trouble.MISSING),
        ("InvalidVpcID.NotFound", 400, Trouble.MISSING),
        ("TargetGroupNotFound", 400, Trouble.MISSING),
        ("ResourceNotFoundException", 400, Trouble.MISSING),
        ("UnknownOperationException", 400, Trouble.UNSERVED),
        ("InvalidAction", 400, Trouble.UNSERVED),
        ("501", 501, Trouble.UNSERVED),
        ("500", 500, Trouble.UNSERVED),
        ("404", 404, Trouble.UNSERVED),
        ("InternalFailure", 500, Trouble.SERVER),
        ("ServiceUnavailable", 503, Trouble.SERVER),
        ("503", 503, Trouble.SERVER),
        ("SomethingNew", 500, Trouble.SERVER),
        ("InvalidParameterException", 400, Trouble.INVALID),
        ("LimitExceededException", 400, Trouble.INVALID),
        ("", 400, Trouble.INVALID),
    ],
)
def test_each_code_of_each_protocol_is_of_its_kind(code: str, status: int, kind: Trouble) -> None:
    fault = fault_of(client_error(code, status), "ecs", "DescribeServices")
    assert fault.kind is kind
    assert fault.sentence


@pytest.mark.parametrize(
    "message", ["request 404-not-found-1 timed out in region eu-west-1", "AccessDenied ExpiredToken Throttling NotFound"]
)
def test_words_in_a_message_never_decide(message: str) -> None:
    assert fault_of(client_error("InvalidParameterException", message=message), "ecs", "DescribeServices").kind is Trouble.INVALID


def test_denied_names_the_permission_as_iam_spells_it() -> None:
    fault = fault_of(client_error("AccessDenied", 403), "elbv2", "DescribeTargetHealth")
    assert (fault.operation, "elasticloadbalancing:DescribeTargetHealth" in fault.sentence) == (
        "elasticloadbalancing:DescribeTargetHealth",
        True,
    )


def test_denied_names_the_permission_that_is_really_lacking() -> None:
    told = "User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: iam:PassRole on resource: z"
    assert fault_of(client_error("AccessDeniedException", message=told), "ecs", "UpdateService").operation == "iam:PassRole"


def test_a_failure_to_obtain_credentials_is_not_blamed_on_the_read() -> None:
    fault = fault_of(client_error("AccessDenied", 403, operation="AssumeRole"), "ecs", "DescribeServices")
    assert (fault.kind, fault.operation) == (Trouble.CREDENTIALS, "sts:AssumeRole")


def test_a_fix_names_the_profile() -> None:
    assert "aws sso login --profile clickit-prod" in fault_of(sdk.SSOTokenLoadError(error_msg="x"), profile="clickit-prod").fix


def test_a_profile_with_braces_does_no_harm() -> None:
    assert "{x}" in fault_of(sdk.ProfileNotFound(profile="{x}"), profile="{y}").sentence


def test_failed_keeps_its_fault() -> None:
    fault = Fault(kind=Trouble.WAITING, sentence="first the cluster")
    assert fault_of(Failed(fault), "ecs", "DescribeServices") is fault


SECRETS = [
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    'aws_secret_access_key = "short but secret"',
    "postgres://clickit:hunter2@db.example/clickit",
    "password=hunter2",
    '{"SessionToken": "hunter2"}',
    "Authorization: Bearer hunter2",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "IQoJb3JpZ2luX2VjE" * 8,
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_in_foreign_text_are_masked(secret: str) -> None:
    fault = fault_of(
        sdk.CredentialRetrievalError(provider="custom-process", error_msg=f"helper said {secret} and left"), "ecs", "ListTasks"
    )
    for word in ("hunter2", "short but secret", "AKIAIOSF", "wJalrXUtnFEMI", "eyJzdWIi", "IQoJb3JpZ2lu"):
        assert word not in fault.sentence
    assert "***" in fault.sentence


@pytest.mark.parametrize(
    "plain",
    [
        "arn:aws:ecs:eu-west-1:111122223333:task/clickit-prod-cluster/0123456789abcdef0123456789abcdef",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "request 7f1c7e6c-0b7a-4a55-8c43-2f2c4a1f3f10",
    ],
)
def test_names_and_digests_are_not_masked(plain: str) -> None:
    assert mask(plain) == plain


def test_foreign_text_is_clean_and_short() -> None:
    fault = fault_of(client_error("InvalidParameterException", message="\x1b[2J\x07" + "long " * 5000), "ecs", "UpdateService")
    assert fault.sentence.isprintable()
    assert len(fault.sentence) < 500


@pytest.mark.parametrize("exception", [case[0] for case in CLASSES] + [client_error("InvalidParameterException", message="hunter2")])
def test_a_quiet_fault_quotes_nothing(exception: BaseException) -> None:
    fault = fault_of(exception, "secretsmanager", "PutSecretValue", quiet=True)
    for word in ("hunter2", "no such file", "odd", "Missing required parameter"):
        assert word not in fault.sentence
    assert not fault.sentence.endswith((":", " "))


@pytest.mark.parametrize(
    ("exception", "unknown"),
    [
        (TimeoutError(), True),
        (sdk.ReadTimeoutError(endpoint_url="https://h/"), True),
        (sdk.ConnectionClosedError(endpoint_url="https://h/"), True),
        (sdk.EndpointConnectionError(endpoint_url="https://h/", error=aiohttp.ClientOSError(104, "reset")), True),
        (sdk.EndpointConnectionError(endpoint_url="https://h/", error=aiohttp.ClientConnectorDNSError(None, OSError())), False),  # type: ignore[arg-type]
        (sdk.ConnectTimeoutError(endpoint_url="https://h/"), False),
        (sdk.SSLError(endpoint_url="https://h/", error="x"), False),
        (botocore.parsers.ResponseParserError("x"), True),
        (UnreadableAnswer(200), True),
        (UnreadableAnswer(404), False),
        (client_error("InternalFailure", 500), True),
        (client_error("503", 503), True),
        (client_error("RequestLimitExceeded", 503), False),
        (client_error("NotImplemented", 501), False),
        (client_error("InvalidParameterException", 400), False),
    ],
)
def test_whether_a_sent_write_may_have_happened(exception: BaseException, unknown: bool) -> None:
    assert lost(exception) is unknown
