// Stacked upright bars, one for each day or start.
import { axisX, axisY, barY, gridY, plot, ruleY, text } from "@observablehq/plot";
import { number } from "./format.js";

const MARGIN = { left: 44, right: 6, top: 22, bottom: 24 };
const LABEL_WIDTH = 62;
const WIDEST_BAR = 64;

export function columns(data, width) {
  const bars = data.columns.flatMap(({ values }, at) => values.map((value, series) => ({ at, value, series })));
  const places = data.columns.map((_, at) => at);
  const wide = Math.min(width, MARGIN.left + MARGIN.right + data.columns.length * WIDEST_BAR);
  const every = Math.max(1, Math.ceil(data.columns.length / ((wide - MARGIN.left) / LABEL_WIDTH)));
  const svg = plot({
    width: wide, height: 220, marginLeft: MARGIN.left, marginRight: MARGIN.right, marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    x: { type: "band", domain: places, padding: 0.12 },
    y: { domain: [0, top(data)], nice: true },
    marks: [
      gridY({ ticks: 4, stroke: "var(--gaia-rule)", strokeOpacity: 1 }),
      barY(bars, { x: "at", y: "value", order: "series", fill: { value: (one) => `var(--gaia-plot-${one.series + 1})`, scale: null } }),
      ...line(data.line),
      ruleY([0], { stroke: "var(--gaia-edge)" }),
      axisX(places.filter((at) => (places.length - 1 - at) % every === 0), {
        tickFormat: (at) => data.columns[at].label, tickSize: 3, color: "var(--gaia-edge)", fill: "var(--gaia-muted)",
        label: null,
      }),
      axisY({ ticks: 4, tickFormat: number, tickSize: 0, label: data.unit, labelArrow: "none", fill: "var(--gaia-muted)" }),
    ],
  });
  const x = svg.scale("x");
  return { svg, points: places.map((at) => x.apply(at) + x.bandwidth / 2) };
}

function top(data) {
  const sums = data.columns.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  return Math.max(...sums, data.line?.value ?? 0) || 1;
}

function line(mark) {
  if (!mark) return [];
  return [
    ruleY([mark.value], { stroke: "var(--gaia-ink)", strokeDasharray: "4 3" }),
    text([mark.value], {
      y: (value) => value, text: () => mark.label, frameAnchor: "left", textAnchor: "start", dx: 4, dy: -7,
      fill: "var(--gaia-ink)", stroke: "var(--gaia-bg)", strokeWidth: 4,
    }),
  ];
}
