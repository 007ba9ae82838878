import json
import os
import socket
from pathlib import Path

import pytest

from lst_workbench.contracts import LstError
from lst_workbench.ui.serve import free_port, page_url, template_folder, voila_command

APPS = Path(__file__).parents[2] / "apps"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_the_command_serves_this_machine_only_and_passes_no_flag_twice(cache, tmp_path):
    argv, env = voila_command(APPS, 8901, tmp_path / "runs", tmp_path / "market", cache)
    flags = [word.split("=")[0] for word in argv if word.startswith("--") and "allowlist" not in word]
    assert len(flags) == len(set(flags)), "a flag that stands twice ends voila"
    assert "--Voila.ip=127.0.0.1" in argv and "--port=8901" in argv
    assert env["LST_RUNS"] == str(tmp_path / "runs") and env["LST_MARKET"] == str(tmp_path / "market")
    assert page_url(8901).startswith("http://127.0.0.1:8901/")


def test_numbers_among_the_servers_settings_are_numbers(cache, tmp_path):
    """On the command line they were text: a ping then failed, and lists beyond 10 MB were cut off."""
    _, env = voila_command(APPS, 8901, tmp_path / "runs", tmp_path / "market", cache)
    settings = json.loads((Path(env["JUPYTER_CONFIG_PATH"].split(os.pathsep)[0]) / "voila.json").read_text("utf-8"))
    assert settings["Voila"]["tornado_settings"]["websocket_max_message_size"] > 10 << 20


def test_the_template_lies_outside_the_package_with_plotly_beside_it(cache):
    folder = template_folder(cache) / "voila" / "templates" / "lst"
    assert (folder / "static" / "plotly.min.js").stat().st_size > 1_000_000
    assert "--accent" in (folder / "tokens.css.html").read_text("utf-8")
    assert template_folder(cache) == template_folder(cache), "laid out once"
    assert [entry.name for entry in cache.iterdir()] == [template_folder(cache).name], "nothing half-made is left"


def test_pages_ask_no_other_host(cache):
    folder = template_folder(cache) / "voila" / "templates" / "lst"
    for path in [*folder.glob("*.html"), *folder.glob("*.j2")]:
        text = path.read_text("utf-8")
        assert not [line for line in text.splitlines() if "//" in line and ("src=" in line or 'href="http' in line)]


def test_a_cache_that_cannot_be_written_is_said(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(LstError, match="XDG_CACHE_HOME"):
        template_folder(blocked / "below")


def test_a_folder_without_pages_is_said(tmp_path):
    with pytest.raises(LstError, match="holds no page"):
        voila_command(tmp_path, 8901, tmp_path, tmp_path, tmp_path)


def test_a_taken_port_gives_the_next_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port(port) < port + 50


def test_freed_memory_of_a_kernel_goes_back_unless_the_user_says_otherwise(tmp_path, monkeypatch):
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
    monkeypatch.setenv("MALLOC_ARENA_MAX", "8")
    _, env = voila_command(APPS, 8866, tmp_path / "runs", tmp_path / "market", tmp_path)
    assert (env["ARROW_DEFAULT_MEMORY_POOL"], env["MALLOC_ARENA_MAX"]) == ("system", "8")
