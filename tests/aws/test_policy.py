"""The IAM policy against the list of reads, the calls that actions plan, and the service authorization data."""

import json
import re
from pathlib import Path

import pytest
from policy_sentry.querying.actions import get_action_data

from clickit_tui.actions.registry import actions
from clickit_tui.aws.policy import BESIDE, GRANTS, LIMIT, SECRET_VALUES, SHELLS, UNNARROWED, Place, documents, size, statements, wanted
from clickit_tui.aws.reads import READS, permission
from clickit_tui.naming import names

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"
HERE = Place("123456789012", "eu-west-1")
PLANNED = frozenset(operation for action in actions() for operation in action.operations)
LISTED = frozenset(permission(*read) for read in READS)
KINDS = {"observer": frozenset(), "operator": PLANNED}
NOT_NEEDED = {
    "application-autoscaling:TagResource": "bounds are registered without tags",
    "iam:PassRole": "no planned call names a role: neither does UpdateService, nor a restore without a directory",
    "rds:CreateDBSnapshot": "the database is stopped without a snapshot",
    "rds:CreateTenantDatabase": "PostgreSQL has no tenant databases",
}
WIDE_THOUGH_IT_NEED_NOT = {
    "ce:GetCostAndUsage": "is asked without a billing view, of the account",
    "cloudwatch:DescribeAlarms": "composite alarms are told only to who may see all",
    "cloudwatch:DescribeAlarmHistory": "composite alarms are told only to who may see all",
    "ecs:ListTasks": "narrowed by its condition",
}


def made(kind, place=HERE, env="dev"):
    return statements(names(env), place, KINDS[kind])


def allowed(kind):
    """{permission: statement} of what is allowed; each stands in one statement only."""
    pairs = [(action, each) for each in made(kind) if each["Effect"] == "Allow" for action in each["Action"]]
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def denied(kind):
    return {action for each in made(kind) if each["Effect"] == "Deny" for action in each["Action"]}


def resources(statement):
    told = statement["Resource"]
    return [told] if isinstance(told, str) else told


def rows(action):
    return next(iter(get_action_data(*action.split(":")).values()))


def kind_of(arn):
    """(service, kind of resource) of an ARN, e.g. ("ecs", "task")."""
    _, _, service, _, _, resource = arn.split(":", 5)
    return service, re.split("[:/]", resource)[0]


def kinds(action):
    """The kinds of resources by which IAM can narrow an action."""
    return {kind_of(row["resource_arn_format"]) for row in rows(action) if row["resource_arn_format"] != "*"}


def test_an_observer_may_do_what_is_listed_as_a_read_and_nothing_else():
    assert set(allowed("observer")) == LISTED


def test_an_operator_may_also_do_what_actions_plan_and_what_goes_along_with_it():
    beside = {each for call in PLANNED for each in BESIDE.get(call, ())}
    assert set(allowed("operator")) == LISTED | PLANNED | beside
    assert set(BESIDE) <= PLANNED


def test_no_action_is_a_wildcard_and_none_is_allowed_and_denied():
    for kind in KINDS:
        assert not [action for action in allowed(kind) if "*" in action]
        assert not set(allowed(kind)) & denied(kind)


