"use strict";
// Search, filter, sort and page the tables of a class. All rows wait as data, and only those that are shown are in the
// page: `html` is as the page's writer has escaped it.
const collator = new Intl.Collator(undefined, {numeric: true});
const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const words = text => fold(text).split(/\s+/).filter(Boolean);

function grid(section) {
  const table = section.querySelector("table.rows");
  const body = table.tBodies[0];
  const rows = JSON.parse(section.querySelector("script").textContent);
  const most = Math.max(1, body.rows.length);
  const heads = [...table.tHead.rows[0].cells];
  const tools = section.querySelector(".tools");
  const controls = [...tools.querySelectorAll("[data-filter]")];
  const clear = tools.querySelector("[data-clear]");
  const status = tools.querySelector("[role=status]");
  const parts = JSON.parse(table.dataset.parts ?? "{}");
  const only = Object.keys(parts).length === 1 ? Object.keys(parts)[0] : "";
  const texts = new Map();
  let sorted = {column: 0, down: false}, page = 0, found = rows;

  const textOf = row => {
    if (!texts.has(row)) texts.set(row, fold(row.texts.join(" ")));
    return texts.get(row);
  };
  const value = name => controls.find(control => control.dataset.filter === name)?.value ?? "";

  function matches(row, wanted, exercise, failed) {
    return (!exercise || row.exercise === exercise)
      && (!value("is") || row.is.includes(value("is")))
      && (!value("section") || row.section === value("section"))
      && (!failed || row.failed.includes(failed))
      && wanted.every(word => textOf(row).includes(word));
  }

  function order(chosen) {
    const {column, down} = sorted;
    const key = row => row.keys[column];
    const numbers = heads[column].dataset.sort === "number";
    const sortedUp = chosen.toSorted(numbers ? (a, b) => key(a) - key(b) : (a, b) => collator.compare(key(a), key(b)));
    return down ? sortedUp.reverse() : sortedUp;
  }

  function update() {
    const [of, id] = value("failed").split(/:(.*)/s);
    const exercise = of || value("exercise");
    const wanted = words(value("q"));
    found = rows.filter(row => matches(row, wanted, exercise, id ?? ""));
    if (sorted.column || sorted.down) found = order(found);
    nameParts(exercise || only);
    show();
    if (clear) clear.hidden = !controls.some(control => control.value);
    if ("hash" in section.dataset) remember();
  }

  function show() {
    const last = Math.max(0, Math.ceil(found.length / most) - 1);
    page = Math.min(page, last);
    const first = last ? most * page : 0;
    const some = found.slice(first, first + most);
    body.innerHTML = some.map(row => row.html).join("");
    const count = number => number.toLocaleString("en");
    const range = last ? `, ${count(first + 1)} to ${count(first + some.length)} shown` : "";
    status.textContent = `${count(found.length)} of ${count(rows.length)}${range}`;
    pager.hidden = !last;
    before.disabled = page === 0;
    after.disabled = page === last;
  }

  function nameParts(exercise) {
    const names = parts[exercise];
    table.classList.toggle("one", Boolean(names));
    for (const head of heads) {
      const number = Number(head.dataset.part);
      const label = head.querySelector("span");
      if (head.dataset.part) label.textContent = names ? names[number] ?? "" : `part ${number + 1}`;
    }
  }

  function remember() {
    const state = new URLSearchParams(controls.filter(control => control.value).map(each => [each.dataset.filter, each.value]));
    if (sorted.column || sorted.down) state.set("sort", `${sorted.down ? "-" : ""}${sorted.column}`);
    if (String(state) || location.hash.includes("=")) history.replaceState(null, "", `#${state}`);
  }

  function recall() {
    if (!location.hash.includes("=")) return false;
    const state = new URLSearchParams(location.hash.slice(1));
    for (const control of controls) control.value = state.get(control.dataset.filter) ?? "";
    const column = Math.abs(Number(state.get("sort") ?? 0));
    if (heads[column]) sort(column, (state.get("sort") ?? "").startsWith("-"));
    return true;
  }

  function sort(column, down) {
    sorted = {column, down};
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  }

  function turn(step) {
    page += step;
    show();
    section.scrollIntoView();
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.append(text);
    made.addEventListener("click", act);
    return made;
  }

  section.querySelector(".pager")?.remove();
  const pager = document.createElement("nav");
  pager.className = "pager";
  pager.setAttribute("aria-label", `Pages: ${section.querySelector("h2").textContent}`);
  const before = button("← Previous", () => turn(-1)), after = button("Next →", () => turn(1));
  pager.append(before, after);
  table.after(pager);

  heads.forEach((head, column) => {
    const label = [...head.childNodes];
    const pressed = button("", () => {
      sort(column, head.getAttribute("aria-sort") === "ascending");
      page = 0;
      update();
    });
    pressed.append(...label);
    head.append(pressed);
  });
  for (const control of controls) {
    control.addEventListener("input", () => {
      page = 0;
      update();
    });
  }
  clear?.addEventListener("click", () => {
    for (const control of controls) control.value = "";
    page = 0;
    update();
    controls[0].focus();
  });
  if ("hash" in section.dataset) {
    addEventListener("hashchange", () => {
      if (recall()) {
        page = 0;
        update();
        section.scrollIntoView();
      }
    });
    if (recall()) section.scrollIntoView();
    for (const place of document.querySelectorAll("[data-show]")) {
      const link = document.createElement("a");
      link.href = `#${new URLSearchParams({failed: place.dataset.show})}`;
      link.append(...place.childNodes);
      place.append(link);
    }
  }
  tools.hidden = false;
  update();
}

for (const section of document.querySelectorAll(".grid")) {
  if (section.querySelector("table.rows")) grid(section);
}
