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
    byId("count").textContent = found.length === rows.length ? `${rows.length} ${rows.length === 1 ? "account" : "accounts"}` : `${found.length} of ${rows.length}`;
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
    table.classList.add("ready"); // until now the style sheet kept the rows after the first ones from being laid out
  }

  // A table wider than its place scrolls; the keyboard must get there too.
  const reachable = () => {
    for (const place of document.querySelectorAll(".scroll")) {
      if (place.scrollWidth <= place.clientWidth) { place.removeAttribute("tabindex"); continue; }
      place.tabIndex = 0;
      place.setAttribute("role", "group");
      place.setAttribute("aria-label", place.closest("section")?.querySelector("h2")?.textContent ?? "Table");
    }
  };
  reachable();
  addEventListener("resize", reachable);

  // Zooms by the viewBox: places spread, while dots, strokes and words keep their size on the screen.
  const magnifier = (box, close) => {
    const svg = box.querySelector("svg.grid"), frame = svg?.querySelector("[data-plane]");
    if (!frame) return null;
    const whole = svg.viewBox.baseVal, MOST = 8;
    const full = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
    const plane = Object.fromEntries(["x", "y", "width", "height"].map((name) => [name, Number(frame.getAttribute(name))]));
    const sized = [["circle", "r"], ["text", "font-size"]].flatMap(([tag, name]) =>
      [...svg.querySelectorAll(tag)].map((part) => [part, name, Number(part.getAttribute(name))]));
    const at = { by: 1, x: full.x + full.w / 2, y: full.y + full.h / 2 };
    const told = document.createElement("span");
    told.setAttribute("role", "status");
    told.className = "note";
    const within = (low, value, high) => Math.min(Math.max(value, low), high);
    const draw = () => {
      const w = full.w / at.by, h = full.h / at.by;
      at.x = within(full.x + w / 2, at.x, full.x + full.w - w / 2);
      at.y = within(full.y + h / 2, at.y, full.y + full.h - h / 2);
      svg.setAttribute("viewBox", `${at.x - w / 2} ${at.y - h / 2} ${w} ${h}`);
      for (const [part, name, size] of sized) part.setAttribute(name, size / at.by);
      for (const part of svg.querySelectorAll("path,line,rect,circle,text")) part.setAttribute("vector-effect", at.by > 1 ? "non-scaling-stroke" : "none");
      for (const part of svg.querySelectorAll("[data-veil]")) part.setAttribute("visibility", at.by > 1 ? "hidden" : "visible");
      const score = (value, start, length) => Math.round(within(0, (value - start) / length * 100, 100));
      const sideways = [at.x - w / 2, at.x + w / 2].map((x) => score(x, plane.x, plane.width));
      const upwards = [at.y + h / 2, at.y - h / 2].map((y) => 100 - score(y, plane.y, plane.height));
      told.textContent = at.by > 1 ? `Shown: loyalty ${sideways.join("–")}, retention ${upwards.join("–")}` : "";
      svg.style.cursor = at.by > 1 ? "grab" : "";
      svg.style.touchAction = at.by > 1 ? "none" : "";
      buttons[0].disabled = at.by >= MOST;
      buttons[1].disabled = buttons[2].disabled = at.by <= 1;
      close();
    };
    const zoom = (times) => { at.by = within(1, at.by * times, MOST); draw(); };
    const move = (x, y) => { at.x += x * full.w / at.by; at.y += y * full.h / at.by; draw(); };
    const acts = [["+", "Zoom in", () => zoom(1.5)], ["−", "Zoom out", () => zoom(1 / 1.5)], ["Whole grid", "", () => zoom(0)]];
    const buttons = acts.map(([sign, name, act]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sign;
      if (name) { button.title = name; button.setAttribute("aria-label", name); }
      button.addEventListener("click", act);
      return button;
    });
    const bar = document.createElement("div");
    bar.className = "zoom screen";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Zoom of the grid");
    bar.append(...buttons, told);
    box.append(bar);
    box.addEventListener("keydown", (event) => {
      const way = { ArrowRight: [0.1, 0], ArrowLeft: [-0.1, 0], ArrowDown: [0, 0.1], ArrowUp: [0, -0.1] }[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey || event.target !== box) return;
      if (way && event.shiftKey) { event.preventDefault(); move(...way); }
      else if (event.key === "+" || event.key === "=") zoom(1.5);
      else if (event.key === "-") zoom(1 / 1.5);
      else if (event.key === "0") zoom(0);
    });
    let held = null;
    svg.addEventListener("pointerdown", (event) => {
      if (at.by > 1 && event.button === 0 && event.target.tagName !== "circle") { held = event; svg.setPointerCapture(event.pointerId); }
    });
    svg.addEventListener("pointermove", (event) => {
      if (!held) return;
      const seen = svg.getBoundingClientRect();
      move((held.clientX - event.clientX) / seen.width, (held.clientY - event.clientY) / seen.height);
      held = event;
    });
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, () => { held = null; });
    draw();
    const reveal = (dot) => {
      const x = Number(dot.getAttribute("cx")), y = Number(dot.getAttribute("cy"));
      const w = full.w / at.by / 2, h = full.h / at.by / 2;
      if (Math.abs(x - at.x) > w || Math.abs(y - at.y) > h) { at.x = x; at.y = y; draw(); }
    };
    return { reveal };
  };

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
    const lens = magnifier(box, close);
    dots.forEach((dot, at) => {
      dot.addEventListener("mouseenter", () => open(at));
      dot.addEventListener("mouseleave", close);
      dot.addEventListener("click", go);
    });
    if (dots.length) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", "Accounts on the grid; arrow keys go through them, Enter opens the account page, plus and minus zoom, Shift with arrows moves");
      box.addEventListener("keydown", (event) => {
        if (event.target !== box) return;
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step && !event.shiftKey) {
          event.preventDefault();
          close();
          here = (here + step + dots.length) % dots.length;
          lens?.reveal(dots[here]);
          open(here);
        }
        else if (event.key === "Enter") go();
        else if (event.key === "Escape") close();
      });
      box.addEventListener("blur", close);
    }
  }
  // what scrolls sideways is reached by keys, and is a stop for them only where it does scroll
  const wide = [...document.querySelectorAll("section > table, .drawn:not([role])")];
  const reach = () => wide.forEach((box) => box.scrollWidth > box.clientWidth ? box.tabIndex = 0 : box.removeAttribute("tabindex"));
  addEventListener("resize", reach);
  reach();
})();
