"""The desk: themes are decided about with a reason, dictionaries get versions and trials, everything else is read."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import Market
from themes.models import Theme, ThemeDictionary
from themes.models.stories import Standing
from themes.stories.dictionaries import ensure_dictionaries

from .world import add_document, add_theme

pytestmark = pytest.mark.django_db
ADMIN = "/admin/themes"
ADD = f"{ADMIN}/themedictionary/add/"
FORM = {
    "key": "drones",
    "title": "Drones",
    "patterns": "\\bdrones?\\b\nrotorcraft",
    "is_active": "on",
    "reason": "wider",
}


@pytest.mark.parametrize("model", ["theme", "themereading", "thememembership", "themechange", "document",
                                   "themedictionary"])  # fmt: skip
def test_every_list_and_row_opens(operator: Client, quantum: Theme, model: str) -> None:
    ensure_dictionaries()
    page = operator.get(f"{ADMIN}/{model}/")
    assert page.status_code == 200
    link = page.content.decode().split(f'href="{ADMIN}/{model}/', 1)[1].split('"')[0]
    row = operator.get(f"{ADMIN}/{model}/{link}")
    assert row.status_code == 200 and 'name="_save"' not in row.content.decode()


def decide(operator: Client, action: str, *themes: Theme, **given: str) -> str:
    data = {"action": action, "_selected_action": [str(theme.pk) for theme in themes], **given}
    answer = operator.post(f"{ADMIN}/theme/", data, follow=True)
    return answer.content.decode()


def test_actions_need_a_reason_and_are_the_services(operator: Client) -> None:
    one, two = add_theme("one"), add_theme("two", standing="watch")
    assert "One: reason: Say why." in decide(operator, "confirm_selected", one)
    assert "Rename one theme at a time." in decide(operator, "rename_selected", one, two, reason="x", title="y")
    decide(operator, "rename_selected", one, reason="clearer", title="First")
    decide(operator, "confirm_selected", one, two, reason="read")
    assert "Choose the theme it belongs to" in decide(operator, "merge_selected", two, reason="same", into="?")
    decide(operator, "merge_selected", two, reason="same", into=str(one.pk))
    decide(operator, "retire_selected", one, reason="over")
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.title, one.is_confirmed, one.standing) == ("First", True, Standing.RETIRED)
    assert (two.standing, two.merged_into_id) == (Standing.MERGED, one.pk)
    shown = operator.get(f"{ADMIN}/theme/?stands=ended").content.decode()
    assert str(one.pk) in shown and str(two.pk) in shown
    assert str(one.pk) not in operator.get(f"{ADMIN}/theme/?stands=watched").content.decode()


def test_saving_a_dictionary_makes_a_version(operator: Client) -> None:
    ensure_dictionaries()
    page = operator.get(ADD, {"key": "drones"}).content.decode()
    assert "counter-uas" in page
    assert operator.post(ADD, FORM).status_code == 302
    newest = ThemeDictionary.objects.filter(key="drones").order_by("-version")[0]
    assert (newest.version, newest.patterns) == (2, ["\\bdrones?\\b", "rotorcraft"])
    assert (newest.reason, str(newest.author)) == ("wider", "operator")
    assert ThemeDictionary.objects.filter(key="drones").count() == 2
    assert operator.post(ADD, FORM | {"key": "fusion", "title": "Fusion"}).status_code == 302
    assert ThemeDictionary.objects.get(key="fusion").version == 1
    newest_only = operator.get(f"{ADMIN}/themedictionary/?version_shown=newest").content.decode()
    assert newest_only.count("add/?key=drones") == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"patterns": "fine\n("}, "&#x27;(&#x27; is no regular expression"),
        ({"patterns": "(a+)+"}, "repeats a repeat"),
        ({"patterns": " "}, "This field is required"),
        ({"reason": ""}, "This field is required"),
        ({"key": "not a slug"}, "slug"),
    ],
)
def test_a_wrong_dictionary_is_refused_by_name(operator: Client, changed: dict[str, str], said: str) -> None:
    answer = operator.post(ADD, FORM | changed)
    assert answer.status_code == 200 and said in answer.content.decode()
    assert not ThemeDictionary.objects.exists()


def test_a_trial_shows_what_would_be_found_and_saves_nothing(operator: Client, market: Market) -> None:
    add_document(None, "A rotorcraft <b>lands</b>", [], hours=1)
    add_document(None, "Oil", [], hours=2)
    page = operator.post(ADD, FORM | {"_try": "Try it"})
    text = page.content.decode()
    assert "1 of the newest 2 documents" in text and "<b>rotorcraft</b> &lt;b&gt;lands" in text
    assert 'value="wider"' in text and "rotorcraft</textarea>" in text  # what was filled in is still there
    wrong = operator.post(ADD, FORM | {"_try": "Try it", "patterns": "("}).content.decode()
    assert "is no regular expression" in wrong
    assert not ThemeDictionary.objects.exists()
