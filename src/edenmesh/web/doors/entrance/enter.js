// Hand in the token that stands behind the # of the address, and go on to the device. What stands there is sent to
// nobody by the browser; it leaves the address bar and the history before anything else is done.
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname + location.search);

function show(name) {
  for (const id of ["wait", "closed", "refused"]) {
    document.getElementById(id).hidden = id !== name;
  }
}

function handIn() {
  return fetch("/door/enter", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
    cache: "no-store",
  });
}

async function enter() {
  show("wait");
  try {
    const answer = token ? await handIn() : await fetch("/door/session", { cache: "no-store" });
    if (answer.ok) {
      location.replace(location.pathname === "/door/enter" ? "/" : location.pathname + location.search);
      return;
    }
  } catch {
    // The device does not answer: say the same as of a token it does not know.
  }
  show(token ? "refused" : "closed");
}

enter();
