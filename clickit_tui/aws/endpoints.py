"""Whether we speak to AWS itself, or to something else that was configured as an endpoint."""

from __future__ import annotations

import os
from typing import Any, Final, TypeAlias

_Sdk: TypeAlias = Any
"""An object of the SDK, which has no types."""
_OF_AWS: Final = (
    *(".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".amazonwebservices.com.cn", ".amazonwebservices.eu"),
    *(
        ".c2s.ic.gov",
        ".sc2s.sgov.gov",
        ".cloud.adc-e.uk",
        ".csp.hci.ic.gov",
        ".aws.ic.gov",
        ".aws.scloud",
        ".cloud-aws.adc-e.uk",
        ".aws.hci.ic.gov",
    ),
)
"""Ends of the names of AWS's own endpoints, over all partitions."""
_SERVICE_IDS: Final = (
    *("application_auto_scaling", "cloudwatch", "cloudwatch_logs", "cost_explorer", "ec2", "ecr", "ecs", "elasticache"),
    *("elastic_load_balancing_v2", "iam", "pi", "pricing", "rds", "secrets_manager", "ssm", "sts"),
)
"""The services used, as the AWS config file spells them."""


def host_not_aws(url: str) -> str:
    """`host:port` of an address that is not AWS's own; empty for AWS."""
    place = url.partition("//")[2].partition("/")[0].rpartition("@")[2]
    host = place.rpartition(":")[0] if place.rpartition(":")[2].isdigit() else place
    return "" if host.endswith(_OF_AWS) else place


def configured_endpoint(session: _Sdk) -> str:
    """`host:port` of a configured endpoint that is not AWS's, from the environment or the profile; empty when there is none."""
    profile = session.get_scoped_config()
    environment = os.environ
    if str(environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or profile.get("ignore_configured_endpoint_urls", "")).lower() == "true":
        return ""
    services = session.full_config.get("services", {}).get(profile.get("services", ""), {})
    urls = [environment.get("AWS_ENDPOINT_URL", ""), profile.get("endpoint_url", "")]
    for name in _SERVICE_IDS:
        section = services.get(name, {})
        urls += [
            environment.get(f"AWS_ENDPOINT_URL_{name.upper()}", ""),
            section.get("endpoint_url", "") if isinstance(section, dict) else "",
        ]
    return next((host for url in urls if url and (host := host_not_aws(url))), "")
