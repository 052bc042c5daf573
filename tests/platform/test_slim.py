"""What our pages leave out of Reflex's, and bring along: found by its shape, or the build ends."""

from pathlib import Path

import pytest

from sentineliq import slim
from sentineliq.slim import UnknownShape

STYLES = "body{color:red}"
LINKS = (
    '<link as="style" href="/assets/all-1a2b.css" rel="preload"/><title>Pricing</title>'
    '<link href="/assets/all-1a2b.css" rel="stylesheet" type="text/css"/>'
)
VITE = """import { defineConfig } from "vite";
export default defineConfig(() => ({
  plugins: [
    safariCacheBustPlugin(),
  ].concat([]),
}));
"""
ROOT = """function ReflexProviders({children}) {
  useEffect(() => {
    // Make contexts and state objects available globally for dynamic eval'd components
    window.__reflex = {
          "react": React,
    "$/utils/state": utils_state,
    };
  }, []);

  return jsx(ThemeProvider, {}, children);
}
"""


def built(client: Path, *, page: str = LINKS, styles: str = STYLES) -> Path:
    """A built page, and the styles that it links to."""
    (client / "assets").mkdir()
    (client / "assets" / "all-1a2b.css").write_text(styles)
    (client / "pricing").mkdir()
    path = client / "pricing" / "index.html"
    path.write_text(f"<html><head>{page}</head></html>")
    return path


def test_a_page_has_its_styles_inside_and_links_that_no_browser_fetches(tmp_path: Path) -> None:
    page = built(tmp_path)
    slim.put_styles_into_pages(tmp_path)
    assert page.read_text() == (
        '<html><head><link as="style" href="/assets/all-1a2b.css" rel="preload" media="not all"/>'
        f"<title>Pricing</title><style>{STYLES}</style>"
        '<link href="/assets/all-1a2b.css" rel="stylesheet" type="text/css" disabled=""/></head></html>'
    )


@pytest.mark.parametrize(("body", "waits"), [('<main id="content">', True), ("<div>", False)])
def test_only_a_page_with_content_waits_for_it(tmp_path: Path, body: str, waits: bool) -> None:
    page = built(tmp_path, page=LINKS + body)
    slim.put_styles_into_pages(tmp_path)
    assert ('<link rel="expect" href="#content" blocking="render"/>' in page.read_text()) is waits


@pytest.mark.parametrize(
    "page",
    [
        "<title>Pricing</title>",
        LINKS.replace(' rel="preload"', ' rel="prefetch"'),
        LINKS + '<link href="/assets/more-3c4d.css" rel="stylesheet" type="text/css"/>',
    ],
)
def test_a_page_with_other_links_ends_the_build(tmp_path: Path, page: str) -> None:
    built(tmp_path, page=page)
    with pytest.raises(UnknownShape):
        slim.put_styles_into_pages(tmp_path)


@pytest.mark.parametrize("styles", ["i{}</style><script>", "@import 'more.css';", "i{background:url(a.png)}"])
def test_styles_that_cannot_stand_in_a_page_end_the_build(tmp_path: Path, styles: str) -> None:
    built(tmp_path, styles=styles)
    with pytest.raises(UnknownShape):
        slim.put_styles_into_pages(tmp_path)


def test_vite_is_given_our_plugin(tmp_path: Path) -> None:
    config = slim.add_to_vite(VITE)
    assert 'import slim from "./vite-plugin-slim.js";' in config
    assert "safariCacheBustPlugin(),\n    slim(),\n" in config
    assert {path.name for path, _ in slim.SlimPages().get_static_assets()} >= {"vite-plugin-slim.js"}


def test_no_library_is_kept_whole_for_code_sent_at_run_time() -> None:
    root = slim.leave_out_namespaces(ROOT)
    assert "__reflex" not in root
    assert root == "function ReflexProviders({children}) {\n\n  return jsx(ThemeProvider, {}, children);\n}\n"


@pytest.mark.parametrize("modify", [slim.add_to_vite, slim.leave_out_namespaces])
def test_generated_files_of_another_shape_end_the_build(modify: slim.Modify) -> None:
    with pytest.raises(UnknownShape):
        modify("export default {}")
