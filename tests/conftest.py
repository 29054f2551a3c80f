"""What every test gets: no network, no model calls, a quiet environment."""

import os
import socket

import pytest
from hypothesis import settings

# The same examples in every run, so that what fails fails for everybody; HYPOTHESIS_PROFILE=default searches on.
settings.register_profile("same", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(autouse=True)
def _loopback_only(request, monkeypatch):
    """A test that reaches for the network fails, unless it says so with the `network` marker."""
    if request.node.get_closest_marker("network"):
        return
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"test reached for the network: {address!r}; mark it `network` or remove the call")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
