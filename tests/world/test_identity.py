"""Which ARNs name the same principal."""

import pytest

from clickit_tui.world.parts import principal

ROLE = "arn:aws:sts::111122223333:assumed-role/OnCall"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (f"{ROLE}/botocore-session-1700000001", f"{ROLE}/botocore-session-1700009999", True),
        ("arn:aws:sts::1:assumed-role/a/b/botocore-session-1", "arn:aws:sts::1:assumed-role/a/b/botocore-session-2", True),
        (f"{ROLE}/anna", f"{ROLE}/anna", True),
        (f"{ROLE}/anna", f"{ROLE}/bert", False),
        (f"{ROLE}/anna", f"{ROLE}/botocore-session-1", False),
        (f"{ROLE}/botocore-session-1", f"{ROLE}/botocore-session-1x", False),
        (f"{ROLE}/botocore-session-1", "arn:aws:sts::111122223333:assumed-role/Admin/botocore-session-1", False),
        (f"{ROLE}/botocore-session-1", "arn:aws:sts::999922223333:assumed-role/OnCall/botocore-session-1", False),
        ("arn:aws:iam::1:user/botocore-session-1", "arn:aws:iam::1:user/botocore-session-2", False),
        ("", "", True),
        ("", f"{ROLE}/anna", False),
    ],
)
def test_a_principal_is_account_role_and_session_unless_the_sdk_made_the_session_up(one, other, same):
    assert (principal(one) == principal(other)) is same
