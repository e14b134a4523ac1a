// A short message at the bottom: stays eight seconds or until closed, and is never the only record.
const STAYS_MS = 8000;

export function dress(toast, region) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "q-toast__x";
  close.textContent = "×";
  close.setAttribute("aria-label", region.dataset.close);
  const timer = setTimeout(() => toast.remove(), STAYS_MS);
  close.addEventListener("click", () => { clearTimeout(timer); toast.remove(); });
  toast.append(close);
}

export function toast(text) {
  const region = document.getElementById("toasts");
  if (!region) return;
  const line = document.createElement("div");
  const said = document.createElement("span");
  line.className = "q-toast";
  said.textContent = text;
  line.append(said);
  dress(line, region);
  region.append(line);
}

// Messages the server flashed move into the corner; without script they stand on the page.
export function adoptFlashed() {
  const region = document.getElementById("toasts");
  if (!region) return;
  for (const line of document.querySelectorAll("[data-toast]")) {
    dress(line, region);
    region.append(line);
  }
}
