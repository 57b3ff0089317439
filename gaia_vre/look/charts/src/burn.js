// How a budget is used up: what was used, where it goes at this pace, and its limit.
import { areaY, axisX, axisY, dot, gridY, lineY, plot, ruleY, text } from "@observablehq/plot";
import { day, hour, number } from "./format.js";

const TICK_WIDTH = 84;
const ROOM = 1.12;
const DAY = 86_400_000;
const FEW_DAYS = 3;

export function burn(data, width) {
  const used = data.used.map(spot);
  const coming = data.coming.map(spot);
  const all = [...used, ...coming.slice(1)];
  const running = data.running.map(spot);
  const highest = Math.max(data.limit.value, ...all.map((one) => one.value), ...running.map((one) => one.value)) || 1;
  const from = all[0].at;
  const to = [...all, ...running].reduce((last, { at }) => (at > last ? at : last), from);
  const days = (to - from) / DAY;
  const hourly = days < FEW_DAYS;
  const room = Math.max(2, Math.floor(width / TICK_WIDTH));
  const svg = plot({
    width, height: 240, marginLeft: 48, marginRight: 12, marginTop: 22, marginBottom: 24,
    x: { type: hourly ? "time" : "utc", domain: [from, to] },
    y: { domain: [0, highest * ROOM] },
    marks: [
      gridY({ ticks: 4, stroke: "var(--gaia-rule)", strokeOpacity: 1 }),
      areaY(used, { x: "at", y: "value", fill: "var(--gaia-plot-1)", fillOpacity: 0.14 }),
      lineY(used, { x: "at", y: "value", stroke: "var(--gaia-plot-1)", strokeWidth: 2 }),
      lineY(coming, { x: "at", y: "value", stroke: "var(--gaia-plot-1)", strokeWidth: 2, strokeDasharray: "5 4" }),
      lineY(running, { x: "at", y: "value", stroke: "var(--gaia-plot-3)", strokeWidth: 2, strokeDasharray: "2 3" }),
      dot(used.slice(-1), { x: "at", y: "value", r: 3.5, fill: "var(--gaia-plot-1)" }),
      ...bound(data.notice, "var(--gaia-warn-fill)", "var(--gaia-warn)", "6 4"),
      ...bound(data.limit, "var(--gaia-ink)", "var(--gaia-ink)"),
      ruleY([0], { stroke: "var(--gaia-edge)" }),
      axisX({
        ticks: hourly ? room : Math.min(room, Math.floor(days)), tickFormat: hourly ? hour : day, tickSize: 3,
        color: "var(--gaia-edge)", fill: "var(--gaia-muted)", label: null,
      }),
      axisY({ ticks: 4, tickFormat: number, tickSize: 0, label: data.unit, labelArrow: "none", fill: "var(--gaia-muted)" }),
    ],
  });
  const x = svg.scale("x");
  return { svg, points: all.map((one) => x.apply(one.at)) };
}

function spot([at, value]) {
  return { at: new Date(at), value };
}

function bound(mark, stroke, fill, strokeDasharray) {
  if (!mark) return [];
  return [
    ruleY([mark.value], { stroke, strokeWidth: 1.5, strokeDasharray }),
    text([mark.value], {
      y: (value) => value, text: () => mark.label, frameAnchor: "left", textAnchor: "start", dx: 4, dy: -8, fill,
      stroke: "var(--gaia-bg)", strokeWidth: 4,
    }),
  ];
}
