// The charts of the crypto regime: four plots of one axis of time under one crosshair, spans in the address, figures in
// words beside them. Dashed lines are estimated totals; a gap stays a gap.
"use strict";
(() => {
  const holder = document.querySelector("[data-series]");
  if (!holder) return;
  const readout = document.getElementById("readout");
  const empty = document.querySelector("[data-charts-empty]");
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const grouped = (digits) => new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
  const days = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const PLOTS = {
    price: { write: (value) => `$${grouped(0).format(value)}`, tick: (value) => short.format(value) },
    dominance: { write: (value) => `${grouped(1).format(value)} %`, tick: (value) => grouped(0).format(value) },
    strength: { write: (value) => short.format(value), tick: (value) => short.format(value) },
    confidence: { write: (value) => `${value} of 100`, tick: (value) => String(value) },
  };
  const NAMES = { price: "BTC", dominance: "dominance", strength: "alt strength", confidence: "confidence" };
  const WORDS = (name) => name.replaceAll("_", " ").toLowerCase().replace("btc", "BTC");
  let plots = [];
  let data = null;
  let asked = 0;

  const LAST = "confidence"; // the dates stand once, below all of them
  const height = (name) => (innerWidth < 768 ? 120 : 150) + (name === LAST ? 30 : 0);

  // The same values twice: what was reported, and dashed what was estimated; a line goes on from one to the other.
  function split(values, estimated) {
    const near = (place) => estimated[place] || estimated[place + 1] || estimated[place - 1];
    return [values.map((value, place) => (estimated[place] ? null : value)), values.map((value, place) => (near(place) ? value : null))];
  }

  function bands(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.globalAlpha = 0.13;
    data.at.forEach((from, place) => {
      const until = place + 1 < data.at.length ? data.at[place + 1] : from;
      if (until - from > 3 * 86400) return; // no analysis for days is no regime for days
      const [left, right] = [from, until].map((at) => Math.min(Math.max(plot.valToPos(at, "x", true), bbox.left), bbox.left + bbox.width));
      ctx.fillStyle = tone(`--regime-${data.regime[place].toLowerCase()}`);
      ctx.fillRect(left, bbox.top, Math.max(right - left, 1), bbox.height);
    });
    ctx.restore();
  }

  function nearest(times, at, within) {
    let best = -1;
    times.forEach((time, place) => {
      if (Math.abs(time - at) <= within && (best < 0 || Math.abs(time - at) < Math.abs(times[best] - at))) best = place;
    });
    return best;
  }

  function say(at) {
    const place = nearest(data.t, at, 86400 * 1.5);
    const judged = nearest(data.at, at, 86400 * 1.5);
    const words = [days.format(new Date(at * 1000)) + " UTC"];
    ["price", "dominance", "strength"].forEach((name) => {
      const value = place < 0 ? null : data[name][place];
      words.push(`${NAMES[name]} ${value === null ? "–" : PLOTS[name].write(value)}`);
    });
    if (place >= 0 && data.estimated[place]) words.push("total estimated");
    words.push(judged < 0 ? "no regime" : `${WORDS(data.regime[judged])}, ${WORDS(data.permission[judged])}, confidence ${data.confidence[judged]}${data.computed[judged] ? " (computed afterwards)" : ""}`);
    readout.textContent = words.join(" · ");
  }

  function options(name, width, from, to) {
    const axis = { stroke: tone("--soft"), grid: { stroke: tone("--line"), width: 1 }, ticks: { stroke: tone("--line") } };
    const line = (extra) => ({ stroke: tone("--accent"), width: 1.6, spanGaps: false, points: { show: to - from < 1 || data.t.length < 3 }, ...extra });
    const series = [line({ label: name }), line({ label: name === "confidence" ? "computed afterwards" : "estimated", dash: [4, 3] })];
    return {
      width, height: height(name), legend: { show: false }, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      scales: { x: { range: () => [from, to] }, y: name === "confidence" ? { range: [0, 100] } : {} },
      axes: [name === LAST ? axis : { ...axis, size: 6, values: (_, ticks) => ticks.map(() => "") }, { ...axis, size: 62, values: (_, ticks) => ticks.map(PLOTS[name].tick) }],
      series: [{ label: "UTC" }, ...series],
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: "macro", scales: ["x", null] } },
      hooks: {
        drawClear: [bands],
        setCursor: [(plot) => { if (name === "price" && plot.cursor.left >= 0) say(plot.posToVal(plot.cursor.left, "x")); }],
      },
    };
  }

  function columns(name) {
    if (name === "confidence") return [data.at, ...split(data.confidence, data.computed)];
    if (name === "price") return [data.t, data.price, data.t.map(() => null)];
    return [data.t, ...split(data[name], data.estimated)];
  }

  function paint() {
    plots.forEach((plot) => plot.destroy());
    plots = [];
    const known = [...data.t, ...data.at];
    empty.hidden = known.length > 0;
    holder.hidden = !known.length;
    if (!known.length) { readout.textContent = "–"; return; }
    let [from, to] = [Math.min(...known), Math.max(...known)];
    if (from === to) [from, to] = [from - 43200, to + 43200];
    holder.querySelectorAll("[data-plot]").forEach((node) => {
      plots.push(new uPlot(options(node.dataset.plot, node.clientWidth, from, to), columns(node.dataset.plot), node));
    });
    say(Math.max(...known));
  }

  async function draw() {
    const turn = ++asked;
    const address = new URL(holder.dataset.series, location.href);
    address.searchParams.set("span", holder.dataset.spanNow);
    if (holder.dataset.asOf) address.searchParams.set("as_of", holder.dataset.asOf);
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok || turn !== asked) return;
    data = await answer.json();
    if (turn !== asked) return;
    paint();
    holder.dataset.drawn = holder.dataset.spanNow;
  }

  function choose(span) {
    holder.dataset.spanNow = span;
    document.querySelectorAll("[data-span]").forEach((each) => {
      if (each.dataset.span === span) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    });
    const figures = document.querySelector("[data-figures]");
    const address = new URL(figures.getAttribute("hx-get"), location.href);
    address.searchParams.set("span", span);
    figures.setAttribute("hx-get", address.pathname + address.search);
    if (figures.open) window.htmx?.ajax("GET", address.pathname + address.search, "#figures-table");
    draw();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-span]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const here = new URL(location.href);
    here.searchParams.set("span", link.dataset.span);
    history.pushState(null, "", here);
    document.dispatchEvent(new CustomEvent("htmx:pushedIntoHistory")); // the stock panel keeps count of the page behind it
    choose(link.dataset.span);
  });
  addEventListener("popstate", () => choose(new URLSearchParams(location.search).get("span") || "1y"));

  holder.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7 };
    const first = plots[0];
    if (!first || !data.t.length || (!(event.key in steps) && event.key !== "Home" && event.key !== "End")) return;
    event.preventDefault();
    const last = data.t.length - 1;
    const at = first.cursor.left >= 0 ? first.posToVal(first.cursor.left, "x") : data.t[last];
    const here = nearest(data.t, at, Infinity);
    const place = event.key === "Home" ? 0 : event.key === "End" ? last : Math.min(Math.max(here + steps[event.key], 0), last);
    first.setCursor({ left: first.valToPos(data.t[place], "x"), top: 10 }, true, true);
    say(data.t[place]);
  });

  // An opinion comes some seconds after its analysis, under the same number.
  document.addEventListener("live:heard", (event) => {
    if (event.detail.type === "macro.opinion") window.htmx?.ajax("GET", location.pathname + location.search, "#regime");
  });
  document.addEventListener("live:swapped", (event) => { if (event.target.id === "regime") draw(); });
  addEventListener("resize", () => plots.forEach((plot) => plot.setSize({ width: plot.root.parentElement.clientWidth, height: height(plot.root.parentElement.dataset.plot) })));
  new MutationObserver(() => { if (data) paint(); }).observe(document.documentElement, { attributeFilter: ["data-theme", "data-palette"] });
  draw();
})();
