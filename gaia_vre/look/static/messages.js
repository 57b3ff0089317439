// Messages that come while a page is open, resumed from the last message on. One page or lab of a browser holds the
// stream, by a lock, and tells the others that something came: each of them asks for it itself, so that nobody's word is
// taken for the service's. When the one that holds it goes, the next in the queue goes on from what it had last.
"use strict";
(() => {
  const news = document.getElementById("news");
  if (!news || !window.ReadableStream) return;
  const { stream, read, proof, user } = news.dataset;
  const away = document.getElementById("news-away"), unread = document.getElementById("unread");
  const FIRST_WAIT = 1000, LONGEST_WAIT = 60000, HIDDEN_FOR = 30000, SILENT_FOR = 75000;
  const NAME = `gaia-messages:${user}`, floor = Number(news.dataset.last), seen = new Set();
  const others = window.BroadcastChannel ? new BroadcastChannel(NAME) : null;
  let last = news.dataset.last, open = null, wait = FIRST_WAIT, leaving = 0, failed = 0, queued = null, leading = false;

  // ---- What a message looks like: texts are set as texts, links lead to our own pages ------------
  const filled = (template, message, text) => {
    const part = document.getElementById(template).content.firstElementChild.cloneNode(true);
    part.dataset.message = message.id;
    part.querySelector("[data-title]").textContent = message.title;
    part.querySelector("[data-text]").textContent = text;
    part.querySelector("[name=number]").value = message.id;
    const link = part.querySelector("[data-link]");
    if (message.link && message.link.startsWith("/services/gaia/")) {
      link.href = message.link;
      link.textContent = message.link_words;
      link.hidden = false;
    }
    return part;
  };

  const notice = (message) => {
    const part = filled("news-notice", message, message.text);
    part.classList.add("gaia-notice");
    if (["warn", "bad"].includes(message.severity)) part.classList.add(`gaia-notice-${message.severity}`);
    part.dataset.severity = message.severity;
    part.dataset.when = message.time;
    return part;
  };

  // What stood at the top goes down into the list.
  const shown = (part) => {
    const link = part.querySelector("[data-link]");
    return {
      id: part.dataset.message, severity: part.dataset.severity, time: part.dataset.when,
      title: part.querySelector("[data-title]").textContent, text: part.querySelector("[data-text]").textContent,
      link: link.hidden ? null : link.getAttribute("href"), link_words: link.textContent,
    };
  };

  const row = (message) => {
    const part = filled("news-row", message, message.text ? ` · ${message.text}` : "");
    part.querySelector("[data-time]").textContent = message.time;
    if (["warn", "bad"].includes(message.severity)) part.querySelector("[data-title]").classList.add(`gaia-state-${message.severity}`);
    return part;
  };

  // What runs or is left has changed: these parts of the page are asked for anew.
  const CHANGING = ["ended", "request-granted", "budget-used-up"], PARTS = ["running", "hold", "left"];
  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-XSRFToken": proof } }).catch(() => null);
    if (!answer || !answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of PARTS) {
      const old = document.getElementById(id)?.closest("section"), fresh = page.getElementById(id)?.closest("section");
      if (old && fresh && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(fresh));
    }
  };

  const show = (message) => {
    if (seen.has(message.id)) return;
    seen.add(message.id);
    if (CHANGING.includes(message.kind)) setTimeout(refresh, FIRST_WAIT);
    if (message.read || document.querySelector(`[data-message="${Number(message.id)}"]`)) return;
    const before = news.querySelector("[data-message]");
    if (before && unread) {
      unread.querySelector("[data-rows]").prepend(row(shown(before)));
      unread.hidden = false;
    }
    news.replaceChildren(notice(message));
  };

  // ---- Put away without leaving the page --------------------------------------------------------
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-read]");
    if (!form) return;
    event.preventDefault();
    const part = form.closest("[data-message]");
    const answer = await fetch(`${read}${Number(part.dataset.message)}/read`, { method: "POST", headers: { "X-XSRFToken": proof } }).catch(() => null);
    if (!answer || !answer.ok) { form.submit(); return; }
    const next = (part.nextElementSibling || part.previousElementSibling || document.getElementById("main")).querySelector("button, a, h1");
    part.remove();
    if (unread && !unread.querySelector("[data-message]")) unread.hidden = true;
    if (next) next.focus();
  });

  // ---- The stream -------------------------------------------------------------------------------
  const take = (block) => {
    let kind = "message", data = "", id = "";
    for (const line of block.split("\n")) {
      if (line.startsWith("id: ")) id = line.slice(4);
      else if (line.startsWith("event: ")) kind = line.slice(7);
      else if (line.startsWith("data: ")) data += line.slice(6);
    }
    if (kind === "message" && data) {
      show(JSON.parse(data));
      if (others) others.postMessage(Number(id));
    }
    if (id) last = id;
  };

  // What another page was told: asked for, never taken from it.
  let asking = Promise.resolve();
  const catchUp = async () => {
    if (leading || document.visibilityState !== "visible") return;
    const language = new URL(stream, location.href).search;
    const answer = await fetch(`${read.replace(/\/$/, "")}${language}`, { headers: { "X-XSRFToken": proof }, cache: "no-store" }).catch(() => null);
    if (!answer || !answer.ok) return;
    const fresh = (await answer.json()).filter((one) => one.id > floor).sort((one, other) => one.id - other.id);
    fresh.forEach(show);
    if (fresh.length) last = String(Math.max(Number(last), fresh.at(-1).id));
  };
  const ask = () => { asking = asking.then(catchUp, catchUp); };
  if (others) others.onmessage = ask;

  // ---- Whose turn it is -------------------------------------------------------------------------
  const queue = () => {
    if (queued || document.visibilityState !== "visible") return;
    if (!navigator.locks) { listen(); return; }  // not a secure context: each page for itself
    const mine = queued = new AbortController();
    const turn = async () => {
      leading = true;
      while (!mine.signal.aborted && await listen()) await new Promise((done) => { mine.wake = done; setTimeout(done, pause()); });
      leading = false;
      if (queued === mine && mine.signal.aborted) queued = null;
    };
    navigator.locks.request(NAME, { signal: mine.signal }, turn).catch(() => undefined);
    setTimeout(ask, FIRST_WAIT);
  };
  const leave = () => {
    if (!queued) return;
    queued.abort();
    if (queued.wake) queued.wake();
    if (open) open.abort();
    queued = null;
  };
  // Pages that lost the service together shall not come back together.
  const pause = () => {
    const now = wait * (0.5 + Math.random() / 2);
    wait = Math.min(LONGEST_WAIT, wait * 2);
    return now;
  };

  // Listen once; say whether to listen again.
  const listen = async () => {
    const mine = open = new AbortController();
    let alarm = 0;
    const heard = () => { clearTimeout(alarm); alarm = setTimeout(() => mine.abort(), SILENT_FOR); };
    heard();
    let again = true;
    try {
      const answer = await fetch(stream, { headers: { "Last-Event-ID": last, "X-XSRFToken": proof, Accept: "text/event-stream" }, cache: "no-store", signal: mine.signal });
      again = ![401, 403, 404].includes(answer.status);  // signed out: the page has to be opened anew
      if (!answer.ok) throw new Error(answer.statusText);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ;) {
        const { value, done } = await reader.read();
        if (done) break;
        heard();
        failed = 0;
        wait = FIRST_WAIT;
        if (away) away.hidden = true;
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        blocks.forEach(take);
      }
    } catch (error) {
      if (!mine.signal.aborted) failed += 1;
    }
    clearTimeout(alarm);
    if (open === mine) open = null;
    if (away) away.hidden = !(again && failed > 1);
    if (again && !navigator.locks && document.visibilityState === "visible") setTimeout(() => open || listen(), pause());
    return again;
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.visibilityState !== "visible") { leaving = setTimeout(() => { leave(); if (open) open.abort(); }, HIDDEN_FOR); return; }
    if (queued) ask();
    else if (!open) queue();
  });
  addEventListener("pagehide", () => { leave(); if (open) open.abort(); });
  addEventListener("pageshow", (event) => event.persisted && queue());
  // The page itself comes first.
  const begin = () => setTimeout(queue, FIRST_WAIT);
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
})();
