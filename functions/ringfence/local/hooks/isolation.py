"""What ministack reaches for beyond its port: Docker, and port 443."""

from __future__ import annotations

from ringfence.local.hooks.patching import replace


def install() -> None:
    """Keep to one socket: ministack binds 443 beside a TLS port, and cleans up Docker containers."""
    from ministack import app as gateway

    replace(gateway, "_port_is_bindable", lambda *_: False)
    replace(gateway, "_reaper_docker_client", lambda: None)
