// The pages of a book: the equity curve, ticks of rows, Esc in forms, toasts with their undo.
"use strict";
(() => {
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const TOAST_MS = 20000;
  let plots = [];

  function axis(values) {
    const quiet = { stroke: tone("--soft"), grid: { stroke: tone("--line"), width: 1 }, ticks: { stroke: tone("--line") } };
    return values ? { ...quiet, values: (_, ticks) => ticks.map(values), size: 56 } : quiet;
  }

  const minus = (text) => text.replace("-", "−");
  const figure = (suffix) => (_, value) => (value === null || value === undefined ? "–" : minus(value.toFixed(2)) + suffix);
  const day = (_, seconds) => (seconds === null ? "–" : new Date(seconds * 1000).toISOString().slice(0, 10));
  const dates = { tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"), cursor: { sync: { key: "book" } } };
  const line = (label, stroke, few, more = {}) => ({ label, stroke, width: 1.5, spanGaps: false, points: { show: few, size: 5 }, value: figure(""), ...more });
  // around a single day uPlot would show years
  const scales = { x: { range: (plot, from, to) => (plot.data[0].length === 1 ? [from - 86400, from + 86400] : [from, to]) } };

  function draw() {
    plots.forEach((plot) => plot.destroy());
    plots = [];
    const source = document.getElementById("curve-data");
    if (!source || !window.uPlot) return;
    const data = JSON.parse(source.textContent);
    const few = data.t.length < 10;
    const [top, low] = ["index", "drawdown"].map((name) => document.querySelector(`[data-curve=${name}]`));
    const colours = [tone("--soft"), "#d8b13c"];
    const dashes = [[6, 3], [2, 3]];
    const beside = Object.keys(data.benchmarks).map((name, place) => line(name, colours[place % 2], few, { dash: dashes[place % 2] }));
    const first = { label: "Day", value: day };
    plots.push(new uPlot({ ...dates, scales, width: top.clientWidth, height: 260, axes: [axis(), axis((tick) => minus(tick.toFixed(0)))], series: [first, line("Book", tone("--accent"), few, { width: 2.5 }), ...beside, { label: "Total value", scale: "dollars", show: true, stroke: "transparent", points: { show: false }, value: (_, value) => (value === null || value === undefined ? "–" : value.toLocaleString("en-US", { style: "currency", currency: "USD" })) }] }, [data.t, data.index, ...Object.values(data.benchmarks), data.value], top));
    plots.push(new uPlot({ ...dates, scales, width: low.clientWidth, height: 130, axes: [axis(), axis((tick) => minus(tick.toFixed(1)))], series: [first, line("Drawdown", tone("--error-text"), few, { fill: tone("--error-ground"), value: figure(" %") })] }, [data.t, data.drawdown], low));
  }

  function countTicks() {
    const said = document.querySelector("[data-ticked]");
    const count = document.querySelectorAll("input[name=position][form=bulk]:checked").length;
    if (said) said.textContent = count ? `${count} ticked:` : "ticked rows:";
  }

  function dismissLater(toast) {
    const wait = () => setTimeout(() => { if (toast.matches(":hover, :focus-within")) wait(); else toast.remove(); }, TOAST_MS);
    toast.dataset.timed = "";
    wait();
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-action=tick-all]")) {
      document.querySelectorAll("input[name=position][form=bulk]").forEach((box) => { box.checked = event.target.checked; });
    }
    if (event.target.matches("[data-action=tick-all], input[name=position]")) countTicks();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-action=dismiss]")) event.target.closest("[data-toast]").remove();
    const dismissed = event.target.closest("[data-dismiss]");
    if (dismissed && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      document.querySelector(dismissed.dataset.dismiss).replaceChildren();
    }
    document.querySelectorAll("details.choose[open]").forEach((open) => { if (!open.contains(event.target)) open.open = false; });
  });
  // Esc gives a form up before anything else hears of it; what was typed elsewhere stays
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const chooser = event.target.closest("details.choose[open]");
    const cancel = event.target.closest("[data-editor]")?.querySelector("[data-cancel]");
    if (!chooser && !cancel) return;
    event.preventDefault();
    event.stopPropagation();
    if (chooser) { chooser.open = false; chooser.querySelector("summary").focus(); } else cancel.click();
  }, true);
  document.addEventListener("htmx:afterSwap", (event) => {
    document.querySelectorAll("[data-toast]:not([data-timed])").forEach(dismissLater);
    if (event.target.id === "positions" || document.getElementById("new-position")?.contains(event.target)) countTicks();
  });
  document.addEventListener("htmx:oobAfterSwap", () => document.querySelectorAll("[data-toast]:not([data-timed])").forEach(dismissLater));
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.matches?.("#curve")) draw();
    // HTMX focuses it too early where a row is swapped that was not in the page yet
    const asked = event.target.querySelector?.("[autofocus]");
    if (asked && asked !== document.activeElement) asked.focus();
  });
  document.addEventListener("submit", (event) => {
    // the undo of a toast is done once
    if (event.target.matches("[data-undo]")) event.target.closest("[data-toast]").hidden = true;
  });
  addEventListener("resize", () => plots.forEach((plot) => plot.setSize({ width: plot.root.parentElement.clientWidth, height: plot.height })));
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme", "data-palette"] });
  draw();
})();
