"""`xpgrad new-plugin` writes packages that install, are found and run their kit at once, without a network."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest

from xpgrad.__main__ import main

BUILD = "import sys; from flit_core.buildapi import build_wheel; print(build_wheel(sys.argv[1]))"
MADE = {
    "backend": ("mylib", "xpgrad-mylib", "xpgrad_mylib"),
    "operation": ("soft-step", "xpgrad-soft-step", "xpgrad_soft_step"),
    "layer": ("Squash", "xpgrad-squash", "xpgrad_squash"),
    "optimizer": ("lion", "xpgrad-lion", "xpgrad_lion"),
}
NOT_THERE = "array_api_strict,cupy,torch,jax"
"""What an author's environment need not have; the first has the arrays that the new backend claims."""
SOME = {"backend": ["-k", "starts or sqrt or (getitem and agrees)"]}
"""All of a backend's kit takes too long to run here once more."""


def has_kit(kind):
    return importlib.util.find_spec(f"xpgrad.conformance.test_{kind}") is not None


def make(kind, folder):
    name, distribution, _ = MADE[kind]
    assert main(["new-plugin", kind, name, "--into", str(folder)]) == 0
    return folder / distribution


def install(site, package):
    """What pip does with a folder: build its wheel, unpack the wheel."""
    built = [sys.executable, "-c", BUILD, str(site.folder)]
    done = subprocess.run(built, cwd=package, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    wheel = site.folder / done.stdout.strip()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site.folder)
    wheel.unlink()


