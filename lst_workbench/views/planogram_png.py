"""A drawn shelf as PNG, by the browser that is installed: its letters are those of the page, Chinese among them."""

import os
import shutil
import subprocess
import tempfile
from base64 import b64encode
from pathlib import Path

from lst_workbench.contracts import LstError
from lst_workbench.views.planogram import TALL, WIDE

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
DOTS_MM, LONGEST_S = 96 / 25.4, 60


def planogram_png(svg: str, path: Path | str, sharpness: int = 2) -> Path:
    """Write a drawing of `planogram_svg` as PNG, A4 across, at 96 dots an inch times `sharpness`.

    Raises
    ------
    LstError
        When no browser is found, or it wrote nothing.

    Examples
    --------
    >>> planogram_png(planogram_svg(facings, shelves, items), "shelf.png")  # doctest: +SKIP
    PosixPath('shelf.png')
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise LstError(f"no browser draws the PNG; install one of {', '.join(BROWSERS)}, or keep the SVG.")
    path = Path(path).resolve()
    path.unlink(missing_ok=True)
    size = f"{round(WIDE * DOTS_MM)},{round(TALL * DOTS_MM)}"
    with tempfile.TemporaryDirectory() as folder:
        page = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode('ascii')}"
        how = [
            "--headless", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}", f"--window-size={size}",
            f"--force-device-scale-factor={sharpness}", f"--screenshot={path}",
        ]  # fmt: skip
        how += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        try:
            told = subprocess.run([browser, *how, page], capture_output=True, text=True, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            raise LstError(f"{browser} did not draw {path} within {LONGEST_S} s; keep the SVG.") from None
        except OSError:
            raise LstError(f"{browser} cannot be handed a drawing of {len(svg):,} signs; keep the SVG.") from None
    if not path.exists():
        last = (told.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise LstError(f"{browser} did not draw {path} ({last}); keep the SVG.")
    return path
