// Shows deliveries as they happen; without this file a reload does.
"use strict";

const PAUSE_MS = 1500;
const MOST_LOOKS = 60;

async function refreshEvents(looks) {
  const events = document.getElementById("events");
  if (looks > MOST_LOOKS || !events.querySelector("[data-pending]")) return;
  await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  const answer = await fetch(location.pathname + location.search).catch(() => null);
  if (answer?.ok && !events.contains(document.activeElement)) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    events.replaceWith(page.getElementById("events"));
  }
  refreshEvents(looks + 1);
}

refreshEvents(0);
