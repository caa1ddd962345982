"""The JSON of the themes: the board's filters, one theme in depth, the past, refusals, operators' decisions."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sentiment_site.market import clock
from tests.factories import Market
from themes.models import Theme, ThemeReading
from themes.models.stories import Standing

from .conftest import AT
from .world import HOUR, MINUTE, NOON, add_document, add_member, add_theme

pytestmark = pytest.mark.django_db
URL = "/api/themes/"


def test_the_list_has_the_requirements_columns(trader: Client, quantum: Theme) -> None:
    answer = trader.get(URL).json()
    assert (answer["count"], answer["next"]) == (1, None)
    row = answer["results"][0]
    assert row["theme_name"] == "quantum" and row["standing"] == "active" and row["phase"] == "spreading"
    assert (row["detection_confidence"], row["intensity"], row["latency_s"]) == (0.8, 0.5, 7200.0)
    assert row["temperature_status"] == "" and row["manipulation_risk_score"] is None
    assert row["primary_sector"] == "technology" and row["contaminated_sectors"][0]["sector"] == "energy"
    assert row["simulated"] is True and row["as_of"] == "2026-08-21T16:00:00Z"


def test_filters_sort_and_pages(trader: Client) -> None:
    for place, name in enumerate(("a", "b", "c")):
        add_theme(name, intensity=0.2 + place / 10, standing="watch" if name == "c" else "active")

    def names(**query: str) -> list[str]:
        return [row["theme_name"] for row in trader.get(URL, query).json()["results"]]

    assert names() == ["b", "a", "c"] and names(sort="intensity") == ["a", "b", "c"]
    assert names(standing="watch") == ["c"] and names(origin="curated") == []
    assert names(limit="1", offset="1") == ["a"]
    assert names(as_of=(NOON - 9 * HOUR).isoformat()) == []


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("", {"standing": "dead"}, "standing"),
        ("", {"sort": "colour"}, "sort"),
        ("", {"phse": "peak"}, "phse"),
        ("", {"limit": "many"}, "limit"),
        ("", {"as_of": "never"}, "as_of"),
        ("{id}/", {"span": "3d"}, "span"),
        ("{id}/members/", {"sort": "x"}, "sort"),
        ("{id}/timeline/", {"as_of": "x"}, "as_of"),
        ("{id}/evidence/", {"kind": "gossip"}, "kind"),
        ("{id}/changes/", {"page": "2"}, "page"),
    ],
)
def test_wrong_parameters_are_named(
    trader: Client, quantum: Theme, path: str, query: dict[str, str], field: str
) -> None:
    answer = trader.get(URL + path.format(id=quantum.pk), query)
    assert answer.status_code == 400 and list(answer.json()["error"]["fields"]) == [field]


def test_one_theme_in_depth(trader: Client, quantum: Theme) -> None:
    answer = trader.get(f"{URL}{quantum.pk}/").json()
    parts = {part["name"]: part["points"] for part in answer["confidence"]["parts"]}
    assert parts == pytest.approx({"burst": 1.65, "breadth": 0.8, "sources": 0.8, "coherence": 1.28, "volume": 0.5})
    assert answer["confidence"]["total"] == pytest.approx(-3.6 + sum(parts.values()))
    assert answer["confidence"]["gate"] == "detected" and answer["peak_intensity"] == 0.7
    assert answer["terms"] == ["quantum computing", "qubits"] and answer["narrative_sources"] == {
        "news": 5,
        "filing": 2,
    }
    assert [row["sector"] for row in answer["sectors"]] == ["technology", "energy"]
    assert [row["symbol"] for row in answer["sympathy_network"]] == ["TEC2", "TEC3"]


def test_members_timeline_evidence_changes(trader: Client, quantum: Theme) -> None:
    members = trader.get(f"{URL}{quantum.pk}/members/").json()["results"]
    assert [(row["symbol"], row["is_sympathy"]) for row in members] == [
        ("TEC0", False),
        ("ENE0", False),
        ("TEC1", True),
    ]
    first = members[0]
    assert first["move_1d"] == pytest.approx(10.0) and first["temperature"] == "hot" and first["rvol_1h"] == 3.1
    assert (first["squeeze_risk"], first["manipulation_risk"], first["light"]) == (0.44, 0.61, None)
    assert (members[2]["temperature"], members[2]["move_1h"], members[2]["first_mention_at"]) == ("cold", None, None)
    timeline = trader.get(f"{URL}{quantum.pk}/timeline/", {"limit": "2"}).json()
    assert timeline["count"] == 4 and [row["intensity"] for row in timeline["results"]] == [0.5, 0.375]
    evidence = trader.get(f"{URL}{quantum.pk}/evidence/").json()["results"]
    assert [row["title"] for row in evidence] == ["Qubits for oil", "Quantum deal again", "Quantum deal"]
    assert (evidence[1]["copies"], evidence[1]["symbols"], evidence[0]["form"]) == (1, ["TEC0"], "8-K")
    about = trader.get(f"{URL}{quantum.pk}/evidence/", {"about": "ENE0", "kind": "filing"}).json()
    assert about["count"] == 1
    changes = trader.get(f"{URL}{quantum.pk}/changes/").json()["results"]
    assert [(row["what"], row["by_operator"]) for row in changes] == [("detected", False)]


def test_a_hostile_address_is_not_handed_on(trader: Client, quantum: Theme) -> None:
    add_document(quantum, "bad", [], url="javascript:alert(1)", hours=0.5)
    evidence = trader.get(f"{URL}{quantum.pk}/evidence/").json()["results"]
    assert (evidence[0]["title"], evidence[0]["url"]) == ("bad", "")


@pytest.mark.parametrize("part", ["", "members/", "timeline/", "evidence/", "changes/"])
def test_the_past_and_what_was_not_there_yet(trader: Client, quantum: Theme, market: Market, part: str) -> None:
    address = f"{URL}{quantum.pk}/{part}"
    before = trader.get(address, {"as_of": (NOON - 6 * HOUR).isoformat()})
    assert before.status_code == 404 and before.json()["error"]["code"]
    with clock.frozen(AT + HOUR):
        then = trader.get(address, {"as_of": AT.isoformat()}).json()
        add_member(quantum, market.ids["FIN0"], sector="financial", since=-1)
        add_document(quantum, "later", [market.ids["FIN0"]], hours=-0.5)
        ThemeReading.objects.create(
            theme=quantum, as_of=NOON + HOUR, standing="active", phase="peak", intensity=0.1, confidence=0.5,
            members=9, documents=9, recorded_at=NOON + HOUR,
        )  # fmt: skip
        assert trader.get(address, {"as_of": AT.isoformat()}).json() == then
        assert trader.get(address).json() != then or part == "changes/"


def test_operators_decide(operator: Client, quantum: Theme) -> None:
    other = add_theme("qubits", standing="watch", confidence=0.6)

    def post(name: str, theme: Theme, **data: str) -> Any:
        return operator.post(f"{URL}{theme.pk}/{name}/", data, content_type="application/json")

    assert post("rename", quantum, title="Quantum computing", reason="clearer").json()["title"] == "Quantum computing"
    assert post("confirm", other, reason="read it").json()["standing"] == "active"
    merged = post("merge", other, into=str(quantum.pk), reason="the same").json()
    assert (merged["standing"], merged["merged_into"]) == ("merged", str(quantum.pk))
    assert post("retire", quantum, reason="over").json()["standing"] == "retired"
    again = post("retire", quantum, reason="over")
    assert again.status_code == 400 and "theme" in again.json()["error"]["fields"]


@pytest.mark.parametrize(
    ("name", "data", "field"),
    [
        ("confirm", {}, "reason"),
        ("rename", {"reason": "x"}, "title"),
        ("rename", {"reason": "x", "title": "y" * 121}, "title"),
        ("merge", {"reason": "x", "into": "nowhere"}, "into"),
        ("merge", {"reason": "x", "into": "6a3c1f0e-5d3e-4d7e-9d53-0c4b5a8f9a11"}, "into"),
        ("retire", {"reason": " "}, "reason"),
    ],
)
def test_wrong_decisions_name_the_field(operator: Client, quantum: Theme, name: str, data: Any, field: str) -> None:
    answer = operator.post(f"{URL}{quantum.pk}/{name}/", data, content_type="application/json")
    assert answer.status_code == 400 and field in answer.json()["error"]["fields"]
    quantum.refresh_from_db()
    assert quantum.standing == Standing.ACTIVE and quantum.title == ""


def test_others_decide_nothing(trader: Client, client: Client, quantum: Theme) -> None:
    for name in ("confirm", "rename", "merge", "retire"):
        data = {"reason": "x", "title": "y", "into": str(quantum.pk)}
        answer = trader.post(f"{URL}{quantum.pk}/{name}/", data, content_type="application/json")
        assert answer.status_code == 403
    client.logout()
    assert client.get(URL).status_code == 401


@pytest.mark.parametrize(
    ("part", "statements"),
    [("", 2), ("{id}/", 19), ("{id}/members/", 13), ("{id}/timeline/", 4), ("{id}/evidence/", 7), ("{id}/changes/", 3)],
)
def test_lists_have_budgets(
    trader: Client, quantum: Theme, market: Market, part: str, statements: int, django_assert_num_queries: Any
) -> None:
    for number in range(4):
        add_theme(f"more {number}")
        add_member(quantum, market.ids[f"FIN{number}"], sector="financial")
        add_document(quantum, f"more {number}", [market.ids[f"FIN{number}"]])
    address = URL + part.format(id=quantum.pk)
    trader.get(address)
    with django_assert_num_queries(statements):
        assert trader.get(address).status_code == 200


def test_the_schema_has_every_answer_with_an_example(client: Client, db: None) -> None:
    from drf_spectacular.generators import SchemaGenerator

    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    mine = {path: item for path, item in paths.items() if path.startswith("/api/themes/{theme_id}/") or path == URL}
    assert len(mine) == 10
    for path, item in mine.items():
        if "get" in item:
            assert item["get"]["responses"]["200"]["content"]["application/json"]["examples"], path


def test_minutes_count(trader: Client, quantum: Theme) -> None:
    early = trader.get(URL, {"as_of": (NOON + MINUTE / 2).isoformat()}).json()["results"][0]
    assert early["intensity"] == 0.375  # noon's reading was recorded a minute after noon
