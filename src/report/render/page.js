// What the page gains from a script: tables sort, points name themselves, the chooser filters and
// redraws. Without it everything is still said.
"use strict";
(() => {
  const make = (name, attributes = {}, ...children) => {
    const svg = ["svg", "g", "circle", "path", "line", "text", "rect"].includes(name);
    const node = svg
      ? document.createElementNS("http://www.w3.org/2000/svg", name)
      : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };

  // Tables: a button in each head; figures by value, words by letter, holes last.
  const sortable = (table) => {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const key = (row, column) => {
      const cell = row.cells[column];
      if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
      return column === 0 ? cell.textContent : null;
    };
    const compare = (a, b) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return typeof a === "number" ? a - b : a.localeCompare(b);
    };
    heads.forEach((head, column) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" };
        const order = next[head.getAttribute("aria-sort") ?? "none"];
        for (const other of heads) other.removeAttribute("aria-sort");
        if (order !== "none") head.setAttribute("aria-sort", order);
        const rows = [...original];
        if (order !== "none") {
          const sign = order === "ascending" ? 1 : -1;
          rows.sort((a, b) => {
            const [x, y] = [key(a, column), key(b, column)];
            return x === null || y === null ? compare(x, y) : sign * compare(x, y);
          });
        }
        body.append(...rows);
      });
    });
  };

  // Points: one label that follows the pointer and the focus.
  const label = make("div", { id: "label", role: "status" });
  label.hidden = true;
  const name = (point) => {
    label.textContent = point.dataset.point;
    label.hidden = false;
    const box = point.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - label.offsetWidth - 8);
    label.style.left = `${Math.max(8, left) + window.scrollX}px`;
    label.style.top = `${box.top + window.scrollY - label.offsetHeight - 6}px`;
  };
  const pointIn = (node) => node?.closest?.("[data-point]");
  // What has the focus keeps its name when the page moves below a pointer that rests, until Escape.
  let dismissed = null;
  for (const event of ["pointerover", "focusin"]) {
    document.addEventListener(event, ({ target }) => {
      if (event === "focusin") dismissed = null;
      const focused = pointIn(document.activeElement);
      const point = pointIn(target) ?? (focused === dismissed ? null : focused);
      if (point) name(point);
      else label.hidden = true;
    });
  }
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    dismissed = pointIn(document.activeElement);
    label.hidden = true;
  });

  // Figures as the page writes them.
  const steps = {
    B: [[1 << 20, "MiB"], [1 << 10, "KiB"], [1, "B"]],
    ns: [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]],
  };
  const figure = (value, unit) => {
    const [factor, suffix] = steps[unit].find(([f]) => value >= 0.9995 * f) ?? steps[unit].at(-1);
    return `${Number((value / factor).toPrecision(3))} ${suffix}`;
  };

  // The chooser. A slider goes over the costs there are, on a logarithmic scale; its right end is
  // no limit at all.
  const STEPS = 200;
  const phone = window.matchMedia("(max-width: 640px)");
  const chooser = (section) => {
    const { criteria, needs, by, candidates } =
      JSON.parse(section.querySelector("script[type='application/json']").textContent);
    const id = section.dataset.choose;
    const form = make("form", { class: "wishes" });
    form.addEventListener("submit", (event) => event.preventDefault());
    const limits = criteria.map(() => Infinity);
    const wanted = new Set();

    criteria.forEach((criterion, index) => {
      const costs = candidates.map((one) => one.costs[index]).filter((cost) => cost !== null);
      if (!costs.length) return;
      const [low, high] = [Math.min(...costs), Math.max(...costs)].map((c) => Math.log(Math.max(c, 1)));
      const field = `${id}-${criterion.id}`;
      const slider = make("input", { type: "range", id: field, min: 0, max: STEPS, value: STEPS });
      const shown = make("output", { for: field });
      const update = () => {
        const at = Number(slider.value);
        limits[index] = at === STEPS ? Infinity : Math.exp(low + ((high - low) * at) / STEPS) * 1.0005;
        shown.textContent = at === STEPS ? "any" : `at most ${figure(limits[index], criterion.unit)}`;
        slider.setAttribute("aria-valuetext", shown.textContent);
      };
      slider.addEventListener("input", () => { update(); draw(); });
      update();
      form.append(make("div", {}, make("label", { for: field }, criterion.title), slider, shown));
    });
    for (const need of needs) {
      const box = make("input", { type: "checkbox", id: `${id}-${need.id}` });
      box.addEventListener("change", () => {
        if (box.checked) wanted.add(need.id);
        else wanted.delete(need.id);
        draw();
      });
      form.append(make("div", { class: "need" }, box, make("label", { for: box.id }, need.about)));
    }

    const axis = (which, start) => {
      const select = make("select", { id: `${id}-${which}` });
      criteria.forEach((criterion, index) => {
        select.append(make("option", { value: index }, criterion.title));
      });
      const measured = (index) => candidates.some((one) => one.costs[index] !== null);
      const wished = criteria.findIndex((criterion, index) => criterion.id === start && measured(index));
      const any = criteria.findIndex((_, index) => measured(index));
      select.value = String(Math.max(0, wished, wished < 0 ? any : 0));
      select.addEventListener("change", () => draw());
      return [make("label", { for: select.id }, which === "x" ? "across" : "up"), select];
    };
    const [xLabel, xSelect] = axis("x", "size");
    const [yLabel, ySelect] = axis("y", "one-header");
    const picture = make("div", { class: "picture" });
    const count = make("p", { class: "told", role: "status" });
    const axes = make("p", { class: "axes" }, yLabel, ySelect, xLabel, xSelect);
    const rows = [...section.querySelectorAll("tr[data-candidate]")];

    const breaks = (one) => {
      const broken = [];
      criteria.forEach((criterion, index) => {
        if (limits[index] === Infinity) return;
        const cost = one.costs[index];
        if (cost === null) broken.push(`${criterion.title} not measured`);
        else if (cost > limits[index]) broken.push(`${criterion.title} ${figure(cost, criterion.unit)}`);
      });
      for (const need of needs) {
        if (wanted.has(need.id) && !one.meets.includes(need.id)) broken.push(`not: ${need.about}`);
      }
      return broken;
    };
    const columns = by.map((wish) => criteria.findIndex((criterion) => criterion.id === wish));
    const draw = () => {
      const state = candidates.map((one) => ({ one, broken: breaks(one) }));
      const fits = state.map(({ broken }) => !broken.length);
      const fit = candidates.filter((_, index) => fits[index]);
      // The program knows which candidates beat which: those that do not fit do not count.
      const front = new Set(fit.filter((one) => columns.every((index) => one.costs[index] !== null) &&
        !one.rivals.some((rival) => fits[rival])));
      state.forEach(({ one, broken }, index) => {
        const row = rows[index];
        row.classList.toggle("out", broken.length > 0);
        row.classList.toggle("front", front.has(one));
        row.querySelector("[data-verdict]").textContent =
          broken.length ? broken.join("; ") : front.has(one) ? "on the front" : "fits";
      });
      count.textContent = `${fit.length} of ${candidates.length} fit, ${front.size} on the front.`;
      plot(fit, front);
    };

    const told = (one, index) => `${criteria[index].title} ${figure(one.costs[index], criteria[index].unit)}` +
      (one.states[index] ? ` (${one.states[index]})` : "");

    const plot = (fit, front) => {
      const [x, y] = [Number(xSelect.value), Number(ySelect.value)];
      const placed = candidates.filter((one) => one.costs[x] !== null && one.costs[y] !== null);
      picture.replaceChildren();
      if (!placed.length) return picture.append("Nothing was measured of both.");
      // As many units as there are pixels: on a phone letters keep their size.
      const width = phone.matches ? 340 : 640;
      const [height, left, bottom, top, right] = [360, 64, 44, 12, 16];
      const scale = (index, from, to) => {
        const costs = placed.map((one) => Math.log10(Math.max(one.costs[index], 1)));
        const [low, high] = [Math.min(...costs) - 0.08, Math.max(...costs) + 0.08];
        const at = (cost) => from + ((Math.log10(Math.max(cost, 1)) - low) / (high - low)) * (to - from);
        return { low, high, at };
      };
      const across = scale(x, left, width - right);
      const up = scale(y, height - bottom, top);
      const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "group",
        "aria-label": `${criteria[y].title} against ${criteria[x].title}` });
      const tick = (value, unit, vertical) => {
        const text = figure(value, unit);
        if (vertical) {
          const at = up.at(value);
          svg.append(make("line", { class: "grid", x1: left, x2: width - right, y1: at, y2: at }),
            make("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, text));
        } else {
          const at = across.at(value);
          svg.append(make("line", { class: "grid", x1: at, x2: at, y1: top, y2: height - bottom }),
            make("text", { x: at, y: height - bottom + 16, "text-anchor": "middle" }, text));
        }
      };
      for (const [range, unit, vertical] of
        [[across, criteria[x].unit, false], [up, criteria[y].unit, true]]) {
        const many = vertical ? 5 : phone.matches ? 3 : 6;
        for (let n = 0; n < many; n += 1) {
          tick(10 ** (range.low + ((range.high - range.low) * (n + 0.5)) / many), unit, vertical);
        }
      }
      svg.append(make("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" },
        criteria[x].title));
      for (const one of placed) {
        const [cx, cy] = [across.at(one.costs[x]), up.at(one.costs[y])];
        const fits = fit.includes(one);
        const kind = front.has(one) ? "front" : fits ? "fits" : "out";
        const words = `${one.name}: ${told(one, x)}, ${told(one, y)}` +
          (kind === "front" ? ", on the front" : kind === "out" ? ", does not fit" : "");
        const mark = kind === "out"
          ? make("path", { d: `M${cx - 4} ${cy - 4}l8 8m0 -8l-8 8` })
          : kind === "front"
            ? make("path", { d: `M${cx} ${cy - 7}l7 7l-7 7l-7 -7z` })
            : make("circle", { cx, cy, r: 5 });
        svg.append(make("g", { class: kind, tabindex: 0, role: "img", "aria-label": words,
          "data-point": words }, make("rect", { x: cx - 12, y: cy - 12, width: 24, height: 24,
          fill: "transparent" }), mark));
      }
      picture.append(svg);
    };

    phone.addEventListener("change", () => draw());
    section.querySelector(".live").append(form, count, axes, picture,
      make("p", { class: "small" }, "◆ on the front, ○ fits, × does not fit."));
    draw();
  };

  // A figure's link leads into the samples, which are folded.
  const unfold = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const folded = id && document.getElementById(id)?.closest("details");
    if (folded) folded.open = true;
  };
  window.addEventListener("hashchange", unfold);
  unfold();

  document.body.append(label);
  document.querySelectorAll("table[data-sort]").forEach(sortable);
  document.querySelectorAll("section[data-choose]").forEach(chooser);
  document.documentElement.classList.add("is-live");
})();