def run_kit(site, package, *options):
    """`pytest` in the author's folder; a plugin that is left out is an error."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=package,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith(("XPGRAD_", "PYTEST_"))},
            "PYTHONPATH": str(site.folder),
            "XPGRAD_STRICT_PLUGINS": "1",
            "XPGRAD_DISABLE_PLUGINS": NOT_THERE,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("kind", MADE)
def test_a_new_package_is_complete(kind, tmp_path, capsys):
    package = make(kind, tmp_path)
    _, distribution, module = MADE[kind]
    said = capsys.readouterr().out
    assert str(package) in said
    assert "pip install -e" in said
    table = tomllib.loads((package / "pyproject.toml").read_text())
    assert table["project"]["name"] == distribution
    assert list(table["project"]["entry-points"]["xpgrad"].values()) == [module]
    files = {f.relative_to(package).as_posix(): f for f in package.rglob("*") if f.is_file()}
    wanted = {"README.md", "LICENSE", ".gitignore", ".github/workflows/test.yml"}
    assert files.keys() >= wanted | {f"src/{module}/__init__.py", "tests/test_conformance.py"}
    assert "${{ matrix.python }}" in files[".github/workflows/test.yml"].read_text()
    for name, file in files.items():
        assert "@class@" not in file.read_text(), name
        if name.endswith(".py"):
            compile(file.read_text(), name, "exec")


@pytest.mark.parametrize("kind", ["backend", "operation", "layer"])
def test_a_new_package_installs_and_conforms_at_once(kind, site, tmp_path):
    if not has_kit(kind):
        pytest.skip(f"the kit has no tests of a {kind} yet")
    package = make(kind, tmp_path)
    install(site, package)
    done = run_kit(site, package, *SOME.get(kind, ()))
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_a_new_optimizer_fails_only_where_its_author_must_think(site, tmp_path):
    if not has_kit("optimizer"):
        pytest.skip("the kit has no tests of an optimizer yet")
    package = make("optimizer", tmp_path)
    install(site, package)
    done = run_kit(site, package)
    assert done.returncode == 1, done.stdout + done.stderr
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert failed
    assert all("reference" in line for line in failed), failed
    assert "state Lion's rule here" in done.stdout
    use = "import xpgrad as xp; print(xp.optim.Lion([xp.zeros(1)], lr=0.5).defaults['lr'])"
    assert site.out(use) == "0.5"


def test_a_wrong_rule_in_a_new_operation_is_found(site, tmp_path):
    package = make("operation", tmp_path)
    rule = package / "src/xpgrad_soft_step/operation.py"
    rule.write_text(rule.read_text().replace("** 2)", "** 3)"))
    install(site, package)
    done = run_kit(site, package, "-x")
    assert done.returncode == 1, done.stdout


def test_a_folder_that_exists_is_left_alone(tmp_path, capsys):
    package = make("optimizer", tmp_path)
    (package / "README.md").write_text("mine")
    assert main(["new-plugin", "optimizer", "lion", "--into", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err
    assert (package / "README.md").read_text() == "mine"


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        ("optimizer", "1st", "is no name"),
        ("optimizer", "../lion", "is no name"),
        ("operation", "lambda", "a word of Python"),
        ("operation", "half", "NumPy has"),
        ("operation", "relu", "exists already"),
        ("optimizer", "adam", "exists already"),
        ("layer", "linear", "exists already"),
        ("backend", "cuda", "exists already"),
        ("backend", "numpy", "exists already"),
        ("optimizer", "None", "a word of Python"),
        ("layer", "true", "a word of Python"),
        ("layer", "Module", "xpgrad's own name"),
        ("layer", "parameter", "xpgrad's own name"),
        ("layer", "MSELoss", "exists already"),
        ("optimizer", "Optimizer", "xpgrad's own name"),
        ("operation", "elementwise", "xpgrad's own name"),
        ("optimizer", "numpy", "xpgrad-numpy is a package of xpgrad itself"),
        ("optimizer", "core", "xpgrad-core is a package of xpgrad itself"),
        ("layer", "special", "xpgrad-special is a package of xpgrad itself"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(kind, name, why, tmp_path, capsys):
    assert main(["new-plugin", kind, name, "--into", str(tmp_path)]) == 2
    assert why in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


NEW = "import sys; from xpgrad.__main__ import main; sys.exit(main(['new-plugin', {!r}, {!r}, '--into', {!r}]))"


@pytest.mark.parametrize("name", ["torch", "numpy", "cupy", "jax", "array_api_strict"])
def test_a_backend_of_ours_is_refused_where_it_is_not_installed_too(name, site, tmp_path):
    done = site.run(NEW.format("backend", name, str(tmp_path / "new")), XPGRAD_DISABLE_PLUGINS="*")
    assert done.returncode == 2
    assert re.search(r"is a package of xpgrad itself|exists already \(pip install", done.stderr)


@pytest.mark.parametrize(
    ("kind", "name", "how"),
    [("layer", "Linear", "xpgrad-layers"), ("optimizer", "AdamW", "xpgrad-adam")],
)
def test_an_optimizer_or_layer_of_ours_is_refused_where_it_is_not_installed(
    kind, name, how, site, tmp_path
):
    done = site.run(NEW.format(kind, name, str(tmp_path / "new")), XPGRAD_DISABLE_PLUGINS="*")
    assert done.returncode == 2
    assert f"exists already (pip install {how})" in done.stderr


def test_a_distribution_that_is_installed_is_not_replaced(site, tmp_path):
    site.entry_points("xpgrad-sparse", "")
    site.module("xpgrad_lone", "")
    for name, why in (
        ("sparse", "xpgrad-sparse 1.2 is installed"),
        ("lone", "a module xpgrad_lone"),
    ):
        done = site.run(NEW.format("optimizer", name, str(tmp_path / "new")))
        assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "new").exists()


def test_a_name_that_is_spelt_another_way_is_told(tmp_path, capsys):
    for kind, name, called in (("op", "Foo", "foo"), ("layer", "squash", "Squash")):
        assert main(["new-plugin", kind, name, "--into", str(tmp_path)]) == 0
        assert f"{called!r}, the package xpgrad-{name.lower()}" in capsys.readouterr().out
    assert main(["new-plugin", "op", "foo2", "--into", str(tmp_path)]) == 0
    assert "Users call" not in capsys.readouterr().out


def test_without_numpy_or_a_place_to_write_the_error_says_so(site, tmp_path):
    done = site.run(NEW.format("op", "soft", str(tmp_path / "new")), XPGRAD_DISABLE_PLUGINS="*")
    assert done.returncode == 2
    assert "the NumPy backend cannot start" in done.stderr
    assert "pip install xpgrad-numpy" in done.stderr
    (tmp_path / "file").write_text("")
    done = site.run(NEW.format("op", "soft", str(tmp_path / "file")))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "file") in done.stderr


def test_the_templates_are_in_the_wheel(tmp_path):
    from pathlib import Path

    core = Path(__file__).parents[2] / "core"
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path)],
        cwd=core,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / done.stdout.strip()) as wheel:
        names = [n for n in wheel.namelist() if "_cli/templates/" in n]
    own = [p for p in (core / "src/xpgrad/_cli/templates").rglob("*") if p.is_file()]
    assert len(names) == len(own) > 20
