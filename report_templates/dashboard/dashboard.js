(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const table = byId("accts");
  const rows = table ? [...table.tBodies[0].rows] : [];
  const FEW = 25;
  const state = { q: "", zone: new Set(), owner: "", moved: false, late: false, sort: -1, down: false, all: false };

  const words = rows.map((row) => row.textContent.toLowerCase().normalize("NFKC"));
  const value = (row, column) => {
    const cell = row.cells[column];
    const told = cell.dataset.s ?? (column === 1 || column === 5 ? row.dataset.k : cell.textContent.trim().toLowerCase());
    return told !== "" && !Number.isNaN(Number(told)) ? Number(told) : told;
  };

  const write = () => {
    const said = new URLSearchParams();
    if (state.q) said.set("q", state.q);
    if (state.zone.size) said.set("zone", [...state.zone].join(""));
    if (state.owner) said.set("owner", state.owner);
    if (state.moved) said.set("moved", "1");
    if (state.late) said.set("late", "1");
    if (state.sort >= 0) said.set("sort", (state.down ? "-" : "") + state.sort);
    history.replaceState(null, "", "#" + said.toString());
  };

  const read = () => {
    const said = new URLSearchParams(location.hash.slice(1));
    state.q = said.get("q") ?? "";
    state.zone = new Set(said.get("zone") ?? "");
    state.owner = said.get("owner") ?? "";
    state.moved = said.has("moved");
    state.late = said.has("late");
    const sort = said.get("sort") ?? "";
    state.down = sort.startsWith("-");
    state.sort = /^-?[0-5]$/.test(sort) ? Number(sort.replace("-", "")) : -1;
  };

  const show = () => {
    byId("q").value = state.q;
    for (const pill of document.querySelectorAll(".pill")) pill.setAttribute("aria-pressed", String(state.zone.has(pill.dataset.zone)));
    if (byId("owner")) byId("owner").value = state.owner;
    byId("moved").checked = state.moved;
    byId("late").checked = state.late;
    const wanted = state.q.toLowerCase().normalize("NFKC").split(/\s+/).filter(Boolean);
    const fits = (row, at) =>
      wanted.every((word) => words[at].includes(word)) &&
      (!state.zone.size || state.zone.has(row.dataset.z)) &&
      (!state.owner || row.dataset.o === state.owner) &&
      (!state.moved || row.dataset.m) &&
      (!state.late || row.classList.contains("od"));
    const found = rows.filter(fits);
    const order = [...found];
    if (state.sort >= 0) {
      order.sort((one, other) => {
        const a = value(one, state.sort), b = value(other, state.sort);
        const step = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
        return (state.down ? -step : step) || one.dataset.k - other.dataset.k;
      });
    }
    const limit = state.all ? order.length : FEW;
    for (const row of rows) row.classList.add("off");
    order.slice(0, limit).forEach((row) => row.classList.remove("off"));
    if (state.sort >= 0 || show.sorted) table.tBodies[0].append(...order);
    show.sorted = state.sort >= 0;
    [...table.tHead.rows[0].cells].forEach((cell, at) => {
      const mark = cell.querySelector("span");
      if (at === state.sort) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
      mark.textContent = at === state.sort ? (state.down ? " ▼" : " ▲") : "";
    });
    byId("count").textContent = found.length === rows.length ? `${rows.length} accounts` : `${found.length} of ${rows.length}`;
    const more = byId("more");
    more.hidden = order.length <= limit;
    more.textContent = `Show all ${order.length}`;
  };

  const change = (act) => { act(); state.all = false; write(); show(); };

  if (table) {
    [...table.tHead.rows[0].cells].forEach((cell, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = cell.textContent;
      const mark = document.createElement("span");
      mark.setAttribute("aria-hidden", "true");
      button.append(mark);
      cell.replaceChildren(button);
      button.addEventListener("click", () => change(() => {
        const numeric = at >= 2 && at <= 4;
        if (state.sort !== at) { state.sort = at; state.down = numeric; }
        else if (state.down === numeric) state.down = !state.down;
        else { state.sort = -1; state.down = false; }
      }));
    });
    byId("filters").hidden = false;
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("q").addEventListener("input", (event) => change(() => { state.q = event.target.value; }));
    for (const pill of document.querySelectorAll(".pill"))
      pill.addEventListener("click", () => change(() => { const z = pill.dataset.zone; state.zone.delete(z) || state.zone.add(z); }));
    byId("owner")?.addEventListener("change", (event) => change(() => { state.owner = event.target.value; }));
    byId("moved").addEventListener("change", (event) => change(() => { state.moved = event.target.checked; }));
    byId("late").addEventListener("change", (event) => change(() => { state.late = event.target.checked; }));
    byId("clear").addEventListener("click", () => change(() => Object.assign(state, { q: "", zone: new Set(), owner: "", moved: false, late: false, sort: -1, down: false })));
    byId("more").addEventListener("click", () => { state.all = true; show(); });
    addEventListener("hashchange", () => { read(); show(); });
    addEventListener("keydown", (event) => {
      if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) { event.preventDefault(); byId("q").focus(); }
    });
    read();
    show();
  }

  const box = byId("gridbox"), card = byId("card");
  if (box && table) {
    const dots = [...box.querySelectorAll("circle[data-k]")].sort((a, b) => a.dataset.k - b.dataset.k);
    const row = new Map(rows.map((each) => [each.dataset.k, each]));
    let here = -1;
    const close = () => { card.hidden = true; dots[here]?.classList.remove("on"); };
    const open = (at) => {
      close();
      here = at;
      const dot = dots[at], told = row.get(dot.dataset.k);
      if (!told) return;
      dot.classList.add("on");
      const name = document.createElement("b");
      name.textContent = told.cells[0].firstElementChild.textContent;
      const cell = (column) => told.cells[column].textContent.replace(/\s+/g, " ").trim();
      const figures = document.createElement("span");
      figures.textContent = `Loyalty ${cell(2)}, retention ${cell(3)}, ${cell(4)}. ${cell(5)}`;
      const zone = document.createElement("span");
      zone.style.display = "block";
      zone.append(...[...told.cells[1].childNodes].map((node) => node.cloneNode(true)));
      card.replaceChildren(name, zone, figures);
      card.hidden = false;
      const frame = box.getBoundingClientRect(), spot = dot.getBoundingClientRect();
      const left = spot.right - frame.left + 8;
      card.style.left = `${left + 230 > frame.width ? Math.max(0, spot.left - frame.left - 238) : left}px`;
      card.style.top = `${Math.max(0, spot.top - frame.top - 20)}px`;
    };
    const go = () => row.get(dots[here]?.dataset.k)?.querySelector("a")?.click();
    dots.forEach((dot, at) => {
      dot.addEventListener("mouseenter", () => open(at));
      dot.addEventListener("mouseleave", close);
      dot.addEventListener("click", go);
    });
    if (dots.length) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Accounts on the grid; arrow keys go through them, Enter opens the account page");
      box.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step) { event.preventDefault(); open((here + step + dots.length) % dots.length); }
        else if (event.key === "Enter") go();
        else if (event.key === "Escape") close();
      });
      box.addEventListener("blur", close);
    }
  }
})();
