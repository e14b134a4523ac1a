// − and + around a native number field of hours, and quick picks. Counts in hundredths, so 0.1 + 0.2 stays 0.3.
const hundredths = (text) => Math.round(parseFloat(text) * 100);

function show(input, value) {
  input.value = String(value / 100);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function move(stepper, direction) {
  const input = stepper.querySelector("input");
  const step = hundredths(stepper.dataset.step);
  const from = hundredths(input.value || input.placeholder || "0") || 0;
  const next = direction > 0 ? Math.floor(from / step) * step + step : Math.ceil(from / step) * step - step;
  show(input, Math.min(hundredths(input.max), Math.max(step, next)));
}

function dressStepper(stepper) {
  for (const [selector, direction] of [["[data-less]", -1], ["[data-more]", 1]]) {
    const button = stepper.querySelector(selector);
    button.hidden = false;
    button.addEventListener("click", () => move(stepper, direction));
  }
}

function dressQuick(picks) {
  const input = document.getElementById(picks.dataset.quick);
  const mark = () => {
    for (const pick of picks.querySelectorAll("button")) pick.setAttribute("aria-pressed", String(hundredths(pick.value) === hundredths(input.value)));
  };
  picks.hidden = false;
  picks.addEventListener("click", (event) => {
    const pick = event.target.closest("button");
    if (pick) show(input, hundredths(pick.value));
  });
  input.addEventListener("input", mark);
  mark();
}

export function steppers(root) {
  root.querySelectorAll("[data-stepper]").forEach(dressStepper);
  root.querySelectorAll("[data-quick]").forEach(dressQuick);
}
