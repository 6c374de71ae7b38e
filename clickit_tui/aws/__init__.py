"""The only room that talks to AWS: gateway, guard, and one fetcher per AWS service."""
