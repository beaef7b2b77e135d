"""The process that is the local AWS: `python -m ringfence.local.server --port N`.

SIGTERM, SIGINT or the end of standard input stop it; SIGUSR1 and SIGUSR2 turn IAM enforcement on and off.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import shutil
import signal
import sys

from ringfence.local.settings import Settings

# All else of the caller's environment (credentials, profiles, proxies) stays out: Lambda code inherits it.
_PASSED_ON = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV"})


def main() -> None:
    """Serve until stopped."""
    settings = Settings.from_arguments()
    passed_on = {name: value for name, value in os.environ.items() if name in _PASSED_ON}
    os.environ.clear()
    os.environ.update(passed_on | settings.environment())

    from ringfence.local import hooks  # only now: the emulators read their environment when imported

    hooks.install(settings)
    gc.freeze()  # the emulators' tables stay: no search for garbage passes over them
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack import app as gateway
    from ministack.core import lambda_runtime

    from ringfence.local.hooks import workers

    config = Config()
    own = settings.listener is None
    config.bind = [f"127.0.0.1:{settings.port}" if own else f"fd://{settings.listener}"]
    config.backlog = 1024
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2
    config.loglevel = "WARNING"
    try:
        await serve(gateway.app, config, shutdown_trigger=_listen_for_signals().wait)
    finally:
        lambda_runtime.reset()
        workers.stop()
        if settings.scratch:
            shutil.rmtree(settings.scratch, ignore_errors=True)
        logging.shutdown()
        sys.stdout.flush()
        # The emulators' threads never end, so a normal exit would wait forever.
        os._exit(0)


def _listen_for_signals() -> asyncio.Event:
    """Handle the signals. The event is set when the process must stop."""
    from ringfence.local.hooks import enforcement

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, enforcement.switch, True)
    loop.add_signal_handler(signal.SIGUSR2, enforcement.switch, False)
    if not sys.stdin.isatty():
        # The parent process holds the other end, which is also closed when it dies.
        loop.add_reader(sys.stdin.fileno(), stop.set)
    return stop


if __name__ == "__main__":
    main()
