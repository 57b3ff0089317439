// The waiting page: the steps of a start as the hub tells them, the time so far, and the way out.
"use strict";
{
  const page = document.getElementById("waiting");
  const words = page.dataset;
  const digits = new Intl.NumberFormat(words.lang === "fr" ? "fr-FR" : "en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const seconds = (value) => words.unit.replace("{seconds}", digits.format(value));
  const clock = (value) => `${Math.floor(value / 60)}:${String(Math.floor(value % 60)).padStart(2, "0")}`;
  const $ = (id) => document.getElementById(id);
  let state = JSON.parse(words.state);
  let told = performance.now();
  let ended = false;

  const elapsed = () => state.elapsed + (performance.now() - told) / 1000;

  function draw() {
    for (const row of state.steps) {
      const line = page.querySelector(`[data-step="${row.name}"]`);
      if (!line) continue;
      const done = row.seconds !== null;
      const now = row.name === state.now;
      line.classList.toggle("is-done", done);
      line.classList.toggle("is-now", now);
      if (now) line.setAttribute("aria-current", "step");
      else line.removeAttribute("aria-current");
      if (done) line.querySelector(".gaia-num").textContent = seconds(row.seconds);
    }
  }

  function tick() {
    if (ended) return;
    const so_far = elapsed();
    const pattern = state.half ? words.usually : words.sofar;
    $("sofar").textContent = pattern.replace("{elapsed}", clock(so_far)).replace("{usual}", clock(state.half || 0));
    const now = page.querySelector(`[data-step="${state.now}"] .gaia-num`);
    if (now) now.textContent = seconds(Math.max(0, so_far - state.since));
    const bar = $("bar");
    if (bar) {
      const part = Math.min(100, (100 * so_far) / Math.max(state.most, 0.1));
      bar.setAttribute("width", `${part.toFixed(1)}%`);
      $("meter").setAttribute("aria-valuenow", Math.round(part));
      $("meter").setAttribute("aria-valuetext", $("sofar").textContent);
    }
  }

  function trouble(text) {
    $("trouble").textContent = text;
    $("trouble").hidden = !text;
  }

  const events = new EventSource(words.progress);
  events.onopen = () => trouble("");
  events.onerror = () => ended || trouble(words.lost);
  events.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.gaia) {
      state = event.gaia;
      told = performance.now();
      draw();
      const last = state.steps.filter((row) => row.seconds !== null).at(-1);
      const line = last && page.querySelector(`[data-step="${last.name}"] span`);
      if (line) $("said").textContent = line.textContent;
    }
    const said = event.message || event.html_message;
    if (said) $("messages").textContent += `${new Date().toLocaleTimeString(words.lang)}  ${said}\n`;
    if (event.ready || event.failed) {
      ended = true;
      events.close();
      if (event.failed) {
        trouble(words.failed);
        $("details").open = true;
      }
      // The hub's page says why, or leads into the lab.
      location.reload();
    }
  };

  $("cancel").addEventListener("click", async () => {
    const button = $("cancel");
    button.disabled = true;
    button.textContent = words.stopping;
    const answer = await fetch(words.stop, { method: "DELETE" }).catch(() => null);
    if (answer && answer.ok) {
      ended = true;
      events.close();
      location.assign(words.home);
    } else {
      button.disabled = false;
      trouble(words.lost);
    }
  });

  draw();
  tick();
  setInterval(tick, 250);
}
