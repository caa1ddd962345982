// What people write: filters that leave empty fields out of the address, two charts under one crosshair, a map whose lines
// light up with the node that is pointed at or focused. Everything works without it, except the charts, which have a table.
"use strict";
(() => {
  // An address says what is asked for and nothing else.
  document.addEventListener("htmx:configRequest", (event) => {
    const form = event.detail.elt.closest?.("form[data-tidy]");
    if (!form || event.detail.verb !== "get") return;
    for (const [name, value] of [...event.detail.formData.entries()]) if (!value) event.detail.formData.delete(name);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-tidy]")) return;
    event.target.querySelectorAll("input, select").forEach((field) => { if (!field.value) field.disabled = true; });
    setTimeout(() => event.target.querySelectorAll("input, select").forEach((field) => { field.disabled = false; }), 0);
  });
  // A push fetches what the address says now, not what it said when the page was loaded.
  document.addEventListener("htmx:pushedIntoHistory", () => {
    document.querySelectorAll("main [data-live-url]").forEach((section) => { section.dataset.liveUrl = location.pathname + location.search; });
  });

  function light(map, side, key) {
    const lines = [...map.querySelectorAll(".map-lines path")];
    lines.forEach((line) => line.classList.toggle("lit", key !== null && line.dataset[side] === key));
    map.classList.toggle("lighting", key !== null);
  }
  const pointed = (event, out) => {
    const map = event.target.closest?.("[data-map]");
    if (!map) return;
    const node = out ? null : event.target.closest(".map-node");
    if (!node) { light(map, "left", null); return; }
    const left = node.dataset.nodeLeft !== undefined;
    light(map, left ? "left" : "right", left ? node.dataset.nodeLeft : node.dataset.nodeRight);
  };
  document.addEventListener("mouseover", (event) => pointed(event, false));
  document.addEventListener("focusin", (event) => pointed(event, false));
  document.addEventListener("mouseout", (event) => { if (event.target.closest?.(".map-node")) pointed(event, true); });
  document.addEventListener("focusout", (event) => pointed(event, true));

  const holder = document.querySelector("[data-series]");
  if (!holder) return;
  const readout = document.getElementById("readout");
  const empty = document.querySelector("[data-charts-empty]");
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const times = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const signed = (value) => (value === null ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`);
  const whole = (value) => (value === null ? "–" : String(Math.round(value * 10) / 10));
  const LINES = {
    sentiment: [["unified", "--text", 2.4], ["twitter", "--line-twitter", 1.3], ["reddit", "--line-reddit", 1.3], ["news", "--line-news", 1.3], ["options", "--line-options", 1.3]],
    mentions: [["mentions", "--text", 2], ["expected", "--line-expected", 1.4]],
  };
  const NAMES = { unified: "all", twitter: "X", reddit: "Reddit", news: "news", options: "options" };
  let plots = [];
  let data = null;

  const height = (name) => (innerWidth < 768 ? 130 : name === "sentiment" ? 210 : 150);

  function say(place) {
    const words = [`${times.format(new Date(data.t[place] * 1000))} ET`];
    Object.entries(NAMES).forEach(([name, title]) => words.push(`${title} ${signed(data[name][place])}`));
    words.push(`mentions ${whole(data.mentions[place])}, expected ${whole(data.expected[place])}`);
    readout.textContent = words.join(" · ");
  }

  function options(name, width, from, to) {
    const axis = { stroke: tone("--soft"), grid: { stroke: tone("--line"), width: 1 }, ticks: { stroke: tone("--line") } };
    const series = LINES[name].map(([label, colour, thick]) => ({
      label, stroke: tone(colour), width: thick, spanGaps: false, dash: label === "expected" ? [5, 4] : undefined,
      points: { show: (plot, place) => data.t.length < 60 && data[label].filter((value) => value !== null).length < 60, size: 5 },
    }));
    return {
      width, height: height(name), legend: { show: false }, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "America/New_York"),
      scales: { x: { range: () => [from, to] }, y: name === "sentiment" ? { range: [-1, 1] } : { range: (plot, low, high) => [0, Math.max(high || 0, 1) * 1.05] } },
      axes: [axis, { ...axis, size: 52, values: (_, ticks) => ticks.map((value) => (name === "sentiment" ? signed(value) : String(value))) }],
      series: [{ label: "ET" }, ...series],
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: "social", scales: ["x", null] } },
      hooks: { setCursor: [(plot) => { if (name === "sentiment" && plot.cursor.idx != null && plot.cursor.left >= 0) say(plot.cursor.idx); }] },
    };
  }

  function paint() {
    plots.forEach((plot) => plot.destroy());
    plots = [];
    const known = data.t.some((_, place) => data.unified[place] !== null || data.mentions[place] !== null);
    empty.hidden = known;
    holder.hidden = !known;
    if (!known) { readout.textContent = "–"; return; }
    let [from, to] = [data.t[0], data.t[data.t.length - 1]];
    if (from === to) [from, to] = [from - 43200, to + 43200];
    holder.querySelectorAll("[data-plot]").forEach((node) => {
      const columns = [data.t, ...LINES[node.dataset.plot].map(([label]) => data[label])];
      plots.push(new uPlot(options(node.dataset.plot, node.clientWidth, from, to), columns, node));
    });
    say(data.t.length - 1);
  }

  async function draw() {
    const answer = await fetch(holder.dataset.series, { credentials: "same-origin" });
    if (!answer.ok) return;
    data = await answer.json();
    paint();
    holder.dataset.drawn = String(data.t.length);
  }

  holder.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12 };
    const first = plots[0];
    if (!first || (!(event.key in steps) && event.key !== "Home" && event.key !== "End")) return;
    event.preventDefault();
    const last = data.t.length - 1;
    const here = first.cursor.idx != null && first.cursor.left >= 0 ? first.cursor.idx : last;
    const place = event.key === "Home" ? 0 : event.key === "End" ? last : Math.min(Math.max(here + steps[event.key], 0), last);
    first.setCursor({ left: first.valToPos(data.t[place], "x"), top: 10 }, true, true);
    say(place);
  });
  document.addEventListener("live:swapped", (event) => { if (event.target.id === "symbol") draw(); });
  addEventListener("resize", () => plots.forEach((plot) => plot.setSize({ width: plot.root.parentElement.clientWidth, height: height(plot.root.parentElement.dataset.plot) })));
  new MutationObserver(() => { if (data) paint(); }).observe(document.documentElement, { attributeFilter: ["data-theme", "data-palette"] });
  draw();
})();
