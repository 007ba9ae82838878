"""What tests of pages share: a page in a real browser, in the words of who uses it."""

import json
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

CLICK = """
const all = [...document.querySelectorAll(arguments[0])].filter(e => e.innerText.includes(arguments[1]));
all[0]?.click();
return all.length
"""
SLIDERS = """
const all = [...document.querySelectorAll(".lst [role=slider]")];
return all.length && all.every(e => e.getAttribute("aria-label")) && all.length
"""
FIELDS = """
const all = [...document.querySelectorAll(".lst input[type=text], .lst select")];
return all.map(e => e.getAttribute("aria-label") || e.title || e.placeholder)
"""
CUT = """
return [...document.querySelectorAll(".kpi-value, .finding h1, .card-head h2, .jupyter-button, .ctl-l b")]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline").map(e => e.innerText)
"""
LANGUAGES = ("中文", "EN")
PATIENCE = 90
OWN = ("data:", "blob:", "chrome:", "about:")


class Page:
    """What a test says and sees, in its own words."""

    def __init__(self, driver, site):
        self.driver, self.site = driver, site

    def open(self):
        self.driver.get("about:blank")
        self.driver.get_log("browser")  # what a page says while it is left is not this one's
        self.driver.get(self.site.url)
        self.until("return window.lstReadyMs > 0 && document.querySelector('.lst-ready')", "the page to be drawn")
        return self

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, script, what, *arguments):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if answer := self.run(script, *arguments):
                return answer
            time.sleep(0.1)
        body = self.run("return document.body.innerText")
        pytest.fail(f"waited in vain for {what}; the page says: {body[:1500]}")

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def click(self, selector, holding=""):
        assert self.run(CLICK, selector, holding), f"nothing to click at {selector} with {holding!r}"

    def says(self, words, selector=".lst"):
        self.until(
            "return (document.querySelector(arguments[0])?.innerText ?? '').includes(arguments[1])",
            words,
            selector,
            words,
        )

    def width(self, pixels):
        size = {"width": pixels, "height": 900, "deviceScaleFactor": 1, "mobile": pixels < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        time.sleep(0.6)

    def errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def hosts(self):
        logged = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        urls = [m["params"]["request"]["url"] for m in logged if m["method"] == "Network.requestWillBeSent"]
        return {urlsplit(url).hostname for url in urls if not url.startswith(OWN)}

    def fits(self, pixels, words=("", "")):
        """Assert that in both languages nothing is cut at this width, and nothing scrolls sideways.

        `words` are what the finding says in Chinese and in English, for pages that take a while to change over.
        """
        self.width(pixels)
        for language, said in zip(LANGUAGES, words, strict=True):
            self.click(".lang button", language)
            self.says(said, ".finding")
            time.sleep(1)
            assert self.run("return document.documentElement.scrollWidth") <= pixels
            assert self.run(CUT) == []

    def picture(self, name, pixels):
        """Keep a picture of the whole page in the folder LST_SCREENSHOTS, where that is set."""
        if not (folder := os.environ.get("LST_SCREENSHOTS")):
            return
        tall = self.run("return document.documentElement.scrollHeight")
        size = {"width": pixels, "height": tall, "deviceScaleFactor": 1, "mobile": pixels < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        time.sleep(1)
        self.driver.save_screenshot(str(Path(folder) / f"{name}-{pixels}.png"))
