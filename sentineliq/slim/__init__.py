"""What a page of ours does without, of all that Reflex puts into every page, and what it brings along itself.

A plugin of Reflex's, by its documented hooks. Whatever it takes out or replaces, it finds by its shape, and
ends the build when the shape is another: a new Reflex is then looked at, and nothing breaks unseen. What each
step brings is measured in `docs/performance.md`.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import reflex as rx

Modify = Callable[[str], str]
"""From a generated file's text to what it shall be."""

_HERE = Path(__file__).parent
_VITE_PLUGIN = "vite-plugin-slim.js"
_FILES = (_VITE_PLUGIN, "slim-jsx.js")
_EFFECT = re.compile(r"  useEffect\(\(\) => \{[^{}]*window\.__reflex = \{[^{}]*\};\s*\}, \[\]\);\n")
_PRELOADED = re.compile(r'<link as="style" href="(/assets/[^"]+\.css)" rel="preload"/>')
_STYLESHEET = re.compile(r'<link href="(/assets/[^"]+\.css)" rel="stylesheet" type="text/css"/>')


class UnknownShape(Exception):
    """Reflex has generated something else than what this module was written for."""


class SlimPages(rx.plugins.Plugin):
    """Smaller scripts, fewer of them, and the styles inside the page."""

    def get_static_assets(self, **_context: Any) -> list[tuple[Path, str | bytes]]:
        """Our plugin of Vite's, beside Reflex's own."""
        return [(Path(name), (_HERE / name).read_text()) for name in _FILES]

    def pre_compile(self, **context: Any) -> None:
        context["add_modify_task"]("vite.config.js", add_to_vite)
        context["add_modify_task"]("app/root.jsx", leave_out_namespaces)

    def post_build(self, **context: Any) -> None:
        """Comes before the files are compressed."""
        put_styles_into_pages(context["static_dir"])


def add_to_vite(config: str) -> str:
    first, plugins = 'import { defineConfig } from "vite";\n', "    safariCacheBustPlugin(),\n"
    if config.count(first) != 1 or config.count(plugins) != 1:
        raise UnknownShape("vite.config.js")
    config = config.replace(first, f'{first}import slim from "./{_VITE_PLUGIN}";\n')
    return config.replace(plugins, f"{plugins}    slim(),\n")


def leave_out_namespaces(root: str) -> str:
    """Without `window.__reflex`, which keeps whole libraries for components that come as code at run time.

    We send none, and our policy would refuse to run them.
    """
    slim, found = _EFFECT.subn("", root)
    if found != 1:
        raise UnknownShape("app/root.jsx")
    return slim


def put_styles_into_pages(client: Path) -> None:
    """Every page with its styles inside: it is seen as soon as it is there, not a request later.

    React must find the links that it has rendered, or it would render the page anew: they stay, `disabled`
    and for no medium, so that no browser fetches them.
    """
    for page in client.rglob("*.html"):
        page.write_text(_content_first(_with_styles(page.read_text(), client, name=page.name)))


def _with_styles(page: str, client: Path, *, name: str) -> str:
    preloaded, linked = _PRELOADED.findall(page), _STYLESHEET.findall(page)
    if len(linked) != 1 or preloaded != linked:
        raise UnknownShape(f"{name}: its links to stylesheets")
    [address] = linked
    styles = (client / address.removeprefix("/")).read_text().strip()
    if "</style" in styles or "@import" in styles or "url(" in styles:
        raise UnknownShape(f"{address}: it cannot stand inside a page")
    page = _PRELOADED.sub(r'<link as="style" href="\1" rel="preload" media="not all"/>', page)
    disabled = f'<link href="{address}" rel="stylesheet" type="text/css" disabled=""/>'
    return _STYLESHEET.sub(lambda _: f"<style>{styles}</style>{disabled}", page)


def _content_first(page: str) -> str:
    """Browsers that know `expect` draw no frame before `#content` is read: an empty one costs a slow phone
    time, and shows nothing. https://developer.mozilla.org/docs/Web/HTML/Attributes/rel#expect

    React passes over what it finds in a head and has not rendered. The page of an unknown address is empty
    until its script runs, and has nothing to wait for.
    """
    if 'id="content"' not in page:
        return page
    return page.replace("<style>", '<link rel="expect" href="#content" blocking="render"/><style>', 1)
