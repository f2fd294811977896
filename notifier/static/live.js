// A stream of releases on a second screen. The page is whole without it, and then loads itself anew.
"use strict";

(() => {
  const live = document.querySelector(".live");
  if (!live || !window.EventSource) return;
  const words = live.dataset;
  const wire = document.getElementById("wire");
  const state = document.getElementById("state");
  const news = document.getElementById("news");
  const when = document.getElementById("when");
  const empty = document.getElementById("empty");
  const skeleton = document.getElementById("item").content;
  const most = Number(words.most);
  const fresh = 60_000; // how long something new stays marked, and something withdrawn stays struck
  const again = 30_000; // after a refusal, which browsers take for final
  let last = ""; // the number of the last event, to go on from after a refusal

  const say = (text, lamp) => {
    live.dataset.lamp = lamp;
    if (state.textContent !== text) state.textContent = text;
  };
  const form = (options) => new Intl.DateTimeFormat(words.language === "en" ? "en-GB" : words.language, options);
  const day = form({ dateStyle: "long", timeZone: "UTC" });
  const local = form({ dateStyle: "long", timeZone: words.zone });
  const hour = form({ timeStyle: "short", timeZone: words.zone });
  const clock = form({ timeStyle: "medium", timeZone: words.zone });

  const told = (at) => (at.getTime() % 86_400_000 ? `${local.format(at)}, ${hour.format(at)}` : day.format(at));
  const find = (id) => [...wire.children].find((row) => row.dataset.id === id);
  const touch = () => {
    when.hidden = false;
    const now = new Date();
    when.querySelector("time").dateTime = now.toISOString();
    when.querySelector("time").textContent = clock.format(now);
    empty.hidden = wire.children.length > 0;
  };
  const web = (address) => (/^https?:\/\//i.test(address || "") ? address : "");

  const draw = (item, badge) => {
    const row = skeleton.cloneNode(true).firstElementChild;
    row.dataset.id = item.id;
    const mark = row.querySelector(".badge");
    if (badge) mark.textContent = badge;
    else mark.remove();
    const at = new Date(item.date_published);
    row.querySelector("time").dateTime = item.date_published;
    row.querySelector("time").textContent = told(at);
    const labels = (item.tags || []).join(", ");
    row.querySelector(".labels").textContent = labels ? `· ${labels}` : "";
    const title = row.querySelector("h2");
    title.lang = item.language || "";
    title.firstElementChild.textContent = item.title;
    if (web(item.url)) title.firstElementChild.href = item.url;
    const text = item.content_text === item.title ? "" : item.content_text || "";
    const summary = row.querySelector(".summary");
    summary.lang = item.language || "";
    summary.textContent = text.length > 280 ? `${text.slice(0, 277)}…` : text;
    if (!text) summary.remove();
    return row;
  };
  const corrected = (item) => (item._herald && item._herald.corrected_at ? words.wordsCorrected : "");
  const highlight = (row, badge) => {
    row.classList.add("fresh");
    setTimeout(() => {
      row.classList.remove("fresh");
      if (badge) row.querySelector(".badge")?.remove();
    }, fresh);
  };
  const announce = (badge, title) => { news.textContent = `${badge}: ${title}`; };

  const release = (item) => {
    find(item.id)?.remove();
    const row = draw(item, words.wordsNew);
    wire.prepend(row);
    highlight(row, true);
    while (wire.children.length > most) wire.lastElementChild.remove();
    announce(words.wordsNew, item.title);
  };
  // What is not on the screen any more is too old for it, unless it was corrected.
  const renew = (item, badge, loud) => {
    const before = find(item.id);
    const row = draw(item, badge);
    if (before) before.replaceWith(row);
    else if (loud) wire.prepend(row);
    if (loud) {
      highlight(row, false);
      announce(badge, item.title);
    }
  };
  const leave = (item, badge) => {
    const row = find(item.id);
    if (!row || row.classList.contains("gone")) return;
    row.classList.add("gone");
    row.querySelector(".badge")?.remove();
    const mark = document.createElement("b");
    mark.className = "badge";
    mark.textContent = badge;
    row.querySelector(".meta").prepend(mark, " ");
    const title = row.querySelector("h2");
    const struck = document.createElement("del");
    struck.textContent = title.textContent;
    title.replaceChildren(struck);
    row.querySelector(".summary")?.remove();
    announce(badge, struck.textContent);
    setTimeout(() => { row.remove(); touch(); }, fresh);
  };

  const handle = {
    release,
    correction: (item) => renew(item, corrected(item) || words.wordsChanged, true),
    change: (item) => renew(item, corrected(item), false),
    withdrawal: (item) => leave(item, words.wordsWithdrawn),
    removal: (item) => leave(item, words.wordsRemoved),
    reset: (all) => wire.replaceChildren(...all.items.slice(0, most).map((item) => draw(item, corrected(item)))),
  };

  const listen = () => {
    const address = new URL(words.events, location.href);
    if (last) address.searchParams.set("last-event-id", last);
    const stream = new EventSource(address);
    stream.onopen = () => say(words.wordsLive, "on");
    stream.onerror = () => {
      if (stream.readyState !== EventSource.CLOSED) return say(words.wordsLost, "off");
      say(words.wordsRefused, "off");
      setTimeout(listen, again);
    };
    for (const [kind, act] of Object.entries(handle)) {
      stream.addEventListener(kind, (event) => {
        last = event.lastEventId;
        act(JSON.parse(event.data));
        touch();
      });
    }
  };
  listen();
})();
