"""What axe-core finds wrong with a page by WCAG 2.2, levels A and AA."""

from functools import cache
from importlib.resources import files
from typing import Final

from playwright.sync_api import Page

_RUN: Final = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  // The tag of the pseudo-language is one for private use, which axe does not know.
  const rules = {"target-size": {enabled: true}, "html-lang-valid": {enabled: document.documentElement.lang !== "qps"}};
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}, rules, resultTypes: ["violations"]});
  return {
    passed: found.passes.length,
    wrong: found.violations.flatMap(
      (one) => one.nodes.map((node) => `${one.id}: ${node.target} ${node.failureSummary}`)
    ),
  };
}"""


@cache
def _source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def examine(page: Page) -> tuple[int, list[str]]:
    """How many rules applied and were kept, and what is wrong."""
    page.evaluate(_source())
    found = page.evaluate(_RUN)
    passed: int = found["passed"]
    wrong: list[str] = found["wrong"]
    return passed, wrong
