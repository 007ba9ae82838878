"""One server and one browser for all page tests; they are skipped, saying why, where there is no browser."""

import shutil
import subprocess
import tempfile
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.ui.serve import free_port, page_url, voila_command

APPS = Path(__file__).parents[2] / "apps"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,1000",
)
SERVER_SECONDS = 60


@dataclass(frozen=True)
class Site:
    """A running server with its folders; the market is a copy that a test may damage."""

    url: str
    runs: Path
    market: Path
    started: float


@pytest.fixture(scope="session")
def chromium():
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip(
            "no Chromium with chromedriver on this machine: install chromium and chromium-driver to run page tests"
        )
    return browser, driver


@pytest.fixture(scope="session")
def site(chromium, district, tmp_path_factory):
    """Serve a district of two thousand stores, which plans in a moment."""
    from lst_workbench.market import write_market

    folder = tmp_path_factory.mktemp("site")
    write_market(district, folder / "market")
    yield from serving(folder, folder / "market")


@pytest.fixture(scope="session")
def sample_site(chromium, tmp_path_factory):
    """Serve the sample market, as `lst demo` does."""
    yield from serving(tmp_path_factory.mktemp("sample"), data_folder() / "sample")


def serving(folder, market):
    runs, port = folder / "runs", free_port(8870)
    argv, env = voila_command(APPS, port, runs, market, folder / "cache")
    env["LST_PROVINCE"] = "0"  # no work in the background while pages are tried
    with (folder / "voila.log").open("wb") as log:
        started = time.monotonic()
        server = subprocess.Popen(argv, env=env, stdout=log, stderr=log)
    try:
        _wait_for(page_url(port), server, folder / "voila.log")
        yield Site(page_url(port), runs, market, started)
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url, server, log):
    for _ in range(SERVER_SECONDS * 5):
        if server.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text('utf-8', 'replace')[-2000:]}")
        with suppress(OSError), urllib.request.urlopen(url.split("voila")[0], timeout=2):
            return
        time.sleep(0.2)
    pytest.fail("the server did not answer")


@pytest.fixture(scope="session")
def browser(chromium):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium[0]
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(chromium[1]))
        yield driver
        driver.quit()
