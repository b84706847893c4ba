"""What the browser tests share: Debian's chromium, started once a file, and people who complain of nothing."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import People


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path is not None, "tests marked `browser` are skipped where there is no chromium"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def people(chromium: Browser) -> Iterator[People]:
    everybody = People(chromium)
    yield everybody
    everybody.have_nothing_to_complain_of()
