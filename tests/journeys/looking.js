// What a browser can say about a page by itself. Every function of `look` returns lists of words.
window.look = (() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const box = (el) => el.getBoundingClientRect();
  const named = (el) =>
    `<${el.tagName.toLowerCase()} class="${el.className}">` +
    (el.textContent.trim() || el.name || el.id || "").slice(0, 40);
  const seen = (el) =>
    !el.closest(".q-sr, [aria-hidden=true]") &&
    el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) &&
    box(el).width > 1;
  const ONE_LINE = ".q-btn, .q-choice, .q-tag, .q-chip, .q-tabs a, .q-topnav a, .q-topbtn";
  const TAPPED =
    ".q-btn, .q-choice, .q-tabs a, .q-topbtn, .q-menu__i, summary, select, .q-check," +
    ".q-input:not(textarea), .q-mem > label";
  const PHONE_PX = 900;
  const TAP_PX = 43.5;
  const SHORT = 6;

  function sticksOut() {
    const wide = document.documentElement.scrollWidth;
    return wide > innerWidth ? [`${wide} px wide, the window ${innerWidth}`] : [];
  }

  function cut() {
    return all(`${ONE_LINE}, h1, h2, summary`)
      .filter((el) => seen(el) && el.clientWidth && el.scrollWidth > el.clientWidth + 1)
      .map((el) => `cut or spilt: ${named(el)}`);
  }

  // A verb of a few characters stands on one line.
  function broken() {
    const range = document.createRange();
    return all(".q-btn").filter(seen).flatMap((el) => {
      const text = [...el.childNodes].find((node) => node.nodeType === 3 && node.data.trim());
      if (!text || text.data.trim().length > SHORT) return [];
      range.selectNodeContents(text);
      return range.getClientRects().length > 1 ? [`broken over lines: ${named(el)}`] : [];
    });
  }

  function tooSmall() {
    if (innerWidth >= PHONE_PX) return [];
    return all(TAPPED)
      .filter((el) => seen(el) && Math.min(box(el).width, box(el).height) < TAP_PX)
      .map((el) => `${Math.round(box(el).width)} × ${Math.round(box(el).height)} px: ${named(el)}`);
  }

  // Scrolled to its end, nothing of a page lies below what sticks to the window's foot.
  function covered() {
    const bars = all(".q-tabs, .q-action").filter(seen);
    const stuck = bars.filter((el) => ["fixed", "sticky"].includes(getComputedStyle(el).position));
    const last = all("main > :not(.q-action), main form > :not(.q-action), .q-foot").filter(seen);
    scrollTo(0, document.documentElement.scrollHeight);
    const found = stuck.flatMap((bar) =>
      last
        .filter((el) => !el.contains(bar) && !bar.contains(el))
        .filter((el) => box(el).bottom > box(bar).top + 1 && box(el).top < box(bar).bottom)
        .map((el) => `${named(bar).slice(0, 30)} lies on the end of ${named(el)}`),
    );
    scrollTo(0, 0);
    return found;
  }

  function frame() {
    const once = ["h1", "main", "footer"].filter((tag) => all(tag).length !== 1);
    const found = once.map((tag) => `${all(tag).length} × ${tag}`);
    if (!document.title.trim() || document.title.startsWith(" ·")) found.push("no title");
    if (!document.documentElement.lang) found.push("no language");
    const ids = all("[id]:not([type=hidden])").map((el) => el.id);
    found.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice the id ${id}`));
    const first = all("[tabindex]").filter((el) => el.tabIndex > 0);
    found.push(...first.map((el) => `a place of its own in the order: ${named(el)}`));
    return [...found, ...leaps(all("h1, h2, h3, h4").filter(seen))];
  }

  function leaps(headings) {
    const level = (el) => Number(el.tagName[1]);
    return headings
      .filter((el, at) => at && level(el) > level(headings[at - 1]) + 1)
      .map((el) => `leaps a level: ${named(el)}`);
  }

  // What Tab is to reach: one of a group of radios, nothing in closed disclosures.
  let toReach = [];
  function reachable() {
    const groups = new Set();
    toReach = all("a[href], button, input, select, textarea, summary").filter((el) => {
      if (el.disabled || el.type === "hidden" || el.tabIndex < 0) return false;
      if (!el.checkVisibility({ visibilityProperty: true })) return false;
      if (el.closest("details:not([open]) > :not(summary)")) return false;
      if (el.type !== "radio") return true;
      const chosen = el.form?.querySelector(`[name="${el.name}"]:checked`);
      if (chosen ? chosen !== el : groups.has(el.name)) return false;
      return groups.add(el.name);
    });
    return [toReach.length, toReach.findIndex((el) => el.closest("main"))];
  }

  const nameOf = (at) => (toReach[at] ? named(toReach[at]) : "nothing");

  function focus() {
    const el = document.activeElement;
    const at = toReach.indexOf(el);
    return [at, at < 0 ? "" : unseen(el)];
  }

  function unseen(el) {
    const outlined = (one) => {
      const { outlineStyle, outlineWidth } = one ? getComputedStyle(one) : {};
      return one && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    };
    const around = el.closest(".q-choice, .q-stepper, .q-check, label");
    const face = [el, el.nextElementSibling, around].find(outlined);
    if (!face) return `the focus is not to be seen on ${named(el)}`;
    const { left, top, right, bottom } = box(face);
    if (bottom < 0 || top > innerHeight) return `the focus is out of sight on ${named(el)}`;
    const middle = Math.min(innerHeight - 1, Math.max(0, (top + bottom) / 2));
    const bar = document.elementFromPoint((left + right) / 2, middle)?.closest(".q-tabs, .q-action, .q-top");
    return bar && !bar.contains(el) ? `a bar lies on the focus at ${named(el)}` : "";
  }

  const layout = () => [...sticksOut(), ...cut(), ...broken(), ...tooSmall(), ...covered()];
  return { layout, frame, reachable, focus, nameOf };
})();
