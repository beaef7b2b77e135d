"""A headless Chromium, which a test drives over pipes with the DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WITHIN = 60.0
"""Seconds that the browser may take for one answer."""
_CHUNK = 1 << 20


def executable() -> str | None:
    """Return the path of a browser. None if this machine has none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass
class Page:
    """A tab of the browser."""

    browser: Browser
    session: str

    def send(self, method: str, **parameters: object) -> Mapping[str, Any]:
        """Call a method of the protocol in this tab."""
        return self.browser.send(method, self.session, **parameters)

    def open(self, path: Path) -> tuple[str, ...]:
        """Open a file, and return the addresses that it requested, but for its own."""
        self.browser.events.clear()
        self.send("Page.navigate", url=path.as_uri())
        self.browser.wait_for("Page.loadEventFired", self.session)
        asked = (
            str(one["params"]["request"]["url"])
            for one in self.browser.events
            if one["method"] == "Network.requestWillBeSent"
        )
        return tuple(one for one in asked if one != path.as_uri())

    def value(self, expression: str) -> Any:  # noqa: ANN401 - whatever the script returns
        """Return the value of a script, and wait for its promise."""
        given = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        done = self.send("Runtime.evaluate", **given)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def shown(self, width: int, *, media: str = "screen", scheme: str = "light") -> None:
        """Set the width of the page in CSS pixels, and how it is shown."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", media=media, features=features)


@dataclass
class Browser:
    """The process, and the pipes to it and from it. `events` are those since the last navigation."""

    process: subprocess.Popen[bytes]
    to: int
    back: int
    events: list[dict[str, Any]] = field(default_factory=list)
    _number: int = 0
    _unread: bytes = b""

    def send(self, method: str, session: str = "", /, **parameters: object) -> Mapping[str, Any]:
        """Call a method, and return its result."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        text = json.dumps({**message, **({"sessionId": session} if session else {})}).encode() + b"\0"
        while text:
            text = text[os.write(self.to, text) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def wait_for(self, event: str, session: str) -> None:
        """Wait for an event of a tab."""
        while not any(one["method"] == event and one.get("sessionId") == session for one in self.events):
            self.events.append(self._next())

    def page(self) -> Page:
        """Open an empty tab. Scripts of the test may run in it in spite of the page's own policy."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        made = Page(self, attached["sessionId"])
        made.send("Page.enable")
        made.send("Network.enable")
        made.send("Page.setBypassCSP", enabled=True)
        return made

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + WITHIN
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self.back], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            read = os.read(self.back, _CHUNK)
            assert read, "the browser ended"
            self._unread += read
        text, _, self._unread = self._unread.partition(b"\0")
        found: dict[str, Any] = json.loads(text)
        return found


@contextmanager
def browser(path: str, folder: Path) -> Iterator[Browser]:
    """Start a browser with a profile in a folder, and end it."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    flags = (
        *("--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"),
        *("--disable-extensions", "--hide-scrollbars", f"--user-data-dir={folder}", "about:blank"),
    )
    # The browser reads from descriptor 3 and writes to descriptor 4.
    shell = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
    process = subprocess.Popen(  # noqa: S603 - the browser of this machine
        ["/bin/bash", "-c", shell, path, *flags],
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Browser(process, ours_out, ours_in)
    finally:
        process.kill()
        process.wait()
        os.close(ours_out)
        os.close(ours_in)
