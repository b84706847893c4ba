"""Records at the screen: a form with every kind of field and a photo, what is refused in place, and nothing doubled."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.devices import Started
from tests.browser.people import DESKTOP, SECONDS, People, Person, lasting, picture
from tests.browser.prepared import count_of, make_alone
from tests.web.test_pages_records import FORM, TABLE

pytestmark = pytest.mark.browser
NEW = f"/data/{TABLE}/new"


@pytest.fixture
def amina(tmp_path: Path) -> Iterator[Started]:
    """A device with one form and an organisation to refer to."""
    started = Started(tmp_path, "Amina")
    make_alone(started, FORM.encode(), org_organisation="Relief Arda")
    with started:
        yield started


def drafted(person: Person) -> None:
    """Wait until what was typed is kept."""
    person.page.locator("[data-kept]").get_by_text("Draft kept").wait_for(timeout=SECONDS * 1000)


def test_every_kind_of_field_and_a_photo_are_entered_and_shown(people: People, amina: Started, tmp_path: Path) -> None:
    with people.browsing(amina.entrance) as person:
        page = person.page
        person.open(f"/data/{TABLE}")
        person.tap("New record")
        person.fill("What happened", "Bridge <b>down</b>")
        person.fill("Description", "first line\nsecond line")
        person.fill("People affected", "12")
        person.fill("Depth", "0.50")
        person.fill("Day", "2026-11-22")
        person.fill("When", "2026-11-22T14:30:00")
        page.get_by_role("group", name="Closed").get_by_label("No", exact=True).check()
        page.get_by_role("group", name="Status").get_by_label("Done").check()
        page.get_by_label("Level").select_option("h")
        for need in ("Water", "Food"):
            page.get_by_role("group", name="Needs").get_by_label(need).check()
        person.fill("Tags", "red\nblue")
        page.get_by_label("Search: Organisation").fill("arda")
        page.get_by_label("Relief Arda").check()
        page.get_by_label("Choose a photo or file").set_input_files(picture(tmp_path))
        page.locator("[data-preview] img").wait_for()
        page.get_by_role("group", name="1 of 1").get_by_label("Name").fill("Bo")
        person.tap("Save")
        person.sees("Saved on this device.")
        for told in ("Bridge <b>down</b>", "second line", "12", "0.5", "Done", "Food", "Relief Arda", "Bo", "14:30"):
            person.sees(told)
        photo = page.locator("img.photo").first
        lasting(lambda: bool(photo.evaluate("one => one.complete && one.naturalWidth > 0")), person)
        assert count_of(amina, TABLE) == 1


def test_wrong_values_are_refused_in_place_and_the_focus_goes_there(people: People, amina: Started) -> None:
    with people.browsing(amina.entrance, size=DESKTOP) as person:
        person.expects_refusals = True
        page = person.page
        person.open(NEW)
        person.fill("People affected", "many")
        person.fill("Depth", "deep")
        person.tap("Save")
        summary = page.get_by_role("alert")
        summary.wait_for()
        assert summary.evaluate("one => one === document.activeElement")
        links = summary.get_by_role("link")
        assert links.count() == 3, summary.inner_text()
        assert page.get_by_label("People affected").input_value() == "many"
        refused = [page.get_by_label(name) for name in ("What happened", "People affected", "Depth")]
        for control in refused:
            assert control.get_attribute("aria-invalid") == "true"
            told = page.locator(f"[id='{control.get_attribute('aria-describedby')}']")
            assert told.inner_text().endswith(".")
        links.nth(1).click()
        assert page.get_by_label("People affected").evaluate("one => one === document.activeElement")
        for control, text in zip(refused, ("Flood", "7", "1.5"), strict=True):
            control.fill(text)
        person.tap("Save")
        person.sees("Saved on this device.")
        assert count_of(amina, TABLE) == 1


def test_a_reload_a_second_tab_and_the_back_button_lose_and_double_nothing(people: People, amina: Started) -> None:
    with people.browsing(amina.entrance) as person:
        person.open(NEW)
        person.fill("What happened", "Landslide")
        drafted(person)
        person.page.reload()
        assert person.page.get_by_label("What happened").input_value() == "Landslide"
        beside = people.tab(person.page.context, person.host)
        beside.page.goto(person.page.url)
        beside.fill("Description", "typed in the second tab")
        beside.tap("Save")
        beside.sees("Saved on this device.")
        person.tap("Save")
        person.is_at(f"/data/{TABLE}/")
        person.sees("typed in the second tab")
        assert count_of(amina, TABLE) == 1
        person.page.go_back()
        person.sees("That page was saved already; this is the record.")
        assert count_of(amina, TABLE) == 1


def test_the_device_is_killed_and_started_again_while_a_form_is_half_filled(people: People, amina: Started) -> None:
    with people.browsing(amina.entrance) as person:
        person.expects_loss = person.expects_refusals = True
        person.open(NEW)
        person.fill("What happened", "Power line down")
        drafted(person)
        amina.kill()
        person.fill("Description", "typed while it was gone")
        person.sees("The draft could not be kept; save soon")
        person.tap("Save")
        person.sees("The device does not answer. What you typed is still here")
        amina.start()
        person.tap("Save")
        person.sees("This browser has to be let in again")
        beside = people.tab(person.page.context, person.host)
        beside.page.goto(amina.entrance)
        beside.is_at("/data")
        # The page from before goes on in the new session: what was typed meanwhile is saved, once.
        person.tap("Save")
        person.sees("Saved on this device.")
        person.sees("Power line down")
        person.sees("typed while it was gone")
        assert count_of(amina, TABLE) == 1


def test_what_was_drafted_before_the_device_was_killed_is_among_the_drafts(people: People, amina: Started) -> None:
    with people.browsing(amina.entrance) as person:
        person.expects_loss = person.expects_refusals = True
        person.open(NEW)
        person.fill("What happened", "Blocked well")
        drafted(person)
        amina.kill()
        amina.start()
        person.page.goto(amina.entrance)
        person.is_at("/data")
        person.tap("Go on with 1 draft")
        person.tap("Blocked well", exact=False)
        assert person.page.get_by_label("What happened").input_value() == "Blocked well"
        person.tap("Save")
        person.sees("Saved on this device.")
        assert count_of(amina, TABLE) == 1
