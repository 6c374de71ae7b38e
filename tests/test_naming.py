from clickit_tui.naming import names, nearest


def test_names_follow_the_runbook():
    n = names("prod")
    assert (n.cluster, n.api, n.database) == ("clickit-prod-cluster", "clickit-prod-api", "clickit-prod-db")
    assert n.logs["migration"] == "/ecs/clickit-prod-migration"
    assert n.secrets == "clickit/prod/"
    assert n.part(n.service("frontend")) == "frontend"


def test_an_override_changes_one_name_only():
    n = names("dev", {"cluster": "other"})
    assert n.cluster == "other"
    assert n.api == "clickit-dev-api"


def test_nearest_spelling():
    assert nearest("clickit-prod-clster", ["clickit-prod-cluster", "billing"]) == "clickit-prod-cluster"
    assert nearest("zzz", ["clickit-prod-cluster"]) is None
