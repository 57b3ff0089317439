// The values of a plot, read with a pointer, a finger or the arrow keys; a screen reader hears a slider.
import { day, number } from "./format.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -7, PageUp: 7 };
const SVG = "http://www.w3.org/2000/svg";

export function reading(place, canvas, data, label) {
  const words = WORDS[data.kind](data);
  const shown = document.createElement("p");
  shown.className = "gaia-reading";
  shown.setAttribute("aria-hidden", "true");
  canvas.className = "gaia-canvas";
  canvas.tabIndex = 0;
  set(canvas, { role: "slider", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": words.length - 1 });
  place.append(canvas, shown);
  let svg, points, cursor;
  let at = data.kind === "burn" ? data.used.length - 1 : words.length - 1;

  const show = () => {
    shown.textContent = words[at];
    set(canvas, { "aria-valuenow": at, "aria-valuetext": words[at] });
    cursor?.remove();
    if (!svg || !(canvas.matches(":hover") || canvas === document.activeElement)) return;
    cursor = document.createElementNS(SVG, "line");
    set(cursor, { class: "cursor", x1: points[at], x2: points[at], y1: 14, y2: svg.getAttribute("height") - 24 });
    svg.append(cursor);
  };
  const go = (next) => {
    at = Math.max(0, Math.min(words.length - 1, next));
    show();
  };
  canvas.addEventListener("focus", show);
  canvas.addEventListener("keydown", (event) => {
    const next = event.key === "Home" ? 0 : event.key === "End" ? words.length - 1 : at + STEPS[event.key];
    if (Number.isNaN(next)) return;
    event.preventDefault();
    go(next);
  });
  canvas.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.getAttribute("width");
    go(points.reduce((best, one, place) => (Math.abs(one - x) < Math.abs(points[best] - x) ? place : best), 0));
  });
  for (const left of ["blur", "pointerleave"]) canvas.addEventListener(left, show);
  show();
  return {
    over(drawn, centres) {
      [svg, points] = [drawn, centres];
      show();
    },
  };
}

const WORDS = {
  columns: (data) => data.columns.map(({ long, label, values }) => {
    const parts = values.map((value, series) => [data.series[series], value]).filter(([, value]) => value > 0);
    const said = parts.map(([name, value]) => `${name} ${number(value)}`).join(" · ");
    return `${long ?? label}${data.words.colon}${said || data.words.nothing}${parts.length ? ` ${data.unit}` : ""}`;
  }),
  burn: (data) => [...data.used.map((one) => [...one, data.words.used]), ...data.coming.slice(1).map((one) => [...one, data.words.coming])]
    .map(([at, value, word]) => `${day(new Date(at))}${data.words.colon}${number(value)} ${data.unit} ${word}`),
};

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
