"""What `/pricing` weighs on a cold cache, and how soon it shows something."""

from statistics import median
from typing import Any

from playwright.async_api import Browser, CDPSession

PATIENCE = 60_000
"""Milliseconds until the page must have loaded; on the slow line, too."""
LOADS = 3
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
"""1.6 Mbit/s down, 750 kbit/s up, 150 ms a round trip."""
SLOWER_CPU = 4

_FIRST_CONTENT = """() => new Promise(resolve => {
    new PerformanceObserver(list => {
        const [paint] = list.getEntriesByName('first-contentful-paint');
        if (paint) resolve(paint.startTime);
    }).observe({type: 'paint', buffered: true});
})"""


async def pricing(browser: Browser, *, origin: str) -> dict[str, Any]:
    """Bytes as transferred, headers included; paints are medians of a few loads."""
    zipped = await _load(browser, origin, slow=False, takes="gzip")
    plain = [await _load(browser, origin, slow=False) for _ in range(LOADS)]
    slow = [await _load(browser, origin, slow=True) for _ in range(LOADS)]
    return {
        "bytes": plain[-1]["bytes"],
        "bytes_gzip": zipped["bytes"],
        "requests": plain[-1]["requests"],
        "encodings": plain[-1]["encodings"],
        "first_content_ms": round(median(each["paint"] for each in plain)),
        "first_content_slow_ms": round(median(each["paint"] for each in slow)),
    }


async def _load(browser: Browser, origin: str, *, slow: bool, takes: str | None = None) -> dict[str, Any]:
    """One visit in a browser that has never been there; `takes` is the only encoding that it asks for."""
    asking = {"Accept-Encoding": takes} if takes else {}
    context = await browser.new_context(locale="en-US", extra_http_headers=asking)
    try:
        page = await context.new_page()
        devtools = await context.new_cdp_session(page)
        sizes, encodings = await _weigh(devtools)
        if slow:
            await devtools.send("Network.emulateNetworkConditions", SLOW_4G)
            await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
        await page.goto(f"{origin}/pricing", wait_until="networkidle", timeout=PATIENCE)
        paint = await page.evaluate(_FIRST_CONTENT)
    finally:
        await context.close()
    return {"bytes": sum(sizes), "requests": len(sizes), "encodings": encodings, "paint": paint}


async def _weigh(devtools: CDPSession) -> tuple[list[float], dict[str, int]]:
    """Grow as the page loads: what each answer took on the wire, and how many came in which encoding."""
    sizes: list[float] = []
    encodings: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in event["response"]["headers"].items()}
        encoding = headers.get("content-encoding", "none")
        encodings[encoding] = encodings.get(encoding, 0) + 1

    devtools.on("Network.responseReceived", answered)
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    await devtools.send("Network.enable")
    return sizes, encodings
