"""The report as one self-contained page of HTML, and as a badge."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["badge_of", "page_of"]

STYLE: Final = """
:root { color-scheme: light dark; --good: #1a7f37; --part: #9a6700; --bad: #cf222e; --none: #8c959f; --line: #8885; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin: 0 0 .3rem; } h2 { margin: 2.2rem 0 .6rem; }
table { border-collapse: collapse; }
th, td { padding: .25rem .7rem; text-align: left; border-bottom: 1px solid var(--line); }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.passed { color: var(--good); } .partial { color: var(--part); } .failed { color: var(--bad); font-weight: 600; }
.none { color: var(--none); }
.matrix { columns: 19rem; column-gap: 2rem; } .matrix div { break-inside: avoid; display: flex; }
.matrix code { flex: 1; overflow: hidden; text-overflow: ellipsis; } .matrix span { width: 1.5rem; text-align: center; }
code, pre { font: 13px/1.5 ui-monospace, monospace; } pre { white-space: pre-wrap; } details { margin: .4rem 0; }
.told { color: var(--none); } .verdict { font-size: 1.15rem; }
"""

SIGNS: Final = {"passed": ("✓", "passed"), "partial": ("◐", "partial"), "failed": ("✗", "failed"),
                "known to fail": ("!", "failed"), "skipped": ("-", "none")}  # fmt: skip
"""A verdict's sign and the class of its colour."""


def page_of(reports: list[dict[str, Any]]) -> str:
    """One page of all reports; nothing is loaded from elsewhere."""
    title = reports[0]["name"] if len(reports) == 1 else "all that is installed"
    parts = [
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>conformance: {escape(title)}</title>"
    ]
    parts.append(f"<meta name='viewport' content='width=device-width'><style>{STYLE}</style>")
    if len(reports) > 1:
        parts += ["<h1>Conformance</h1>", _overview(reports)]
    for report in reports:
        parts += _report(report)
    return "\n".join(parts) + "</html>\n"


def badge_of(report: dict[str, Any]) -> str:
    """A badge as SVG: what conforms, up to which level, or that it does not."""
    held = [row["level"] for row in report["levels"] if row["verdict"] in ("passed", "partial")]
    text = f"conforms {held[0]}-{held[-1]}" if report["conforms"] and held else "does not conform"
    colour = "#1a7f37" if report["conforms"] else "#cf222e"
    left, right = 56, 7 * len(text) + 14
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="xpgrad: {text}"><rect width="{left}" height="20" fill="#444"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,sans-serif" font-size="11">'
        f'<text x="{left / 2}" y="14">xpgrad</text><text x="{left + right / 2}" y="14">{text}</text></g></svg>\n'
    )


def _overview(reports: list[dict[str, Any]]) -> str:
    rows = [
        f"<tr><td>{r['kind']}<td><a href='#{_anchor(r)}'>{escape(r['name'])}</a><td>{_word(r)}"
        f"<td class='n'>{r['seconds']} s"
        for r in reports
    ]
    return f"<table><tr><th>kind<th>name<th>verdict<th>time{''.join(rows)}</table>"


def _anchor(report: dict[str, Any]) -> str:
    return escape(f"{report['kind']}-{report['name']}", quote=True)


def _word(report: dict[str, Any]) -> str:
    kind = (
        "passed"
        if report["conforms"]
        else "failed"
        if report["verdict"].startswith("DOES")
        else "partial"
    )
    return f"<span class='{kind}'>{escape(report['verdict'])}</span>"


def _report(report: dict[str, Any]) -> Iterable[str]:
    """The sections of one report."""
    yield f"<h1 id='{_anchor(report)}'>{escape(report['kind'])} {escape(report['name'])}</h1>"
    yield f"<p class='verdict'>{_word(report)}</p>"
    facts = [report["provider"], report["library"], f"device {report['device']}" if report["device"] else "",
             f"xpgrad {report['xpgrad']}", f"Python {report['python']}", report["platform"], report["date"],
             f"{report['seconds']} s", f"kit {report['kit']}"]  # fmt: skip
    yield f"<p class='told'>{escape(' · '.join(f for f in facts if f))}</p>"
    yield _levels(report["levels"])
    if report["missing_dtypes"]:
        yield f"<p>No {escape(', '.join(report['missing_dtypes']))} here.</p>"
    if report["lacks"]:
        yield "<h2>What it lacks</h2><table>"
        yield from (
            f"<tr><td><code>{escape(k)}</code><td>{escape(v)}" for k, v in report["lacks"].items()
        )
        yield "</table>"
    failed = [t for t in report["tests"] if t["outcome"] == "failed"]
    if failed:
        yield f"<h2>Failures: {len(failed)}</h2>"
        yield from (_failure(t) for t in failed)
    if report["operations"]:
        yield _matrix(report)
    for title, rows in (("Known failures", report["known"]), ("Skipped", report["skips"])):
        if rows:
            yield _reasons(title, rows)
    yield "<h2>Slowest</h2><table>"
    yield from (
        f"<tr><td class='n'>{t['seconds']:.2f} s<td><code>{escape(t['test'])}</code>"
        for t in report["slowest"]
    )
    yield "</table>"


def _levels(rows: list[dict[str, Any]]) -> str:
    words = ("passed", "failed", "skipped", "known")
    head = "<tr><th>level<th>what<th>verdict" + "".join(f"<th>{w}" for w in words)
    body = "".join(
        f"<tr><td>{r['level']}<td>{escape(r['title'])}<td>{_sign(r['verdict'])} {escape(r['verdict'])}"
        + "".join(f"<td class='n'>{r[w]}" for w in words)
        for r in rows
    )
    return f"<table>{head}{body}</table>"


def _sign(verdict: str | None) -> str:
    sign, kind = SIGNS.get(verdict or "", ("", "none"))
    return f"<span class='{kind}' title='{escape(verdict or 'nothing to test')}'>{sign}</span>"


def _matrix(report: dict[str, Any]) -> str:
    """A row for each operation, a column for each level."""
    levels = sorted({level for row in report["operations"].values() for level in row})
    head = (
        f"<p class='told'>Behind each name, from left to right: {', '.join(levels)}. "
        + "; ".join(f"{_sign(word)} {word}" for word in SIGNS)
    )
    rows = (
        f"<div><code>{escape(name)}</code>{''.join(_sign(row.get(n)) for n in levels)}</div>"
        for name, row in report["operations"].items()
    )
    return f"<h2>Operations: {len(report['operations'])}</h2>{head}<div class='matrix'>{''.join(rows)}</div>"


def _failure(test: dict[str, Any]) -> str:
    return (
        f"<details open><summary class='failed'>{escape(test['level'])} <code>{escape(test['test'])}</code></summary>"
        f"<pre>{escape(test['reason'])}</pre><p>This case alone: <code>{escape(test['replay'])}</code></p></details>"
    )


def _loud(reason: str) -> str:
    """A reason; in bold where nothing tells that what is tested is what it is called."""
    text = escape(reason)
    return f"<b>{text}</b>" if reason.startswith("no reference") else text


def _reasons(title: str, rows: list[dict[str, str]]) -> str:
    """Tests by their reason."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["reason"], []).append(row["test"])
    parts = (
        f"<details><summary>{len(tests)}: {_loud(reason)}</summary><pre>{escape(chr(10).join(tests))}</pre></details>"
        for reason, tests in sorted(found.items(), key=lambda item: -len(item[1]))
    )
    return f"<h2>{title}: {len(rows)}</h2>{''.join(parts)}"
