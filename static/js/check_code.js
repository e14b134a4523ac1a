// The leader's screen: a fresh code every half minute while somebody looks at it. Without script a link does it.
const box = document.querySelector("[data-code]");
const note = document.getElementById("code-note");
const told = note.textContent;
const EVERY = 30000;
let timer = 0;
let lock = null;

async function refresh() {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(refresh, EVERY);
  try {
    const answer = await fetch(box.dataset.code, { headers: { Accept: "text/html" }, cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    box.innerHTML = await answer.text();
    note.textContent = told;
  } catch {
    // Signed out, or no network: an old code helps nobody, so it is said.
    note.textContent = box.dataset.stale;
  }
}

// A screen that goes dark ends the queue before it.
async function stayAwake() {
  try {
    lock = document.hidden || !navigator.wakeLock ? lock : await navigator.wakeLock.request("screen");
  } catch {
    lock = null;
  }
}

document.addEventListener("visibilitychange", () => { refresh(); stayAwake(); });
timer = setTimeout(refresh, EVERY);
stayAwake();
