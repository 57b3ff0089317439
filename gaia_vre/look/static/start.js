// The start form: what fits on the chosen account, what this start would cost, and the last one again.
"use strict";
{
  const form = document.getElementById("spawn_form");
  const data = document.getElementById("gaia-offers");
  if (form && data) run(form, JSON.parse(data.textContent));

  function run(form, { offers, again, usual, day, seconds, pattern, lang }) {
    const $ = (id) => document.getElementById(id);
    const short = new Intl.NumberFormat(lang === "fr" ? "fr-FR" : "en-GB", { maximumFractionDigits: 2 });
    const chosen = (name) => form.querySelector(`input[name="${name}"]:checked`);
    const text = (input, selector) => input?.closest("label").querySelector(selector)?.textContent.trim() ?? "";

    function row(id, value) {
      const cell = $(id);
      cell.textContent = value;
      cell.hidden = !value;
      cell.previousElementSibling.hidden = !value;
    }

    function sizes(mine) {
      for (const input of form.querySelectorAll('input[name="size"]')) {
        const offer = mine[input.value];
        if (!offer) continue;
        const label = input.closest("label");
        const why = label.querySelector(".why");
        why.textContent = offer.why;
        why.classList.toggle("gaia-muted", offer.fits);
        const price = label.querySelector(".price");
        if (price) price.textContent = pattern.replace("{credits}", short.format(offer.credits));
      }
    }

    function bars(offer, payer) {
      for (const svg of form.querySelectorAll("svg[data-one]")) {
        const label = svg.closest("label");
        const input = label.querySelector("input");
        const price = input === payer && offer ? offer.credits * 8 * Number(svg.dataset.one) : 0;
        const room = 100 - Number(svg.dataset.from);
        svg.querySelector(".ask").setAttribute("width", `${Math.max(0, Math.min(room, price)).toFixed(2)}%`);
        const line = label.querySelector(".day");
        if (line) line.textContent = price ? day : "";
      }
    }

    function draw() {
      const payer = chosen("account");
      const size = chosen("size");
      const mine = (payer && offers[payer.value]) || {};
      const offer = size && mine[size.value];
      sizes(mine);
      bars(offer, payer);
      const named = `${text(size, ".gaia-strong")}, ${text(size, ".spec")}`;
      row("sum-size", named);
      row("sum-payer", text(payer, ".called"));
      row("sum-price", offer ? offer.price : "");
      row("sum-lasts", offer && offer.fits ? offer.lasts : "");
      row("sum-usual", usual ? seconds.replace("{seconds}", usual) : "");
      $("sum-short").textContent = [named, text(payer, ".called"), offer?.price].filter(Boolean).join(" · ");
    }

    document.documentElement.classList.add("gaia-scripted");
    if (again) {
      $("again").href = again;
      $("again").hidden = false;
    }
    form.addEventListener("change", draw);
    form.addEventListener("submit", () => {
      form.querySelector("button[type=submit]").disabled = true;
    });
    draw();
  }
}
