"""Our own files: how many, how heavy, under which names; and colours that everyone can read."""

from __future__ import annotations

import gzip
import re

import pytest
from bs4 import BeautifulSoup

from plugin.pages import assets
from tests.pages.world import World

#: compressed bytes of everything that the first look at a page loads, App Bridge aside
FIRST_LOAD_BYTES = 20_000
FIRST_LOAD_REQUESTS = 6
OWN_SCRIPT_BYTES, RAW_SCRIPT_BYTES = 5_000, 12_000
#: compressed bytes of what a click loads
FRAGMENT_BYTES = 9_000
#: as it is read
RAW_FRAGMENT_BYTES = 40_000
#: of text and of what must be seen, against what it stands on (WCAG 2.2, 1.4.3 and 1.4.11)
TEXT, SHAPE = 4.5, 3.0
PAGES = ("overview", "rules", "customers", "customers/7000041", "offers", "history", "overview/report")
STYLE = (assets.FOLDER / "app.css").read_text()


def tokens(host: str) -> dict[str, str]:
    """The colours of a host's theme."""
    blocks = [STYLE[STYLE.index(":root") : STYLE.index("}")]]
    blocks += re.findall(rf'\[data-host="{host}"\] {{([^}}]*)}}', STYLE)
    return {name: value for block in blocks for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block)}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    digits = colour.lstrip("#")
    pairs = [digit * 2 for digit in digits] if len(digits) == 3 else [digits[place : place + 2] for place in (0, 2, 4)]
    parts = [int(pair, 16) / 255 for pair in pairs]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", PAGES)
def test_the_first_load_is_light(world: World, page: str) -> None:
    """Document, style and script together, and how many requests they take."""
    client = world.app().test_client()
    packed = {"Accept-Encoding": "gzip"}
    document = client.get(world.launch(path=f"/app/{page}"), headers=packed)
    html = BeautifulSoup(document.text, "html.parser")
    named = {tag.get("src") or tag.get("href") for tag in html.select("script[src], link[href]")}
    files = {name: client.get(name, headers=packed) for name in named if name.startswith("/assets/")}
    scripts = [answer.data for name, answer in files.items() if name.endswith(".js")]

    assert {answer.headers["Content-Encoding"] for answer in files.values()} == {"gzip"}
    assert len(gzip.compress(document.data)) + sum(len(answer.data) for answer in files.values()) <= FIRST_LOAD_BYTES
    assert len(files) + 1 <= FIRST_LOAD_REQUESTS
    assert sum(map(len, scripts)) <= OWN_SCRIPT_BYTES
    assert sum(len(gzip.decompress(script)) for script in scripts) <= RAW_SCRIPT_BYTES


def test_every_module_that_is_imported_is_announced(world: World) -> None:
    """No script waits for another to be read first; what is fetched when it is needed is not announced."""
    announced = set(re.findall(r"/assets/\w+/(\w+\.js)", world.app().test_client().get("/app/rules").text))

    scripts = {path.name: path.read_text() for path in assets.FOLDER.glob("*.js")}
    later = set(re.findall(r'import\("./(\w+\.js)"\)', "".join(scripts.values())))

    assert later == {"acts.js"}
    assert announced == scripts.keys() - later


def test_files_are_kept_for_ever_under_their_hash_and_never_under_another(world: World) -> None:
    """A page of the version before still finds a script while servers are replaced."""
    client, loaded = world.app().test_client(), assets.load()
    current, older = client.get(loaded.path("app.js")), client.get("/assets/000000000000/app.js")

    assert "immutable" in current.headers["Cache-Control"]
    assert (older.status_code, older.headers["Cache-Control"]) == (200, "no-store")
    assert older.data == current.data == loaded.plain["app.js"]


def test_what_is_sent_is_what_is_written_without_its_comments() -> None:
    """Lines are only trimmed or left out, so no text may go over several lines, and no line of code is lost."""
    for path in assets.FOLDER.iterdir():
        written = path.read_text()
        quotes = [line for line in written.splitlines() if line.count("`") % 2]
        lines = [line.strip() for line in written.splitlines()]
        code = [line for line in lines if line and not line.startswith(("//", "/*"))]
        half = [line for line in lines if line.startswith("/*") and not line.endswith("*/")]

        assert quotes == half == []
        assert assets.load().plain[path.name].decode().splitlines() == code


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fapp.py", "app.css.map", "layout.html"])
def test_nothing_else_is_served(world: World, name: str) -> None:
    """Only the files of the folder."""
    assert world.app().test_client().get(f"/assets/x/{name}").status_code == 404


def test_fragments_are_small(world: World) -> None:
    """What a click loads."""
    client = world.app().test_client()
    for page in PAGES:
        header = {"Authorization": f"Bearer {world.id_token()}", "X-Fragment": "1", "Accept-Encoding": "gzip"}
        packed = client.get(f"/app/{page}", headers=header)
        assert len(packed.data) <= FRAGMENT_BYTES
        plain = client.get(f"/app/{page}", headers={**header, "Accept-Encoding": "identity"})
        assert len(plain.data) <= RAW_FRAGMENT_BYTES, page


@pytest.mark.parametrize("host", ["shopify", "standalone", "magento"])
def test_colours_can_be_told_apart(host: str) -> None:
    """Every pair of text and ground, and every edge that one must see, in the theme of each host."""
    colour = tokens(host)
    texts = [
        ("ink", "card"), ("ink", "page"), ("muted", "card"), ("muted", "page"), ("accent", "card"), ("accent", "page"),
        ("accent", "accent-soft"), ("on-primary", "primary"), ("critical", "card"), ("critical", "critical-soft"),
        ("warn", "warn-soft"), ("good", "good-soft"), *((("ink"), f"heat-{step}") for step in range(5)),
        *(("card", f"heat-{step}") for step in (5, 6)),
    ]  # fmt: skip
    shapes = [("edge", "card"), ("focus", "card"), ("focus", "page"), ("accent", "line-soft")]
    weak = [(pair, round(contrast(colour[pair[0]], colour[pair[1]]), 2), least)
            for pairs, least in ((texts, TEXT), (shapes, SHAPE)) for pair in pairs
            if contrast(colour[pair[0]], colour[pair[1]]) < least]  # fmt: skip

    assert weak == []
