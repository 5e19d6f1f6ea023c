"""The report as a page and as a badge: everything that a reader asks is there, and nothing is loaded."""

import re
from html.parser import HTMLParser

import pytest

from xpgrad.conformance.page import badge_of, page_of

VOID = {"meta", "td", "th", "tr", "p", "html"}


def report(**more):
    counts = {"passed": 3, "failed": 1, "skipped": 0, "known": 1}
    levels = [
        {"level": "L0", "title": "values", "verdict": "passed", **counts},
        {"level": "L1", "title": "first order", "verdict": "failed", **counts},
    ]
    failed = {
        "test": "test_x[tanh]",
        "level": "L1",
        "operation": "tanh",
        "outcome": "failed",
        "seconds": 0.5,
        "reason": "off by 3 < 4 & more",
        "replay": "xpgrad conformance backend mine --only 'test_x[tanh]'",
    }
    return {
        "schema": 2, "kit": 2, "kind": "backend", "name": "mine", "provider": "xpgrad-mine:mine 1", "library": "mine 3",
        "device": None, "xpgrad": "0.1.0", "python": "3.11", "platform": "here", "date": "today", "seconds": 1.5,
        "verdict": "DOES NOT CONFORM", "conforms": False, "levels": levels, "lacks": {"fft": "no transforms <yet>"},
        "missing_dtypes": ["float64"], "operations": {"tanh": {"L0": "passed", "L1": "failed"}}, "skips": [],
        "known": [{"test": "test_y[sin]", "reason": "an issue"}], "slowest": [{"test": "test_x[tanh]", "seconds": 0.5}],
        "tests": [failed],
    } | more  # fmt: skip


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        assert tag not in {"script", "link", "img", "iframe"}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize(
    "reports", [[report()], [report(), report(name="other", conforms=True, verdict="CONFORMS")]]
)
def test_the_page_says_everything_and_loads_nothing(reports):
    page = page_of(reports)
    parser = Balanced()
    parser.feed(page)
    assert not parser.open
    assert "://" not in page
    for text in ("DOES NOT CONFORM", "no transforms &lt;yet&gt;", "off by 3 &lt; 4 &amp; more", "No float64 here",
                 "--only &#x27;test_x[tanh]&#x27;", "an issue", "<code>tanh</code>", "first order"):  # fmt: skip
        assert text in page, text


@pytest.mark.parametrize(
    ("conforms", "text", "colour"),
    [(True, "conforms L0-L0", "#1a7f37"), (False, "does not conform", "#cf222e")],
)
def test_the_badge_is_a_picture_of_the_verdict(conforms, text, colour):
    badge = badge_of(report(conforms=conforms))
    assert re.search(rf">{text}</text>", badge)
    assert colour in badge
