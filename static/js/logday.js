// The leader's service day: live total, all at once, as last time, own hours, finding a name. The form is whole without it.
const form = document.querySelector("form[data-logday]");
if (form) start(form);

function start(form) {
  const rows = [...form.querySelectorAll("[data-member]")].filter((row) => box(row));
  const common = form.querySelector("[data-common]");
  const refresh = () => {
    rows.forEach((row) => showOwn(row, common.value));
    showTotal(form, rows, common.value);
  };
  rows.forEach(dressReset);
  dressAll(form, rows, refresh);
  dressLast(form, rows, refresh);
  dressFilter(form);
  form.addEventListener("input", refresh);
  form.addEventListener("change", refresh);
  window.addEventListener("pageshow", refresh);
  // The browser cannot point at a wrong number in a closed line, and would refuse without a word.
  form.addEventListener("invalid", (event) => {
    const line = event.target.closest("[data-member]");
    if (line) line.querySelector("details").open = true;
  }, true);
  refresh();
}

function box(row) { return row.querySelector("input[type=checkbox]"); }
function own(row) { return row.querySelector("[data-stepper] input"); }
function minutes(hours) { return Math.round(parseFloat(hours) * 60) || 0; }
function hours(total) { return String(Math.round(total / 0.6) / 100); }
function fill(text, values) { return text.replace(/\{(\w+)\}/g, (_, name) => values[name]); }

function showOwn(row, common) {
  const input = own(row);
  row.querySelector("[data-own]").textContent = input.value || common;
  row.querySelector(".q-mem__h").classList.toggle("q-mem__h--own", input.value !== "" && input.value !== common);
  row.classList.toggle("q-mem--off", !box(row).checked);
  input.placeholder = common;
}

function showTotal(form, rows, common) {
  const present = rows.filter((row) => box(row).checked);
  const total = present.reduce((sum, row) => sum + minutes(own(row).value || common), 0);
  const main = form.querySelector("[data-total-main]");
  main.textContent = fill(form.dataset.total, { people: present.length, hours: hours(total) });
}

function dressReset(row) {
  const reset = row.querySelector("[data-reset]");
  reset.hidden = false;
  reset.addEventListener("click", () => {
    own(row).value = "";
    row.querySelector("details").open = false;
    own(row).dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function dressAll(form, rows, refresh) {
  const button = form.querySelector("[data-all]");
  if (!button) return;
  const all = button.textContent;
  const seen = () => rows.filter((row) => !row.hidden);
  const name = () => { button.textContent = seen().length && seen().every((row) => box(row).checked) ? button.dataset.none : all; };
  button.hidden = false;
  button.addEventListener("click", () => {
    const tick = !seen().every((row) => box(row).checked);
    seen().forEach((row) => { box(row).checked = tick; });
    refresh();
    name();
  });
  form.addEventListener("input", name);
}

function dressLast(form, rows, refresh) {
  const button = form.querySelector("[data-same]");
  if (!button || !rows.some((row) => "last" in row.dataset)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    rows.forEach((row) => { box(row).checked = "last" in row.dataset; });
    refresh();
  });
}

// What is hidden stays ticked; Enter in the search box must not send the form.
function dressFilter(form) {
  const search = form.querySelector("[data-filter]");
  if (!search) return;
  const rows = [...form.querySelectorAll("[data-member]")];
  const none = form.querySelector("[data-nobody]");
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  search.addEventListener("input", () => {
    const wanted = search.value.replace(/\s+/g, "").toLowerCase();
    rows.forEach((row) => { row.hidden = !row.dataset.keys.toLowerCase().includes(wanted); });
    if (none) none.hidden = rows.some((row) => !row.hidden);
  });
}
