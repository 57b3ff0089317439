// Draws the plots of a page from the numbers that stand beside them; without scripts the tables remain, open.
import { burn } from "./burn.js";
import { columns } from "./columns.js";
import { reading } from "./reading.js";

const DRAWN = { burn, columns };
const NARROWEST = 260;

for (const place of document.querySelectorAll(".gaia-chart")) {
  const data = JSON.parse(place.querySelector("script").textContent);
  const canvas = document.createElement("div");
  place.hidden = false;
  const said = reading(place, canvas, data, place.dataset.label);
  let drawn = 0;
  const draw = () => {
    const width = Math.max(NARROWEST, Math.floor(place.clientWidth));
    if (width === drawn) return;
    drawn = width;
    const { svg, points } = DRAWN[data.kind](data, width);
    // The library's own style element is what the policy of these pages forbids; gaia.css says the same.
    svg.querySelector("style")?.remove();
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("focusable", "false");
    canvas.replaceChildren(svg);
    said.over(svg, points);
  };
  new ResizeObserver(draw).observe(place);
  draw();
  const table = place.closest("figure").querySelector("details");
  if (table) {
    table.open = false;
    window.addEventListener("beforeprint", () => { table.open = true; });
  }
}
