// The form of a record: what is typed is kept as a draft, photos are made smaller and shown, references are searched
// as one types. Everything works without this file, by buttons.
const KEEP_MS = 1500;
const FIND_MS = 250;
const SIDE_MAX = 2048;
const QUALITY = 0.85;
const form = document.querySelector("[data-draft]");
const told = form.querySelector("[data-kept]");
let timer = 0;
let isKeeping = false;
let isDirty = false;
let isLeaving = false;
let isLost = false;
let isAsking = false;
let isHeard = false;
let trouble = told.dataset.lost;

const token = () => document.querySelector('meta[name="form-token"]').content;

// A device that was started again knows no session of before. Once this browser was let in again, this page goes on in
// that session. Says whether there is one; throws where the device does not answer.
async function enter() {
  const answer = await fetch("/more", { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector('meta[name="form-token"]').content = page.querySelector('meta[name="form-token"]').content;
  for (const held of form.querySelectorAll('input[name="form_token"]')) held.value = token();
  return true;
}

async function keep() {
  if (isLeaving || !isDirty) return;
  if (isKeeping) { later(); return; }
  isKeeping = true;
  isDirty = false;
  const sent = [...form.querySelectorAll('input[type="file"]')].map((one) => [one, one.files[0]]).filter(([, file]) => file);
  const body = new FormData(form);
  body.set("do", "keep");
  try {
    if (isLost && !(await enter())) throw new Error("no session");
    body.set("form_token", token());
    const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const { files } = await answer.json();
    for (const [input, file] of sent) {
      // Another may have been chosen meanwhile: that one is sent with the next draft.
      if (input.files[0] === file) input.value = "";
    }
    for (const [name, file] of Object.entries(files)) {
      const held = form.elements.namedItem(name);
      if (held instanceof HTMLInputElement) held.value = file.text;
    }
    isLost = false;
    trouble = told.dataset.lost;
    told.textContent = told.dataset.text;
  } catch {
    isDirty = isLost = true;
    told.textContent = trouble;
    later();
  } finally {
    isKeeping = false;
  }
}

function later(wait = KEEP_MS) {
  clearTimeout(timer);
  timer = setTimeout(keep, wait);
}

function touched(event) {
  if (event.target.type === "search" || event.target.name?.startsWith("find.")) return;
  isDirty = true;
  told.textContent = "";
  later();
}
form.addEventListener("input", touched);

// What is typed stands in this page alone until it is sent: so it is left only where the device hears.
async function send(button) {
  try {
    isHeard = await enter();
    trouble = told.dataset.strange;
  } catch {
    trouble = told.dataset.gone;
  }
  isAsking = false;
  if (isHeard) form.requestSubmit(button);
  else told.textContent = trouble;
}

form.addEventListener("submit", (event) => {
  if (isHeard) { isHeard = false; isLeaving = true; clearTimeout(timer); return; }
  event.preventDefault();
  if (isAsking || form.dataset.sent) return;
  isAsking = true;
  send(event.submitter);
});
addEventListener("pageshow", () => { isLeaving = false; });
document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });

// --- photos ---------------------------------------------------------------------------------------------------------

async function smaller(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = SIDE_MAX / Math.max(picture.width, picture.height);
  if (scale >= 1) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return blob ? new File([blob], file.name.replace(/\.(png|webp)$/i, ".jpg"), { type: "image/jpeg" }) : file;
}

async function chosen(input) {
  const place = input.closest("[data-photo]");
  const preview = place.querySelector("[data-preview]");
  let file = input.files[0];
  if (!file) return;
  try {
    const less = await smaller(file);
    if (less !== file) {
      const bag = new DataTransfer();
      bag.items.add(less);
      input.files = bag.files;
      file = less;
    }
  } catch { /* a picture this browser cannot draw is sent as it is */ }
  preview.replaceChildren();
  if (file.type.startsWith("image/")) {
    const picture = new Image();
    picture.className = "photo";
    picture.alt = place.querySelector("legend").textContent.trim();
    picture.src = URL.createObjectURL(file);
    picture.onload = () => URL.revokeObjectURL(picture.src);
    preview.append(picture);
  } else {
    preview.textContent = file.name;
  }
  for (const other of place.querySelectorAll('input[type="file"]')) if (other !== input) other.value = "";
  isDirty = true;
  later(0);
}
for (const input of form.querySelectorAll('[data-photo] input[type="file"]')) {
  input.addEventListener("change", () => chosen(input));
}

// --- references -----------------------------------------------------------------------------------------------------

for (const place of form.querySelectorAll("[data-search]")) {
  const input = place.querySelector('input[type="search"]');
  const found = place.querySelector("[data-found]");
  let wait = 0;
  let asked = 0;
  input.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(async () => {
      const number = ++asked;
      const address = new URL(place.dataset.search, location.href);
      address.searchParams.set("q", input.value);
      for (const box of found.querySelectorAll("input:checked")) if (box.value) address.searchParams.append("chosen", box.value);
      try {
        const answer = await fetch(address, { credentials: "same-origin" });
        if (answer.ok && number === asked) found.innerHTML = await answer.text();
      } catch { /* the button still finds */ }
    }, FIND_MS);
  });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
