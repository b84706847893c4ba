"""A phone without the program: let in by a code over TLS, its record is marked, and it is thrown out while open."""

import ssl
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zxingcpp

from tests.browser.devices import Started
from tests.browser.people import DESKTOP, PHONE, People, Person
from tests.browser.prepared import SHELTERS, TABLE, count_of, make_alone

pytestmark = pytest.mark.browser
READ_GREYS = """async (picture) => {
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 600;
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0, 600, 600);
  return [...pen.getImageData(0, 0, 600, 600).data].filter((_, place) => place % 4 === 0);
}"""


def scanned(person: Person) -> str:
    """What a camera reads in the code on the screen."""
    greys = bytes(person.page.locator("img.qr").evaluate(READ_GREYS))
    [read] = zxingcpp.read_barcodes(memoryview(greys).cast("B", (600, 600)))
    return read.text


def fingerprint(address: str) -> str:
    """Of the certificate that the door shows."""
    place = urlsplit(address)
    assert place.hostname is not None
    assert place.port is not None
    shown = ssl.get_server_certificate((place.hostname, place.port))
    return sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest().upper()


def test_a_phone_fills_a_record_that_is_marked_and_is_thrown_out_while_its_page_is_open(
    people: People, tmp_path: Path
) -> None:
    device = Started(tmp_path, "Amina")
    make_alone(device, SHELTERS)
    with device, people.browsing(device.entrance, size=DESKTOP) as amina:
        amina.open("/phones")
        amina.tap("Open the door")
        amina.sees("The door for phones is open.")
        amina.fill("Name of who uses it", "Cy")
        amina.tap("Add it")
        amina.sees("Let Cy in")
        address = scanned(amina)
        assert address.startswith("https://127.0.0.1:")
        shown = amina.page.locator("code").first.inner_text()
        assert shown.replace(":", "").replace(" ", "").upper() == fingerprint(address)

        with people.browsing(address, size=PHONE, is_strange=True) as cy:
            cy.expects_refusals = cy.expects_loss = True
            cy.is_at("/data")
            assert cy.page.get_by_role("link", name="Nearby").count() == 0
            cy.open("/phones")
            assert "This did not work" in cy.page.locator("main").inner_text()
            cy.open("/data")
            cy.tap("Shelters", exact=False)
            cy.tap("New record")
            cy.fill("Name", "Tent at the well")
            cy.tap("Save")
            cy.sees("Saved on this device.")
            assert count_of(device) == 1
            where = cy.path
            amina.open(f"{where}/history")
            amina.sees("Cy")

            cy.open(f"/data/{TABLE}/new")
            cy.fill("Name", "Never written")
            amina.open("/phones")
            amina.page.locator("#change-1 summary").click()
            amina.page.get_by_label("It is meant").check()
            amina.tap("Throw it out for good")
            amina.sees("Cy is out.")
            cy.tap("Save")
            cy.sees("This browser has to be let in again.")
            cy.page.goto(address)
            cy.page.locator("#refused, #closed").locator("visible=true").first.wait_for()
            assert count_of(device) == 1
