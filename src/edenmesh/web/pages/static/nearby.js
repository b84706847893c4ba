// Devices nearby: looks again and again while the page is looked at, and counts down how long this one is visible.
import { hear } from "./live.js";

const LOOK_GAP_MS = 1500;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function look(part) {
  while (part.isConnected) {
    if (!document.hidden) {
      try {
        const answer = await fetch(part.dataset.look, { credentials: "same-origin" });
        const text = await answer.text();
        if (answer.ok && text !== part.dataset.was) {
          const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
          part.dataset.was = text;
          part.innerHTML = text;
          if (focused) document.getElementById(focused)?.focus();
        }
      } catch { /* the device is gone for a moment */ }
    }
    await pause(LOOK_GAP_MS);
  }
}

function count() {
  for (const part of document.querySelectorAll("[data-until]")) {
    const seconds = Math.round((Number(part.dataset.until) - Date.now()) / 1000);
    if (seconds <= 0) { hear("status"); continue; }
    const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    part.textContent = part.dataset.left.replace("{left}", left);
  }
}

const found = document.querySelector("[data-look]");
if (found) look(found);
if (document.querySelector("[data-until]") || found) setInterval(count, 1000);
count();
document.addEventListener("renewed", count);
