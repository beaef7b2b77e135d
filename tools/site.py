"""Build the website of the documentation from the Markdown files of the repository: `make site`.

The pages are prepared in `build/site-source`, so that the generator needs no plugin of this project.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "build" / "site-source"
OUTSIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "license.txt",
}
"""The files outside of docs/ that the website has, and their names there."""
_LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)\s#]+)")
_PICTURE = re.compile(r"^!\[[^\]]*\]\(([\w-]+\.svg)\)$", re.MULTILINE)
_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_ITEM = re.compile(r" *([-*]|\d+\.) ")


def main(versions: list[str]) -> int:
    """Prepare the pages and build the website. With a version, commit it to the branch `gh-pages`."""
    prepare(SOURCE, versioned=bool(versions))
    problems = publish(SOURCE, versions[0]) if versions else build(SOURCE)
    if problems:
        sys.stderr.write(problems)
        return 1
    return 0


def publish(source: Path, version: str) -> str:
    """Build the website and commit it to the local branch `gh-pages`, as this version and as the latest."""
    deployed = _run("mike", "deploy", "--update-aliases", *_config(source), version, "latest")
    return deployed or _run("mike", "set-default", *_config(source), "latest")


def build(source: Path) -> str:
    """Build the website beside its prepared pages. Return what is wrong, empty if nothing is."""
    return _run("mkdocs", "build", *_config(source))


def _config(source: Path) -> tuple[str, str]:
    return "--config-file", str(source / "mkdocs.yml")


def _run(*words: str) -> str:
    """Run a tool beside this interpreter, and return its output if it fails."""
    # Its makers advertise their next generator in the output.
    quiet = {"NO_MKDOCS_2_WARNING": "true", "DISABLE_MKDOCS_2_WARNING": "true"}
    path = {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))}
    ran = subprocess.run(  # noqa: S603 - pinned tools, with words of our own
        words, cwd=ROOT, env={**os.environ, **quiet, **path}, capture_output=True, text=True, check=False
    )
    return ran.stdout + ran.stderr if ran.returncode else ""


def prepare(target: Path, root: Path = ROOT, *, versioned: bool = False) -> None:
    """Write the configuration and the pages of the website to a folder.

    `versioned`: the website is one of several versions, and lets its reader choose another one.
    """
    shutil.rmtree(target, ignore_errors=True)
    pages = target / "pages"
    shutil.copytree(root / "docs", pages)
    for name, there in OUTSIDE.items():
        shutil.copyfile(root / name, pages / there)
    for page in sorted(pages.rglob("*.md")):
        place = _origin(page.relative_to(pages).as_posix())
        page.write_text(_page(page.read_text("utf-8"), place, page.parent), "utf-8")
    configuration = YAML(typ="safe", pure=True).load((root / "mkdocs.yml").read_text("utf-8"))
    configuration["nav"] = [_filled(one, pages) for one in configuration["nav"]]
    if versioned:
        configuration["extra"]["version"] = {"provider": "mike"}
    (target / "mkdocs.yml").write_text(json.dumps(configuration), "utf-8")  # JSON is YAML


def _origin(page: str) -> PurePosixPath:
    """Return the path in the repository of a page of the website."""
    outside = {there: name for name, there in OUTSIDE.items()}
    return PurePosixPath(outside.get(page, f"docs/{page}"))


def _page(text: str, place: PurePosixPath, folder: Path) -> str:
    """Return a page whose links and lists are those of the website, with its pictures inside."""
    linked = _LINK.sub(lambda found: _link(found[1], place), text)
    return _PICTURE.sub(lambda found: _inside(folder / found[1]), "\n".join(_lists(linked)) + "\n")


def _link(target: str, place: PurePosixPath) -> str:
    """Return a link of the repository as a link of the website."""
    whole = os.path.normpath(place.parent / target)
    there = OUTSIDE.get(whole, whole.removeprefix("docs/"))
    here = OUTSIDE.get(str(place), str(place).removeprefix("docs/"))
    return os.path.relpath(there, PurePosixPath(here).parent)


def _inside(picture: Path) -> str:
    """Return a picture as a part of the page, so that it follows the colors of the page."""
    return f'<figure class="picture">\n{picture.read_text("utf-8")}</figure>'


def _lists(text: str) -> Iterator[str]:
    """Yield lines in which lists are as the generator's Markdown wants them.

    It wants four spaces for each level, and an empty line before a list. GitHub's wants two and none.
    """
    fenced, before = False, ""
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            if (
                _ITEM.match(line)
                and before.strip()
                and not _ITEM.match(before)
                and not before.startswith(" ")
            ):
                yield ""
            indent = len(line) - len(line.lstrip(" "))
            yield " " * indent + line
            before = line
            continue
        yield line
        before = line


def _filled(entry: object, pages: Path) -> object:
    """Return an entry of the navigation with every page of the folders that it names."""
    if not isinstance(entry, dict):
        return entry
    ((title, inner),) = entry.items()
    if not isinstance(inner, list):
        return entry
    filled: list[object] = []
    for one in inner:
        filled.extend(_pages_of(one, pages) if isinstance(one, str) and one.endswith("/*") else [one])
    return {title: filled}


def _pages_of(pattern: str, pages: Path) -> Iterator[dict[str, str]]:
    """Yield the pages of a folder with short titles, runbooks in the order of the catalogue."""
    order = list(CATALOGUE)
    found = [one for one in (pages / pattern).parent.glob("*.md") if one.name != "README.md"]
    for page in sorted(found, key=lambda one: (order.index(one.stem) if one.stem in order else -1, one.name)):
        heading = _HEADING.search(page.read_text("utf-8"))
        title = page.stem if page.stem in order or not heading else heading[1]
        yield {title: page.relative_to(pages).as_posix()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
