"""What puts a cause right: a change to preview, or, where this program has none, a command line to copy, look over, and run by hand."""

from __future__ import annotations

import shlex

from clickit_tui.checks.db_status import start
from clickit_tui.checks.registry import Todo
from clickit_tui.checks.service_secrets import restore
from clickit_tui.playbooks.registry import Case
from clickit_tui.world.ecs import Service
from clickit_tui.world.parts import Cache, Database
from clickit_tui.world.revisions import definition_of
from clickit_tui.world.supply import Secret

ACTIVITY = "select pid, state, wait_event, now() - query_start as since, left(query, 90) from pg_stat_activity order by query_start"


def line(*words: str) -> str:
    """Words as a command line that survives a shell."""
    return " ".join(shlex.quote(word) for word in words)


def role(case: Case, service: Service) -> str:
    """Name of the execution role of a service's tasks; a placeholder where it is not known."""
    definition = definition_of(case.world, service.task_definition)
    return (definition.execution_role if definition else "").rsplit("/", 1)[-1] or "EXECUTION_ROLE"


def pull_again(case: Case, service: Service) -> Todo:
    policy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    command = line("aws", "iam", "attach-role-policy", "--role-name", role(case, service), "--policy-arn", policy)
    return Todo(words="let the execution role pull images again", command=command)


def read_secrets(case: Case, service: Service) -> Todo:
    resource = f"arn:aws:secretsmanager:*:*:secret:{case.facts.names.secrets}*"
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"' + resource + '"}]}'
    )
    words = ("aws", "iam", "put-role-policy", "--role-name", role(case, service), "--policy-name", "clickit-secrets")
    return Todo(words="let the execution role read the secrets again", command=line(*words, "--policy-document", policy))


def image(case: Case, service: Service, tag: str = "") -> Todo:
    repository = case.facts.names.repositories.get(service.part, service.part)
    asked = ("--image-ids", f"imageTag={tag}") if tag else ()
    return Todo(words="see what ECR has", command=line("aws", "ecr", "describe-images", "--repository-name", repository, *asked))


def build(case: Case, service: Service) -> Todo:
    repository = case.facts.names.repositories.get(service.part, service.part)
    return Todo(
        words="build for the platform of the tasks", command=f"docker buildx build --platform linux/amd64 --tag {repository}:TAG --push ."
    )


def create_secret(name: str) -> Todo:
    command = line("aws", "secretsmanager", "create-secret", "--name", name, "--secret-string", "file://secret.txt")
    return Todo(words=f"create the secret {name} again, its value from a file", command=command)


def restore_secret(one: Secret | None) -> Todo:
    """The change where the secret is known; else the command, its name left open."""
    if one is None:
        return Todo(words="restore the secret", command=line("aws", "secretsmanager", "restore-secret", "--secret-id", "SECRET"))
    return restore(one)


def secret_keys(service: Service) -> Todo:
    asked = "taskDefinition.containerDefinitions[].secrets"
    command = line("aws", "ecs", "describe-task-definition", "--task-definition", service.task_definition or service.name, "--query", asked)
    return Todo(words="compare the keys that the newest definition names", command=command)


def create_log_group(case: Case, part: str) -> Todo:
    group = case.facts.names.logs.get(part, part)
    return Todo(words=f"create the log group {group}", command=line("aws", "logs", "create-log-group", "--log-group-name", group))


def addresses(service: Service) -> Todo:
    asked = "Subnets[].[SubnetId,AvailableIpAddressCount]"
    return Todo(
        words="see which subnets have addresses left",
        command=line("aws", "ec2", "describe-subnets", "--subnet-ids", *service.subnets, "--query", asked),
    )


def on_demand(case: Case, service: Service) -> Todo:
    words = ("aws", "ecs", "update-service", "--cluster", case.facts.names.cluster, "--service", service.name)
    command = line(*words, "--capacity-provider-strategy", "capacityProvider=FARGATE,weight=1", "--force-new-deployment")
    return Todo(words=f"let {service.part} run on demand until Spot is back", command=command)


def health_check(service: Service) -> Todo:
    asked = "TargetGroups[].[TargetGroupName,HealthCheckPath,HealthCheckTimeoutSeconds,Matcher.HttpCode]"
    command = line("aws", "elbv2", "describe-target-groups", "--target-group-arns", *service.target_groups, "--query", asked)
    return Todo(words="see what the load balancer asks", command=command)


def its_errors(case: Case, part: str) -> Todo:
    group = case.facts.names.logs.get(part, part)
    command = line("aws", "logs", "filter-log-events", "--log-group-name", group, "--filter-pattern", "?ERROR ?Traceback ?Error")
    return Todo(words=f"read the errors of {part}", command=command)


def start_database(case: Case) -> Todo:
    """The change where the instance is seen; else the command."""
    found, name = case.world.database.value, _database(case)
    return (
        start(found)
        if isinstance(found, Database)
        else Todo(words=f"start the database {name}", command=line("aws", "rds", "start-db-instance", "--db-instance-identifier", name))
    )


def grow_storage(case: Case) -> Todo:
    found = case.world.database.value
    gib = found.storage_gib if isinstance(found, Database) and found.storage_gib else 0
    words = ("aws", "rds", "modify-db-instance", "--db-instance-identifier", _database(case))
    command = line(*words, "--allocated-storage", str(max(gib * 3 // 2, gib + 10)) if gib else "GIB", "--apply-immediately")
    return Todo(words="grow the database's storage", command=command)


def activity() -> Todo:
    return Todo(
        words="see who keeps the database busy, from a shell in an api task", command=f'psql "$CLICKIT_DATABASE_URL" -c "{ACTIVITY}"'
    )


def larger_node(case: Case) -> Todo:
    found = case.world.cache.value
    name = found.id if isinstance(found, Cache) else case.facts.names.cache
    words = ("aws", "elasticache", "modify-replication-group", "--replication-group-id", name, "--cache-node-type", "cache.m7g.large")
    return Todo(words="take a larger cache node", command=line(*words, "--apply-immediately"))


def more_ports(case: Case) -> Todo:
    gateway = next((one.id for one in case.world.nat.value or ()), "NAT_GATEWAY_ID")
    words = ("aws", "ec2", "associate-nat-gateway-address", "--nat-gateway-id", gateway, "--allocation-ids", "ALLOCATION_ID")
    return Todo(words="stop what opens so many connections, or give the NAT gateway another address", command=line(*words))


def _database(case: Case) -> str:
    found = case.world.database.value
    return found.id if isinstance(found, Database) else case.facts.names.database
