"""Settings and fixtures that all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

import samner

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from samner import SamNER

# The same examples on every run; HYPOTHESIS_PROFILE=search looks for new ones, and many. A busy machine is no fault.
UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("fixed", derandomize=True, **UNHURRIED)
settings.register_profile("search", max_examples=2000, **UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

MODEL = Path(samner.__file__).with_name("model")

# These import PyTorch at the top. `make test-all` installs it; without it, test_engine_parity.py fails there.
NEED_TORCH = [
    f"test_train_{name}.py" for name in ("broader", "develop", "encoder", "losses", "network", "run")
]
collect_ignore = [] if find_spec("torch") else NEED_TORCH


def pytest_runtest_setup(item: pytest.Item) -> None:
    """The repository ships a model: a checkout without it is broken, and must not pass."""
    if item.get_closest_marker("model") and not MODEL.is_dir():
        pytest.fail(f"the shipped model is missing from this checkout: {MODEL}", pytrace=False)


@pytest.fixture(scope="session")
def ner() -> SamNER:
    """The shipped model, with nothing kept on disk."""
    from samner import SamNER

    return SamNER(cache_dir=False, threads=2)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """This machine's Chromium; tests that ask for it are skipped where there is none.

    Not for the whole session: Playwright keeps this thread's event loop running, and other modules use `asyncio.run`.
    """
    from browsing import chromium

    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running service with the shipped model."""
    pytest.importorskip("fastapi")
    from serving import THREADS, serving

    with serving(tmp_path_factory.mktemp("site"), [*THREADS, "--timeout", "900"]) as running:
        yield running.url


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """The page of the service with a text and types of the tests' own."""
    from browsing import TEXT, TYPES, opened, paste, use

    with opened(browser, site) as shown:
        use(shown, TYPES)
        paste(shown, TEXT)
        yield shown
