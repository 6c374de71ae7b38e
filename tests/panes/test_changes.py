"""The newest changes: ours, the news of the services, deployments."""

import msgspec

from clickit_tui.panes.alarms import change_lines
from clickit_tui.world.follow import Follow, Following
from tests import worlds
from tests.panes.views import text, view_of
from tests.worlds import NOW


def test_our_changes_stand_among_the_news_and_noise_does_not():
    world = worlds.healthy_world()
    api, frontend = world.services.value
    said = ("registered 1 targets in (target-group x)", "has reached a steady state.", "(deployment ecs-svc/1) deployment completed.")
    events = tuple(
        worlds.ServiceEvent(id=f"e{n}", at=NOW - 120 - n, message=f"(service {api.name}) {words}") for n, words in enumerate(said)
    )
    world = msgspec.structs.replace(world, services=worlds.seen((msgspec.structs.replace(api, events=events), frontend), NOW))
    follows = tuple(
        Following(follow=Follow(kind="scale", env="prod", part="api", started_at=NOW - 300, did=did)) for did in ("scale api 2 → 3", "")
    )
    world = msgspec.structs.replace(world, follows=follows)
    first, *rest = text(change_lines(world, view_of(world), 60)).splitlines()
    assert "you: scale api 2 → 3" in first
    assert "deployment api:41 (v2.3.0) began" in "\n".join(rest)
    assert any("secret database-url changed" in line for line in rest)
    assert not any(word in line for line in rest for word in ("steady", "registered", "pushed", "backup"))
