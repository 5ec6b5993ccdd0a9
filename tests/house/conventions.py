"""The habits of the house, each a small function: a source in, the lines that break the habit out.

A function yields nothing for a source that it does not concern. The tests run each over every file, and over one
planted violation, so that none of them can fall asleep.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from tests.house.sources import Source

LONGEST_FILE_LINES = 300
COUNTED = frozenset({".py", ".js", ".css", ".html", ".toml"})
#: where a transaction may end
COMMITS = ("storage/engine", "storage/migrations")
#: the edges: what lies under them is given the time and takes none
CLOCKS = (
    "plugin/cli",
    "plugin/assembly",
    "plugin/app",
    "plugin/worker",
    "plugin/runtime",
    "plugin/sandbox",
    "plugin/__main__",
)
CLOCK_NAMES = MappingProxyType({
    "time": frozenset({"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"}),
    "datetime": frozenset({"now", "utcnow", "today"}),
    "date": frozenset({"today"}),
})  # fmt: skip
ENVIRONMENT = ("plugin/cli", "plugin/wsgi")
ENVIRONMENT_NAMES = frozenset({"environ", "environb", "getenv"})
PRINTS = ("plugin/cli",)
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|root|tmp|home|Users)/")
#: tests may speak of a temporary folder, of nobody's own
MACHINE_PATH_IN_TESTS = re.compile(r"(?<![\w./-])/(?:work|root|home|Users)/")
UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b|NotImplemented[E]rror")
#: what a proof, or what proves, is called here
SECRET = re.compile(r"(?:^|_)(?:sign|signed|signature|hmac|mac|(?:hex)?digest|secret)$")
EXCUSED_IMPORT = re.compile(r"# noqa: PLC0415 - \w+")

Check = Callable[[Source], Iterator[str]]


def files_are_small(source: Source) -> Iterator[str]:
    """A file that one reads without losing the thread."""
    lines = len(source.text.splitlines())
    if source.suffix in COUNTED and lines > LONGEST_FILE_LINES:
        yield f"{lines} lines, {LONGEST_FILE_LINES} are allowed"


def only_the_engine_commits(source: Source) -> Iterator[str]:
    """One entry, one transaction: nothing below it ends it."""
    if source.in_product and not source.under(*COMMITS):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
                yield f"line {node.lineno} commits"


def the_clock_is_given(source: Source) -> Iterator[str]:
    """Time is read and waited for at the edges; a mere mention as a default counts as a read."""
    if source.in_product and not source.under(*CLOCKS):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr in CLOCK_NAMES.get(_last_name(node.value), ()):
                yield f"line {node.lineno} takes {_last_name(node.value)}.{node.attr}"
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                yield f"line {node.lineno} takes the clock out of its module"


def the_environment_is_given(source: Source) -> Iterator[str]:
    """Settings come in at one place, as one value."""
    if source.in_product and not source.under(*ENVIRONMENT):
        for node in ast.walk(source.tree):
            named = (
                isinstance(node, ast.Attribute) and _last_name(node.value) == "os" and node.attr in ENVIRONMENT_NAMES
            )
            taken = isinstance(node, ast.ImportFrom) and node.module == "os" and _imported(node) & ENVIRONMENT_NAMES
            if named or taken:
                yield f"line {node.lineno} reads the environment"


def only_commands_print(source: Source) -> Iterator[str]:
    """What is not a command logs or returns."""
    if source.in_product and not source.under(*PRINTS):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                yield f"line {node.lineno} prints"


def nothing_is_mocked(source: Source) -> Iterator[str]:
    """Stand-ins that work, no objects that pretend, and no part of our own code swapped out under it."""
    for node in ast.walk(source.tree):
        modules = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
        modules |= {node.module or "", *_imported(node)} if isinstance(node, ast.ImportFrom) else set()
        if any(name.split(".")[-1] in {"mock", "pytest_mock"} or name.endswith("Mock") for name in modules):
            yield f"line {node.lineno} imports a mock"  # type: ignore[attr-defined]
        if (
            isinstance(node, ast.Attribute)
            and _last_name(node.value) == "monkeypatch"
            and node.attr in {"setattr", "setitem"}
        ):
            yield f"line {node.lineno} swaps out code under test"


def modules_promise(source: Source) -> Iterator[str]:
    """The first lines of a module say what it promises."""
    if source.suffix == ".py" and not ast.get_docstring(source.tree):
        yield "the module has no docstring"


def tests_state_facts(source: Source) -> Iterator[str]:
    """A test's docstring is the fact that it holds."""
    if source.path.startswith("tests/") and source.path.rsplit("/", 1)[-1].startswith("test_"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node):
                yield f"line {node.lineno}: {node.name} states no fact"


def imports_stand_at_the_top(source: Source) -> Iterator[str]:
    """A circle of imports is mended, not hidden in a function; an exception says its reason, once in a function."""
    lines = source.text.splitlines()
    for outer in ast.walk(source.tree):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = (inner for node in outer.body for inner in ast.walk(node))
            imports = [node.lineno for node in inside if isinstance(node, ast.Import | ast.ImportFrom)]
            if imports and not any(EXCUSED_IMPORT.search(lines[number - 1]) for number in imports):
                yield f"line {imports[0]} imports inside {outer.name}"


def no_machine_is_named(source: Source) -> Iterator[str]:
    """Nothing depends on the folders of the machine where it was written."""
    pattern = MACHINE_PATH if source.in_product else MACHINE_PATH_IN_TESTS
    for number, line in enumerate(source.text.splitlines(), start=1):
        if pattern.search(line):
            yield f"line {number} names a folder of one machine"


def nothing_is_left_for_later(source: Source) -> Iterator[str]:
    """What is there is done."""
    for number, line in enumerate(source.text.splitlines(), start=1):
        if UNFINISHED.search(line):
            yield f"line {number} is unfinished"


def secrets_are_compared_in_constant_time(source: Source) -> Iterator[str]:
    """How long a comparison takes tells nothing of a secret: ``hmac.compare_digest``, not the language's own."""
    if source.in_product and not source.under("plugin/sandbox"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq, ast.In, ast.NotIn)):
                sides = (node.left, *node.comparators)
                if not any(isinstance(side, ast.Constant) for side in sides) and any(map(_is_secret, sides)):
                    yield f"line {node.lineno} compares a secret in a way whose time tells of it"


def _is_secret(node: ast.expr) -> bool:
    if isinstance(node, (ast.Set, ast.List, ast.Tuple)):
        return any(map(_is_secret, node.elts))
    called = node.func if isinstance(node, ast.Call) else node
    return SECRET.search(_last_name(called)) is not None


def _last_name(node: ast.expr) -> str:
    """``time`` of ``time``, ``datetime`` of ``datetime.datetime``, else nothing."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _imported(node: ast.ImportFrom) -> set[str]:
    return {alias.name for alias in node.names}


CHECKS: Mapping[str, Check] = MappingProxyType({
    check.__name__: check
    for check in (
        files_are_small, only_the_engine_commits, the_clock_is_given, the_environment_is_given, only_commands_print,
        nothing_is_mocked, modules_promise, tests_state_facts, imports_stand_at_the_top, no_machine_is_named,
        nothing_is_left_for_later, secrets_are_compared_in_constant_time,
    )
})  # fmt: skip
