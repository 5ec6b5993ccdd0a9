"""How long the campaigns are, and what each of them begins with."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest

from tests.campaigns import town, trap
from tests.campaigns.programs import Starter
from tests.campaigns.town import Town
from tests.campaigns.trap import Trap

#: option → (default, what it means)
SIZES = {
    "campaign-seed": (1, "the seed that a campaign begins with"),
    "kill-points": (150, "calls at which a process is killed, each once"),
    "first-kill-point": (0, "the call to begin with"),
    "server-kills": (5, "times that PostgreSQL is killed"),
    "history-deliveries": (100_000, "deliveries of shuffled histories"),
    "hostile-requests": (100_000, "requests of the hostile campaign"),
    "malformed-requests": (2_000, "requests spelled out on a raw socket"),
    "slow-seconds": (30, "how long the slow clients hold on"),
    "stops": (50, "times that a server is told to stop"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The long campaigns' sizes; any of them can be gone on with from another seed."""
    group = parser.getgroup("campaigns")
    for name, (default, meaning) in SIZES.items():
        group.addoption(f"--{name}", type=int, default=default, help=meaning)


@pytest.fixture(scope="session")
def size(request: pytest.FixtureRequest) -> Callable[[str], int]:
    """The value of one of the options above; options are known only where this folder is named on the command line."""
    return lambda name: int(request.config.getoption(f"--{name}", SIZES[name][0]))


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Tells how far a campaign has come, past what captures output."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def tell(told: str) -> None:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            sys.stdout.write(f"\n{told}")
            sys.stdout.flush()

    return tell


@pytest.fixture(scope="session")
def snare() -> Iterator[Trap | None]:
    """The trap that all programs run into once it is set; None where there can be none."""
    if trap.why_not():
        yield None
        return
    # not below the tests' own folders: a database's processes may run as another user
    with tempfile.TemporaryDirectory(prefix="rg-trap-") as folder:
        Path(folder).chmod(0o755)
        yield Trap(Path(folder))


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory, snare: Trap | None) -> Iterator[Starter]:
    """Starts programs, quickly."""
    made = Starter(tmp_path_factory.mktemp("words"), snare.environment if snare else {})
    yield made
    made.close()


@pytest.fixture
def trapped(snare: Trap | None) -> Iterator[Trap]:
    """A trap, not yet set."""
    assert snare is not None
    snare.clear()
    yield snare
    snare.clear()


@pytest.fixture
def a_town(tmp_path: Path) -> Iterator[Callable[..., Town]]:
    """Opens a store with Regulars on a database."""
    with ExitStack() as stack:
        yield lambda url, seed=1, folder=tmp_path: stack.enter_context(town.opened(folder, url, seed=seed))
