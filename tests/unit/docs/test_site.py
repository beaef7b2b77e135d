"""The website of the documentation is built without network, and its links lead somewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ringfence.runbooks.catalogue import CATALOGUE
from tools.site import OUTSIDE, build, prepare

ROOT = Path(__file__).parents[3]


class Loaded(HTMLParser):
    """Collects what a page makes a browser load, and the pictures without words."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "img", "iframe", "source"} and given.get("src"):
            self.addresses.append(str(given["src"]))
        if tag == "link" and given.get("rel") not in {"canonical", "next", "prev"}:
            self.addresses.append(str(given.get("href")))
        if tag == "img" and not given.get("alt"):
            self.silent.append(str(given))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The website. To build it fails if a link, an anchor or an entry of the navigation leads nowhere."""
    folder = tmp_path_factory.mktemp("docs")
    prepare(folder / "source")
    assert build(folder / "source") == ""
    return folder / "site"


def test_every_page_of_the_repository_is_a_page_of_the_website(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    pages |= {there for there in OUTSIDE.values() if there.endswith(".md")}
    shown = {re.sub(r"README\.md$", "index.md", one).replace(".md", ".html") for one in pages}
    assert {path.relative_to(site).as_posix() for path in site.rglob("*.html")} == {*shown, "404.html"}


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = Loaded()
        loaded.feed(page.read_text("utf-8"))
        assert loaded.addresses
        assert [one for one in loaded.addresses if re.match(r"(https?:)?//", one)] == [], page.name
        assert loaded.silent == [], page.name


def test_a_screen_reader_can_name_the_language_the_columns_and_the_heading_of_a_page(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        assert '<html lang="en"' in text, page.name
        assert len(re.findall(r"<h1[ >]", text)) == 1, page.name
        assert not re.search(r"<th[^>]*>\s*</th>", text), page.name


def test_the_page_of_a_runbook_has_its_picture_inside(site: Path) -> None:
    for id_ in CATALOGUE:
        page = (site / "runbooks" / f"{id_}.html").read_text("utf-8")
        assert f"<title>Stages of {id_}: " in page
        assert f"{id_}.svg" not in page


def test_a_list_inside_a_list_stays_one(site: Path) -> None:
    assert re.search(r"<li>[^<]*(<[^>]*>[^<]*)*<ul>", (site / "changelog.html").read_text("utf-8"))
    policy = (site / "policy-file.html").read_text("utf-8")
    assert re.search(r"<li>\s*<p><code>approvals</code>.*?<table>", policy, re.DOTALL)


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path) -> None:
    pages = tmp_path / "source" / "pages"
    pages.mkdir(parents=True)
    settings = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[0]
    (tmp_path / "source" / "mkdocs.yml").write_text(settings, "utf-8")
    (pages / "index.md").write_text("# Start\n\n[nowhere](#nowhere) [no page](none.md)\n", "utf-8")
    problems = build(tmp_path / "source")
    assert "#nowhere" in problems
    assert "none.md" in problems
