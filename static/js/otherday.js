// Another day or none lost: what is ticked and typed on a service day comes along to the next page. Without it that page is fresh.
const KEY = "qicai-other-day";
const SOON = 60_000;
const form = document.querySelector("form[data-logday]");
const days = document.querySelector("[data-days]");
if (form && days && storage()) start();

function start() {
  days.querySelector("[data-fresh]").hidden = true;
  days.querySelectorAll("[data-day]").forEach((link) => link.addEventListener("click", keep));
  days.querySelector("[data-dayform]").addEventListener("submit", keep);
  const kept = take();
  if (kept) restore(kept);
}

function storage() {
  try { return window.sessionStorage; } catch { return null; }
}

function keep() {
  const ticked = [...form.querySelectorAll("input[name=present]:checked")];
  const kept = { path: location.pathname, at: Date.now(), ticked: ticked.map((box) => [box.value, nameOf(box)]), typed: {} };
  // What only stood there as a proposal is proposed anew for the other day.
  const all = "typed" in form.dataset;
  texts().forEach((input) => { if (input.value && (all || input.value !== input.defaultValue)) kept.typed[input.name] = input.value; });
  kept.nextDay = Boolean(form.querySelector("#next_day")?.checked);
  storage().setItem(KEY, JSON.stringify(kept));
}

function nameOf(box) { return box.closest("[data-member]").querySelector("b").textContent; }
function texts() { return [...form.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=search]), textarea")].filter((input) => input.name); }

// Taken once, and by nobody who comes later to the same screen.
function take() {
  const text = storage().getItem(KEY);
  storage().removeItem(KEY);
  const kept = text ? JSON.parse(text) : null;
  return kept && kept.path === location.pathname && Date.now() - kept.at < SOON ? kept : null;
}

function restore(kept) {
  const gone = kept.ticked.filter(([id]) => !tick(id)).map(([, name]) => name);
  texts().forEach((input) => {
    if (!(input.name in kept.typed)) return;
    input.value = kept.typed[input.name];
    input.closest("details")?.setAttribute("open", "");
  });
  if (kept.nextDay) form.querySelector("#next_day").checked = true;
  if (gone.length) tell(gone);
  form.dispatchEvent(new Event("input"));
}

function tick(id) {
  const box = form.querySelector(`input[name=present][value="${id}"]`);
  if (box) box.checked = true;
  return Boolean(box);
}

function tell(names) {
  const note = days.querySelector("[data-lost]");
  note.textContent = days.dataset.days.replace("{names}", names.join(days.dataset.comma));
  note.hidden = false;
}
