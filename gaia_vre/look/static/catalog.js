// The catalog's pages: results as one types, a box drawn on the map, text copied. Everything works without it too.
"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  document.documentElement.classList.add("gaia-scripted");

  const copyButtons = () => {
    for (const button of all("[data-copy]")) {
      button.hidden = !navigator.clipboard;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        const words = button.textContent;
        button.textContent = button.dataset.done;
        setTimeout(() => { button.textContent = words; }, 2000);
      });
    }
  };

  const form = one("#search");
  copyButtons();
  if (!form) return;

  // On a narrow window filters and map slide in; without this script they stand below the results.
  for (const part of all("[data-fold]")) part.classList.add("offcanvas-xl", part.dataset.fold);

  // ---- Results as one types ---------------------------------------------------------------------
  const SWAPPED = ["results", "facets", "also", "clear"];
  let asked = new AbortController();
  let waiting = 0;

  const address = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value && !(name === "sort" && value === "best")) query.append(name, value);
    const text = query.toString();
    return form.getAttribute("action") + (text ? `?${text}` : "");
  };

  const show = (page) => {
    const held = document.activeElement && document.activeElement.id;
    const unfolded = new Set(all("#facets details[open]").map((fold) => one("legend", fold.parentElement).textContent));
    for (const id of SWAPPED) {
      const fresh = page.getElementById(id), old = document.getElementById(id);
      if (fresh && old) old.replaceWith(document.adoptNode(fresh));
    }
    for (const fold of all("#facets details")) fold.open = unfolded.has(one("legend", fold.parentElement).textContent);
    if (held && document.activeElement.id !== held) document.getElementById(held)?.focus();
    map?.extents();
  };

  const search = async ({ keep = true, target = address() } = {}) => {
    asked.abort();
    asked = new AbortController();
    one("#results").setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(target, { signal: asked.signal, headers: { Accept: "text/html", "X-XSRFToken": form.dataset.proof } });
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!page.getElementById("results")) throw new Error("signed out");
      show(page);
      if (keep) history.replaceState(null, "", target);
    } catch (problem) {
      if (problem.name !== "AbortError") location.assign(target);
    }
  };

  const soon = (wait) => { clearTimeout(waiting); waiting = setTimeout(search, wait); };
  const ours = (field) => field.form === form;
  document.addEventListener("input", (event) => {
    if (ours(event.target)) {
      if (event.target.id.startsWith("b-")) map?.box();
      soon(event.target.type === "checkbox" || event.target.tagName === "SELECT" ? 0 : 250);
    }
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); soon(0); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#clear");
    if (!link) return;
    event.preventDefault();
    setBox(null);
  });

  // ---- Map --------------------------------------------------------------------------------------
  const SIDES = ["north", "south", "west", "east"];
  const field = (side) => document.getElementById(`b-${side}`);
  const degrees = (text) => (text.trim() === "" ? NaN : Number(text.trim().replace(",", ".").replace("\u2212", "-")));
  const around = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;

  const setBox = (box) => {
    for (const side of SIDES) field(side).value = box ? String(Math.round(box[side] * 100) / 100) : "";
    map?.box();
    soon(0);
  };

  const makeMap = () => {
    const place = one("#map");
    const L = window.L;
    if (!place || !L) return null;
    one("#still").hidden = true;
    const canvas = document.createElement("div");
    canvas.className = "gaia-leaflet";
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", place.dataset.label);
    place.append(canvas);
    const leaflet = L.map(canvas, { crs: L.CRS.EPSG4326, attributionControl: false, zoomControl: false, minZoom: -1, maxZoom: 8, zoomSnap: 0.05, zoomDelta: 0.5, maxBounds: [[-100, -360], [100, 360]], maxBoundsViscosity: 0.6 });
    L.control.zoom({ zoomInTitle: place.dataset.zoomIn, zoomOutTitle: place.dataset.zoomOut }).addTo(leaflet);
    const world = [[-75, -180], [84, 180]];
    leaflet.fitBounds(world);
    for (const name of ["land", "extents", "box"]) leaflet.createPane(name);
    const found = L.layerGroup().addTo(leaflet);
    const drawn = L.layerGroup().addTo(leaflet);
    const turns = [-360, 0, 360];

    fetch(place.dataset.land).then((answer) => answer.json()).then((land) => {
      for (const turn of turns) {
        L.geoJSON(land, { pane: "land", interactive: false, style: () => ({ className: "gaia-land" }), coordsToLatLng: ([x, y]) => L.latLng(y, x + turn) }).addTo(leaflet);
      }
    }).catch(() => {});

    const corners = ({ north, south, west, east }, turn = 0) => [[south, west + turn], [north, (east < west ? east + 360 : east) + turn]];
    const typed = () => {
      const box = Object.fromEntries(SIDES.map((side) => [side, degrees(field(side).value)]));
      const whole = Object.values(box).every(Number.isFinite) && box.south <= box.north && box.north <= 90 && box.south >= -90 && Math.abs(box.west) <= 180 && Math.abs(box.east) <= 180;
      return whole ? box : null;
    };

    const extents = () => {
      found.clearLayers();
      let rows = [];
      try { rows = JSON.parse(one("#extents").textContent); } catch { /* none */ }
      for (const { title, href, pole, box: [west, south, east, north] } of rows) {
        for (const turn of turns) {
          const style = { pane: "extents", className: `gaia-extent gaia-${pole}` };
          const small = Math.abs(east - west) < 0.5 && north - south < 0.5;
          const shape = small ? L.circleMarker([(south + north) / 2, (west + east) / 2 + turn], { ...style, radius: 5 }) : L.rectangle(corners({ north, south, west, east }, turn), style);
          shape.bindTooltip(document.createTextNode(title).textContent.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]), { sticky: true });
          shape.on("click", () => { if (!drawing) location.assign(href); });
          found.addLayer(shape);
        }
      }
    };
    const box = () => {
      drawn.clearLayers();
      const wanted = typed();
      if (wanted) for (const turn of turns) drawn.addLayer(L.rectangle(corners(wanted, turn), { pane: "box", interactive: false, className: "gaia-box" }));
      return wanted;
    };

    // Drawing: one press, one drag, with a mouse, a pen or a finger.
    const button = one("#draw");
    const words = button.textContent;
    let drawing = false, start = null, sketch = null;
    button.hidden = false;
    const stop = () => {
      drawing = false; start = null; sketch?.remove(); sketch = null;
      canvas.classList.remove("is-drawing");
      button.setAttribute("aria-pressed", "false");
      button.textContent = words;
      leaflet.dragging.enable();
    };
    button.addEventListener("click", () => {
      if (drawing) { stop(); return; }
      drawing = true;
      canvas.classList.add("is-drawing");
      button.setAttribute("aria-pressed", "true");
      button.textContent = button.dataset.drawing;
      leaflet.dragging.disable();
    });
    const at = (event) => leaflet.mouseEventToLatLng(event);
    canvas.addEventListener("pointerdown", (event) => {
      if (!drawing || event.target.closest(".leaflet-control")) return;
      event.preventDefault();
      event.stopPropagation();
      canvas.setPointerCapture(event.pointerId);
      start = at(event);
    }, true);
    canvas.addEventListener("pointermove", (event) => {
      if (!start) return;
      const bounds = L.latLngBounds(start, at(event));
      sketch ? sketch.setBounds(bounds) : (sketch = L.rectangle(bounds, { pane: "box", interactive: false, className: "gaia-box" }).addTo(leaflet));
    }, true);
    canvas.addEventListener("pointerup", (event) => {
      if (!start) return;
      const bounds = L.latLngBounds(start, at(event));
      const wide = bounds.getEast() - bounds.getWest();
      stop();
      if (wide < 0.01) return;
      const clamp = (latitude) => Math.max(-90, Math.min(90, latitude));
      const whole = wide >= 360;
      setBox({ north: clamp(bounds.getNorth()), south: clamp(bounds.getSouth()), west: whole ? -180 : around(bounds.getWest()), east: whole ? 180 : around(bounds.getEast()) });
      button.focus();
    }, true);
    canvas.addEventListener("pointercancel", stop, true);
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && drawing) stop(); });

    const fit = () => {
      leaflet.invalidateSize();
      const wanted = box();
      leaflet.fitBounds(wanted ? L.latLngBounds(corners(wanted)).pad(0.35) : world, { animate: false });
    };
    one("#where").addEventListener("shown.bs.offcanvas", fit);
    extents();
    fit();
    return { extents, box };
  };
  const map = makeMap();
})();
