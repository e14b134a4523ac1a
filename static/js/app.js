// Every page works as plain forms and links; this only saves taps and guards against double ones.
import { adoptFlashed, toast } from "./toast.js";
import { steppers } from "./stepper.js";

// A second tap must not send a second time. Disabled after the event, or the button's own value would be lost.
function guardSubmits() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    const pressed = event.submitter;
    setTimeout(() => {
      for (const button of form.querySelectorAll("button[type=submit], button:not([type])")) button.disabled = true;
      if (pressed && pressed.dataset.busy) {
        pressed.dataset.idle = pressed.innerHTML;
        pressed.textContent = pressed.dataset.busy;
      }
    });
  });
  // Back may bring the page out of the browser's memory as it was left.
  window.addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
}

function wake() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button:disabled")) {
      button.disabled = false;
      if (button.dataset.idle) { button.innerHTML = button.dataset.idle; delete button.dataset.idle; }
    }
  }
}

function revealPasswords() {
  for (const button of document.querySelectorAll("[data-reveal]")) {
    const input = document.getElementById(button.dataset.reveal);
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.textContent = shown ? button.dataset.show : button.dataset.hide;
      button.setAttribute("aria-pressed", String(!shown));
    });
  }
}

// Plain http and WeChat's browser have no clipboard API: there the old way on the selected text.
async function copyFrom(box) {
  try {
    await navigator.clipboard.writeText(box.value);
    return true;
  } catch {
    box.focus();
    box.select();
    return document.execCommand("copy");
  }
}

function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (await copyFrom(document.getElementById(button.dataset.copy))) toast(button.dataset.done);
    });
  }
}

function closeMenusOutside() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.q-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.q-menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
guardSubmits();
revealPasswords();
copyButtons();
closeMenusOutside();
adoptFlashed();
steppers(document);
document.querySelector("[data-focus]")?.focus();
