"""Every page in a headless Chromium: axe, the dark scheme, narrow and wide screens, and paper of A4.

Without a Chromium, these tests are skipped. The pages are those of the commands, with many rows and hostile
names in them.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ringfence.cli.main import main
from tests.support.browser import Page, browser, executable
from tests.support.fakes.audit_home import AUDIT
from tests.support.transcripts.log import CONTAINED, PERIOD, audit_log
from tests.support.transcripts.offline import OLD, many
from tests.support.transcripts.offline import POLICY as REPLAYED
from tests.unit.cli.test_report import POLICY, scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TEMPLATES = {one.name for one in (ROOT / "functions/ringfence/cli/templates").glob("*.html")} - {"base.html"}
PAGES = ("report", "bundle", "incident", "replay")
"""A page of each template. `ringfence scan --html` writes that of the report."""
PHONE, SCREEN = 360, 1440
PAPER = 686
"""The width of a page of A4 in CSS pixels, without the margins of 14 mm on each side."""
SCHEMES = ("light", "dark")
MANUAL = f"""\
manual_controls:
  - name: restores-are-tested
    title: Restoring a backup is tested each quarter
    severity: high
    owner: operations@example.com
    requirements: {{soc2: [A1.3]}}
    evidence: "minutes with a-very-long-word-{"x" * 200}"
    date: 2026-02-01
    expires: 2099-01-01
"""
VIOLATIONS = """
axe.run({resultTypes: ['violations']}).then(found => found.violations.map(
  one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 120)).join(' | ')))
"""
SIDEWAYS = """
[...document.querySelectorAll('html, main, main > *')]
  .filter(one => !one.matches('.scroll') && one.scrollWidth > Math.max(one.clientWidth, innerWidth))
  .map(one => one.tagName + '.' + one.className + ' ' + one.scrollWidth)
"""
CUT_ON_PAPER = """
[...document.querySelectorAll('main *')]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => one.outerHTML.slice(0, 160))
"""
CONTRAST = "getComputedStyle(document.body).backgroundColor"
pytestmark = pytest.mark.skipif(executable() is None, reason="no Chromium is installed: no page was rendered")


def typed(*words: str) -> str:
    """Return what a command prints."""
    done = CliRunner(env={"RINGFENCE_AUDIT_TABLE": AUDIT}).invoke(main, list(words))
    assert done.exit_code in {0, 1}, done.output
    return done.stdout


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages as files."""
    folder = tmp_path_factory.mktemp("pages")
    for name, text in scanned().files.objects.items():
        path = folder / "scans" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    given = {"policy.yaml": POLICY, "manual.yaml": MANUAL, "new.yaml": REPLAYED, "old.yaml": OLD}
    for name, text in {**given, "events.jsonl": many()}.items():
        (folder / name).write_text(text, "utf-8")
    policy, rules = ("--policy", str(folder / "policy.yaml")), ("--rules", str(folder / "manual.yaml"))
    replayed = folder / "replay.html"
    with audit_log():
        made = {
            "report": typed("report", str(folder / "scans"), *PERIOD, *policy, *rules, "--library"),
            "bundle": typed("incidents", "export", *PERIOD, "--format", "html"),
            "incident": typed("incidents", "report", CONTAINED, "--without-archive"),
        }
        against = ("--policy", str(folder / "new.yaml"), "--against", str(folder / "old.yaml"))
        typed("replay", str(folder / "events.jsonl"), *against, "--html", str(replayed))
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    return {name: folder / f"{name}.html" for name in PAGES}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    path = executable()
    assert path
    with browser(path, tmp_path_factory.mktemp("browser")) as running:
        yield running.page()


@pytest.fixture(scope="module")
def axe() -> str:
    return f"{AXE.read_text('utf-8')};0"


def test_every_template_has_a_page_here() -> None:
    assert {"scan.html" if one == "report" else f"{one}.html" for one in PAGES} == TEMPLATES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_both_schemes_and_loads_nothing(
    name: str, pages: dict[str, Path], tab: Page, axe: str
) -> None:
    assert tab.open(pages[name]) == ()
    tab.value(axe)
    backgrounds = set()
    for width, scheme in ((SCREEN, "light"), (SCREEN, "dark"), (PHONE, "light")):
        tab.shown(width, scheme=scheme)
        assert tab.value(VIOLATIONS) == [], (width, scheme)
        backgrounds.add(tab.value(CONTRAST))
    assert len(backgrounds) == len(SCHEMES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_does_not_scroll_sideways_and_nothing_is_cut_on_paper(
    name: str, pages: dict[str, Path], tab: Page
) -> None:
    tab.open(pages[name])
    for width in (PHONE, SCREEN):
        tab.shown(width)
        assert tab.value("document.documentElement.scrollWidth") <= width
        assert tab.value(SIDEWAYS) == []
    tab.shown(PAPER, media="print")
    assert tab.value(CUT_ON_PAPER) == []
    printed = tab.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=False)
    assert len(printed["data"]) > 10_000


def test_what_is_hidden_on_a_screen_is_printed(pages: dict[str, Path], tab: Page) -> None:
    """On paper nobody can open what is closed."""
    hidden = "[...document.querySelectorAll('details:not([open]) > :not(summary)')]"
    visible = f"{hidden}.map(one => one.checkVisibility())"
    tab.open(pages["report"])
    tab.shown(SCREEN)
    assert set(tab.value(visible)) == {False}
    tab.shown(PAPER, media="print")
    assert set(tab.value(visible)) == {True}


def test_what_these_tests_look_for_is_found(tmp_path: Path, tab: Page, axe: str) -> None:
    path = tmp_path / "wrong.html"
    image = '<img src="https://example.invalid/a.png">'
    wrong = f'{image}<p style="color:#999;width:2000px">Hard to read, and wide</p>'
    path.write_text(f"<!DOCTYPE html><html><main>{wrong}</main></html>", "utf-8")
    assert tab.open(path) == ("https://example.invalid/a.png",)
    tab.value(axe)
    tab.shown(SCREEN)
    found: list[Any] = tab.value(VIOLATIONS)
    assert {"color-contrast", "document-title", "html-has-lang", "image-alt"} <= {
        one.partition(":")[0] for one in found
    }
    assert tab.value("document.documentElement.scrollWidth") > SCREEN
    tab.shown(PAPER, media="print")
    assert tab.value(CUT_ON_PAPER) != []
    assert json.dumps(found)