def test_the_values_of_secrets_are_denied_to_everybody_and_shells_to_an_observer():
    assert denied("operator") == set(SECRET_VALUES)
    assert {"secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "logs:Unmask"} == set(SECRET_VALUES)
    assert denied("observer") == set(SECRET_VALUES) | set(SHELLS)
    for each in made("operator") + made("observer"):
        assert each["Effect"] == "Allow" or each["Resource"] == "*"


def test_an_observer_is_denied_every_way_into_the_database_and_to_its_files():
    assert {"rds:DownloadCompleteDBLogFile", "rds:DownloadDBLogFilePortion", "rds-db:connect"} <= denied("observer")


def test_prefix_lists_of_aws_are_no_lists_of_the_account():
    lists = [arn for arn in resources(allowed("observer")["ec2:GetManagedPrefixListEntries"]) if "prefix-list" in arn]
    assert lists == ["arn:aws:ec2:eu-west-1:*:prefix-list/*"]


def test_what_may_be_left_out_stands_in_a_statement_of_its_own():
    for action in ("ce:GetCostAndUsage", "iam:SimulatePrincipalPolicy"):
        statement = allowed("observer")[action]
        assert statement["Action"] == [action]
        assert f"Leave out the statement `{statement['Sid']}`" in DOCUMENT.read_text()


def test_every_denied_action_exists():
    assert all(rows(action) for action in denied("observer"))


@pytest.mark.parametrize("action", sorted(LISTED))
def test_what_an_observer_may_do_has_access_level_read_or_list(action):
    assert {row["access_level"] for row in rows(action)} <= {"Read", "List"}


@pytest.mark.parametrize("action", sorted(wanted(PLANNED) - LISTED))
def test_what_an_operator_may_do_besides_writes_or_tags_and_manages_no_permission(action):
    assert {row["access_level"] for row in rows(action)} <= {"Write", "Tagging"}


def test_what_a_planned_call_depends_on_is_granted_or_known_not_to_be_needed():
    depends = {each for action in PLANNED for row in rows(action) for each in row["dependent_actions"] or ()}
    assert depends - wanted(PLANNED) - set(NOT_NEEDED) == set()
    assert set(NOT_NEEDED) <= depends


def test_no_planned_call_passes_a_role():
    assert not PLANNED & {"ecs:RunTask", "ecs:RegisterTaskDefinition", "ecs:CreateService", "ecs:StartTask"}


@pytest.mark.parametrize("action", sorted(wanted(PLANNED)))
def test_a_star_is_given_only_where_iam_cannot_narrow_or_the_reason_is_known(action):
    narrowable = bool(kinds(action))
    wide = resources(allowed("operator")[action]) == ["*"]
    assert wide == (not narrowable or action in WIDE_THOUGH_IT_NEED_NOT)


@pytest.mark.parametrize("action", sorted(action for action in wanted(PLANNED) if kinds(action) and action not in WIDE_THOUGH_IT_NEED_NOT))
def test_a_narrowed_action_has_a_resource_of_a_kind_that_iam_knows_for_it(action):
    assert kinds(action) & {kind_of(arn) for arn in resources(allowed("operator")[action])}


def test_every_resource_of_a_grant_belongs_to_one_of_its_actions():
    for each in made("operator"):
        known = {kind for action in each["Action"] for kind in kinds(action)}
        assert {kind_of(arn) for arn in resources(each) if arn != "*"} <= known, each["Sid"]


def test_the_sid_says_why_a_star_stands_there():
    stars = {each["Sid"] for each in made("operator") if each["Effect"] == "Allow" and each["Resource"] == "*"}
    assert stars == {"NotNarrowableInIam", "BillOfWholeAccount", "CompositeAlarmsNeedAllResources", "ListInClusterByCondition"}
    assert all(re.fullmatch(r"[A-Za-z0-9]+", each["Sid"]) for each in made("operator") + made("observer"))
    assert len({grant.sid for grant in (UNNARROWED, *GRANTS)}) == len(GRANTS) + 1


def test_changes_reach_this_environment_only():
    for each in made("operator", env="prod"):
        if each["Effect"] == "Allow" and not set(each["Action"]) <= LISTED:
            own = [arn for arn in resources(each) if "clickit-prod" in arn or "clickit/prod/" in arn]
            foreign = [arn for arn in resources(each) if arn not in own]
            assert not [arn for arn in foreign if not re.search(r":(og|pg|subgrp|auto-backup|scalable-target|document|session)[:/]", arn)]


def test_names_of_the_configuration_are_the_names_of_the_policy():
    given = names("prod", {"cluster": "other", "api": "web", "secrets": "shop/", "logs": {"api": "/shop/api"}, "database": "shopdb"})
    text = json.dumps(statements(given, HERE, PLANNED))
    for arn in ("cluster/other", "service/other/web", "secret:shop/*", "log-group:/shop/api", "db:shopdb"):
        assert f":{arn}" in text
    assert "clickit-prod-cluster" not in text


def test_a_tunnel_has_one_document_and_is_checked_for_it():
    grant = allowed("operator")["ssm:StartSession"]
    assert "arn:aws:ssm:eu-west-1::document/AWS-StartPortForwardingSessionToRemoteHost" in resources(grant)
    assert grant["Condition"] == {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov"), ("*", "aws")]
)
def test_the_partition_is_that_of_the_region(region, partition):
    told = {arn.split(":")[1] for each in made("operator", Place("*", region)) for arn in resources(each) if arn != "*"}
    assert told == {partition}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_policy_keeps_to_the_limit_and_together_they_are_whole(kind):
    parts = documents(made(kind))
    assert all(size(part) <= LIMIT for part in parts)
    together = [each for part in parts for each in part["Statement"]]
    assert sorted(map(str, together)) == sorted(map(str, made(kind)))
    assert len(parts) == {"observer": 1, "operator": 2}[kind]


def test_a_split_has_reads_and_denials_before_changes():
    reads, changes = documents(made("operator"))
    assert {action for each in changes["Statement"] for action in each["Action"]} == wanted(PLANNED) - LISTED
    assert "Deny" in {each["Effect"] for each in reads["Statement"]}


def test_long_names_are_cut_again():
    given = names("dev", {"cluster": "c" * 200, "api": "a" * 200, "frontend": "f" * 200})
    parts = documents(statements(given, HERE, PLANNED))
    assert len(parts) > 2
    assert all(size(part) <= LIMIT for part in parts)
