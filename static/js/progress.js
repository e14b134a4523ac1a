// Work under way: the card is drawn anew until the work is over, then the page is. Without script the page reloads itself.
const EVERY = 500;
const SLOWEST = 5000;
let wait = EVERY;
if (document.querySelector("[data-under-way]")) setTimeout(look, wait);

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) return location.replace(answer.ok ? answer.url : location.href);
    const busy = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-under-way]");
    if (!busy) return location.reload();
    draw(busy);
    wait = Math.min(wait * 1.2, SLOWEST);
  } catch {
    wait = SLOWEST;
  }
  setTimeout(look, wait);
}

function draw(busy) {
  const here = document.querySelector("[data-under-way]");
  if (here.innerHTML !== busy.innerHTML) here.replaceChildren(...busy.childNodes);
}
