// The page works without this: it adds the search, opens what a link leads to, and listens to keys.
"use strict";
const search = document.getElementById("search");
const found = document.getElementById("found");
const rows = [...document.querySelectorAll("[data-row]")];
const texts = rows.map((row) => {
  const head = row.tagName === "DETAILS" ? row.firstElementChild : row;
  return `${row.dataset.row} ${head.textContent}`.toLowerCase();
});

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, number) => {
    row.hidden = !words.every((word) => texts[number].includes(word));
    if (!row.hidden && row.classList.contains("scenario")) shown += 1;
  });
  found.textContent = words.length ? `${shown} scenarios` : "";
}

// What a link leads to is seen, whatever was closed or filtered: #q=WORDS searches.
function follow() {
  const place = decodeURIComponent(location.hash.slice(1));
  if (place.startsWith("q=")) {
    search.value = place.slice(2);
    filter();
    return;
  }
  const target = document.getElementById(place);
  if (!target) return;
  for (let part = target; part; part = part.parentElement) {
    part.hidden = false;
    if (part.tagName === "DETAILS") part.open = true;
    for (const name of part.classList || []) {
      const box = name.startsWith("s-") && document.getElementById(`show-${name.slice(2)}`);
      if (box) box.checked = true;
    }
  }
  target.scrollIntoView();
  const head = target.tagName === "DETAILS" ? target.firstElementChild : target;
  head.focus({ preventScroll: true });
}

function step(forward) {
  const failed = [...document.querySelectorAll(".scenario.s-broken")].filter((it) => it.offsetParent);
  const now = failed.findIndex((it) => it.contains(document.activeElement));
  const next = failed[now < 0 ? (forward ? 0 : failed.length - 1) : now + (forward ? 1 : -1)];
  if (!next) return;
  next.open = true;
  next.firstElementChild.focus();
  next.scrollIntoView();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.id === "search";
  if (event.key === "Escape") {
    if (typing) search.blur();
    else document.activeElement.closest("details[open]")?.removeAttribute("open");
  } else if (typing) {
    return;
  } else if (event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if (event.key === "j" || event.key === "k") {
    step(event.key === "j");
  }
});
search.addEventListener("input", filter);
window.addEventListener("hashchange", follow);
for (const part of document.querySelectorAll(".filters [hidden]")) part.hidden = false;
follow();
