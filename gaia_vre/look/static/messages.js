// Messages that come while a page is open: one stream while the page is in sight, resumed from the last message on.
"use strict";
(() => {
  const news = document.getElementById("news");
  if (!news || !window.ReadableStream) return;
  const { stream, read, proof } = news.dataset;
  const away = document.getElementById("news-away"), unread = document.getElementById("unread");
  const FIRST_WAIT = 1000, LONGEST_WAIT = 60000, HIDDEN_FOR = 30000, SILENT_FOR = 75000;
  let last = news.dataset.last, open = null, wait = FIRST_WAIT, leaving = 0, failed = 0;

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
    if (kind === "message" && data) show(JSON.parse(data));
    if (id) last = id;
  };

  const listen = async () => {
    if (open || document.visibilityState !== "visible") return;
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
    if (!again) return;
    // Pages that lost the service together shall not come back together.
    setTimeout(listen, wait * (0.5 + Math.random() / 2));
    wait = Math.min(LONGEST_WAIT, wait * 2);
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.visibilityState === "visible") listen();
    else leaving = setTimeout(() => open && open.abort(), HIDDEN_FOR);
  });
  addEventListener("pagehide", () => open && open.abort());
  // The page itself comes first.
  const begin = () => setTimeout(listen, FIRST_WAIT);
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
})();
