// Reads a QR code by the camera or from a photo. The picture is drawn small and grey here; the device finds the code.
const FRAME_GAP_MS = 250;
const SIDE_MAX = 900;

const part = document.getElementById("scan");
const said = document.getElementById("said");
const video = part.querySelector("video");
const canvas = document.createElement("canvas");
const token = document.querySelector('meta[name="form-token"]').content;
const words = part.dataset;
let isOver = false;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const say = (text) => { if (said.textContent !== text) said.textContent = text; };

function grey(source, width, height) {
  const shrunk = Math.min(1, SIDE_MAX / Math.max(width, height), Math.sqrt(Number(words.pixels) / (width * height)));
  canvas.width = Math.max(21, Math.floor(width * shrunk));
  canvas.height = Math.max(21, Math.floor(height * shrunk));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  const colours = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  const light = new Uint8Array(canvas.width * canvas.height);
  // Luma of ITU-R BT.601, in whole numbers.
  for (let at = 0, from = 0; at < light.length; at += 1, from += 4) {
    light[at] = (colours[from] * 77 + colours[from + 1] * 150 + colours[from + 2] * 29) >> 8;
  }
  return light;
}

async function read(source, width, height) {
  const light = grey(source, width, height);
  const answer = await fetch(`/nearby/scan/frame?width=${canvas.width}&height=${canvas.height}`, {
    method: "POST",
    body: light,
    credentials: "same-origin",
    headers: { "Content-Type": "application/octet-stream", "X-Form-Token": token },
  });
  const read = await answer.json();
  if (!answer.ok) { if (read.what) say(`${read.what} ${read.do}`); return ""; }
  return take(read) ? read.text : "";
}

function take(read) {
  if (!read.text) return false;
  if (read.is_ours) {
    isOver = true;
    say(words.found);
    const form = document.getElementById("found");
    form.elements.target.value = read.text;
    form.requestSubmit();
    return true;
  }
  say(read.text.startsWith("WIFI:") ? words.network : `${words.strange} ${read.text.slice(0, 80)}`);
  return true;
}

async function watch() {
  say(words.starting);
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  } catch {
    say(words.noCamera);
    return;
  }
  addEventListener("pagehide", () => stream.getTracks().forEach((one) => one.stop()));
  video.srcObject = stream;
  video.hidden = false;
  document.getElementById("start").hidden = true;
  await video.play();
  say(words.looking);
  while (!isOver && stream.active) {
    const began = Date.now();
    if (!document.hidden && video.videoWidth) {
      try { await read(video, video.videoWidth, video.videoHeight); } catch { /* the next frame may come through */ }
    }
    await pause(Math.max(FRAME_GAP_MS - (Date.now() - began), 20));
  }
  stream.getTracks().forEach((one) => one.stop());
}

async function readPhoto(file) {
  const picture = await createImageBitmap(file);
  if (!(await read(picture, picture.width, picture.height)) && !isOver) say(words.nothing);
}

document.getElementById("by-photo").hidden = false;
document.getElementById("f-photo").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) readPhoto(file).catch(() => say(words.nothing));
});
if (navigator.mediaDevices?.getUserMedia) {
  document.getElementById("start").hidden = false;
  document.getElementById("start").addEventListener("click", watch);
  // Where the camera was allowed before, nobody has to ask for it again.
  navigator.permissions?.query({ name: "camera" }).then((given) => { if (given.state === "granted") watch(); }, () => {});
} else {
  say(words.noCamera);
}
