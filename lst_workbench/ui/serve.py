"""The command that serves the pages, and the folder of templates that it needs."""

import json
import os
import shutil
import socket
import sys
import tempfile
from contextlib import suppress
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path

from lst_workbench import __version__
from lst_workbench.contracts import LstError
from lst_workbench.views.theme import tokens_css

HOST = "127.0.0.1"
EXTENSIONS = (
    "@voila-dashboards/widgets-manager8",
    "@jupyter-widgets/jupyterlab-manager",
    "jupyter-leaflet",
    "anywidget",
)
# In a file of settings, since numbers on the command line would be text. An uploaded list comes as one message.
SETTINGS = {"Voila": {"tornado_settings": {"ws_ping_timeout": 30_000, "websocket_max_message_size": 512 << 20}}}
IDLE_SECONDS = 900  # a kernel whose browser was killed ends after so long
PORTS_TRIED, LAST_PORT = 50, 65535
# Freed memory of a page's kernel goes back to the machine: windows of six million dots pass through it.
LEAN_MEMORY = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "1048576"}
RUNS_VARIABLE, MARKET_VARIABLE = "LST_RUNS", "LST_MARKET"


def voila_command(
    apps_folder: str | Path,
    port: int,
    runs_folder: str | Path,
    market_folder: str | Path,
    cache_folder: str | Path | None = None,
) -> tuple[list[str], dict[str, str]]:
    """Say how to start the pages: the command, and the environment to start it in.

    Parameters
    ----------
    apps_folder : path
        Folder of the page notebooks.
    port : int
        Port on this machine; the pages are served to this machine only.
    runs_folder, market_folder : path
        Where the pages look for runs and put new ones, and the market they plan.
    cache_folder : path, optional
        Writable folder for the template; the user's cache folder by default.

    Returns
    -------
    argv : list of str
        Command with arguments.
    env : dict
        The whole environment, this process's own included.

    Raises
    ------
    LstError
        The folder of apps is missing, or no folder for the template can be written.
    """
    apps = Path(apps_folder).resolve()
    if not any(apps.glob("*.ipynb")):
        raise LstError(f"{apps} holds no page (*.ipynb): give the apps folder of LST Workbench.")
    share = template_folder(cache_folder)
    argv = [
        sys.executable, "-m", "voila", str(apps), "--no-browser", f"--port={port}", f"--Voila.ip={HOST}",
        "--template=lst", "--Voila.log_level=ERROR",
        *(f"--VoilaConfiguration.extension_allowlist={name}" for name in EXTENSIONS),
        f"--MappingKernelManager.cull_idle_timeout={IDLE_SECONDS}", "--MappingKernelManager.cull_interval=60",
    ]  # fmt: skip
    env = {
        **LEAN_MEMORY,
        **os.environ,
        RUNS_VARIABLE: str(Path(runs_folder).resolve()),
        MARKET_VARIABLE: str(Path(market_folder).resolve()),
        **{
            name: os.pathsep.join(filter(None, [str(share), os.environ.get(name)]))
            for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH")
        },
    }
    return argv, env


def page_url(port: int, page: str = "rollout") -> str:
    """Address of a page.

    Examples
    --------
    >>> page_url(8866)
    'http://127.0.0.1:8866/voila/render/rollout.ipynb'
    """
    return f"http://{HOST}:{port}/voila/render/{page}.ipynb"


def free_port(wanted: int) -> int:
    """Give the port, or the next one that is free.

    Raises
    ------
    LstError
        Fifty ports from it on are all taken.
    """
    last = min(wanted + PORTS_TRIED - 1, LAST_PORT)
    for port in range(wanted, last + 1):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return port
    raise LstError(f"Ports {wanted} to {last} are all taken: choose another one with --port.")


def template_folder(cache_folder: str | Path | None = None) -> Path:
    """Lay out the Voilà template with plotly's script beside it, in a folder that can be written.

    The folder's name tells versions and contents apart, so that an update never meets an old copy.
    """
    cache = Path(cache_folder) if cache_folder else _user_cache()
    with as_file(files("lst_workbench.ui.theme").joinpath("voila", "lst")) as template:
        share = cache / f"pages-{_fingerprint(template)}"
        if not share.is_dir():
            _lay_out(template, share)
    return share


def _lay_out(template: Path, share: Path) -> None:
    try:
        share.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=share.parent) as scratch:
            made = Path(scratch) / "share"
            folder = made / "voila" / "templates" / "lst"
            shutil.copytree(template, folder)
            (folder / "tokens.css.html").write_text(f"<style>{tokens_css()}</style>", encoding="utf-8")
            (made / "voila.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
            (folder / "static").mkdir(exist_ok=True)
            shutil.copyfile(_plotly_script(), folder / "static" / "plotly.min.js")
            with suppress(OSError):  # another process may have laid out the same folder meanwhile
                made.rename(share)
    except OSError as error:
        raise LstError(
            f"{share.parent} cannot be written ({error.strerror}): set XDG_CACHE_HOME to a folder that can."
        ) from error
    if not share.is_dir():
        raise LstError(f"The page's template could not be laid out in {share.parent}: make room there and try again.")


def _plotly_script() -> Path:
    import plotly

    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def _fingerprint(template: Path) -> str:
    digest = blake2b(f"{__version__} {version('plotly')} {tokens_css()} {SETTINGS}".encode(), digest_size=8)
    for path in sorted(template.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _user_cache() -> Path:
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "lst-workbench"
