// What is shown stays true while it is looked at. An element with data-live="topic ..." and data-src="/address" is
// fetched anew when one of its topics is heard of; nothing is swapped while a person types in it.
const WAIT_MS = 250;
const POLL_MS = 5000;
const due = new Map();

const isBusy = (part) => {
  const at = document.activeElement;
  return part.contains(at) && at.matches("input, select, textarea");
};

async function renew(part) {
  if (!part.isConnected || document.hidden || isBusy(part)) return;
  const answer = await fetch(part.dataset.src, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok || isBusy(part)) return;
  if (answer.headers.get("X-Go")) { location.assign(answer.headers.get("X-Go")); return; }
  const text = await answer.text();
  if (text === part.dataset.was) return;
  part.dataset.was = text;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const opened = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
  part.innerHTML = text;
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus();
  part.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
}

// Parts that are heard of often are renewed at most four times a second, or as seldom as their data-wait
// says: at once where they were not lately, and once more where there was news meanwhile.
function ask(part) {
  const asked = due.get(part);
  if (asked) { asked.again = true; return; }
  const now = { again: false };
  due.set(part, now);
  setTimeout(async () => {
    part.renewed = Date.now();
    try { await renew(part); } catch { /* the device is gone for a moment; the next word of it tries again */ }
    due.delete(part);
    if (now.again) ask(part);
  }, Math.max(0, (part.dataset.wait ?? WAIT_MS) - (Date.now() - (part.renewed ?? 0))));
}

export function hear(topic) {
  for (const part of document.querySelectorAll("[data-live]")) {
    if (part.dataset.live.split(" ").includes(topic)) ask(part);
  }
  document.dispatchEvent(new CustomEvent(`live:${topic}`));
}

function listen() {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (!parts.length) return;
  const topics = [...new Set(parts.flatMap((part) => part.dataset.live.split(" ")))];
  const source = new EventSource(`/api/events?topics=${topics.join(",")}`);
  let polling = 0;
  source.onopen = () => { clearInterval(polling); polling = 0; topics.forEach(hear); };
  source.onerror = () => { polling ||= setInterval(() => topics.forEach(hear), POLL_MS); };
  for (const topic of topics) source.addEventListener(topic, () => hear(topic));
  addEventListener("pagehide", () => source.close());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) topics.forEach(hear); });
}

// A second press on a button sends nothing; coming back to the page gives the buttons back.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]") || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((one) => delete one.dataset.sent));

// What was done is said once: a reload does not say it again.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}
document.querySelector("[data-focus]")?.focus();
listen();
