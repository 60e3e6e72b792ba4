// Two bar charts with one axis of time: what passed, and beneath it, on a scale of
// its own, what was refused, which is rare and still the point.

import { byId, draw, el, setText } from "./dom.js";
import { compact, count } from "./format.js";
import { minute, moment, stamp } from "./times.js";

let width = 860; // as wide as there is room
const left = 46;
const right = 6;
const panels = [
  { name: "Passed", top: 22, height: 96, parts: ["allowed", "anonymous", "audited"] },
  { name: "Refused", top: 146, height: 64, parts: ["refused"] },
];
const bottom = 230;
const labels = { allowed: "Allowed", anonymous: "Anonymous", audited: "Audited", refused: "Refused" };

let readout;
let shown = [];
let pointedAt = -1;

export function drawChart(minutes) {
  const box = byId("chart");
  if (!readout) {
    readout = el("span", { class: "readout" });
    window.addEventListener("resize", () => drawChart(shown));
    box.append(el("div", { class: "legend" }, ...Object.entries(labels).map(([name, label]) => el("span", { class: name }, label)), readout));
  }
  shown = minutes;
  width = Math.max(260, Math.round(box.clientWidth));
  const svg = draw("svg", { class: "chart", viewBox: `0 0 ${width} ${bottom + 18}`, role: "img", "aria-label": describe(minutes) });
  const step = (width - left - right) / Math.max(1, minutes.length);
  for (const panel of panels) svg.append(...drawPanel(panel, minutes, step));
  svg.append(...drawTimes(minutes, step));
  minutes.forEach((_, i) => {
    const hit = draw("rect", { class: "hover", x: left + i * step, y: 14, width: step, height: bottom - 18 });
    hit.addEventListener("pointerenter", () => point(i));
    svg.append(hit);
  });
  svg.addEventListener("pointerleave", () => point(-1));
  box.querySelector("svg")?.remove();
  box.append(svg);
  point(pointedAt);
}

function describe(minutes) {
  const sum = (name) => minutes.reduce((n, each) => n + each[name], 0);
  const passed = sum("allowed") + sum("anonymous") + sum("audited");
  return `Bars for the last ${minutes.length} minutes: ${count(passed)} requests passed, ${count(sum("refused"))} were refused. The table below has the figures.`;
}

// scaleOf is the smallest round number that nothing is above.
function scaleOf(most) {
  if (most <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 3, 4, 6, 8, 10].map((n) => n * power).find((n) => n >= most);
}

function drawPanel({ name, top, height, parts }, minutes, step) {
  const totals = minutes.map((each) => parts.reduce((n, part) => n + each[part], 0));
  const scale = scaleOf(Math.max(0, ...totals));
  const base = top + height;
  const shapes = [draw("text", { class: "name", x: left, y: top - 8 }, name), draw("text", { x: left + 54, y: top - 8 }, "each minute")];
  for (const share of [0.5, 1]) {
    const y = base - height * share;
    shapes.push(draw("line", { class: "grid", x1: left, x2: width - right, y1: y, y2: y }));
    shapes.push(draw("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, compact(scale * share)));
  }
  minutes.forEach((each, i) => {
    let y = base;
    for (const part of parts) {
      if (each[part] === 0) continue;
      const tall = Math.max(1.5, (each[part] / scale) * height);
      y -= tall;
      shapes.push(draw("rect", { class: part, x: left + i * step + 1, y, width: Math.max(1, step - 2), height: tall, rx: 1 }));
    }
  });
  shapes.push(draw("line", { class: "base", x1: left, x2: width - right, y1: base, y2: base }));
  return shapes;
}

function drawTimes(minutes, step) {
  const last = minutes.length - 1;
  return minutes.flatMap((each, i) => {
    const before = last - i;
    if (before % (width < 500 ? 20 : 10) !== 0) return [];
    const x = left + (i + 0.5) * step;
    const anchor = before === 0 ? "end" : "middle";
    return [draw("text", { x: before === 0 ? width - right : x, y: bottom + 8, "text-anchor": anchor }, minute(each.at))];
  });
}

function point(i) {
  pointedAt = i;
  byId("chart").querySelectorAll(".hover").forEach((each, n) => each.classList.toggle("on", n === i));
  const each = shown[i];
  setText(readout, each ? `${moment(each.at, Date.now(), "minute")}: ${Object.keys(labels).filter((name) => each[name] > 0).map((name) => `${count(each[name])} ${name}`).join(", ") || "nothing"}` : "");
}

export function fillMinutes(minutes) {
  const cell = (n) => el("td", { class: "number" }, count(n));
  byId("minutes").tBodies[0].replaceChildren(...minutes.toReversed().map((each) =>
    el("tr", {}, el("th", { scope: "row" }, stamp(each.at, "minute")), cell(each.allowed), cell(each.anonymous), cell(each.audited), cell(each.refused))));
}
