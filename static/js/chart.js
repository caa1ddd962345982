// Draws [data-chart]: score on the left scale, the four timeframes in percent on the right one. Gaps stay gaps.
"use strict";
(() => {
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const NEW_YORK = "America/New_York";
  let plot = null;
  let span = "1w";

  function options(width, times) {
    const few = times.length < 60;
    const axis = { stroke: tone("--soft"), grid: { stroke: tone("--line"), width: 1 }, ticks: { stroke: tone("--line") } };
    const line = (label, colour, scale, dash) => ({ label, stroke: colour, width: 1.5, scale, dash, spanGaps: false, points: { show: few, size: 5 } });
    return {
      width, height: 280, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), NEW_YORK),
      // around a single point uPlot would show years
      scales: { x: { range: (_, from, to) => (times.length === 1 ? [from - 1800, from + 1800] : [from, to]) }, score: { range: [-1, 1] }, percent: {} },
      axes: [axis, { ...axis, scale: "score", values: (_, ticks) => ticks.map((tick) => tick.toFixed(1)) },
        { ...axis, scale: "percent", side: 1, grid: { show: false }, values: (_, ticks) => ticks.map((tick) => `${tick} %`) }],
      series: [{ label: "New York" }, { ...line("Score", tone("--text"), "score"), width: 2.5 },
        line("30M", "#c792ea", "percent"), line("1D", tone("--light_red"), "percent"), line("3D", tone("--light_green"), "percent", [6, 3]), line("1W", "#d8b13c", "percent", [2, 3])],
    };
  }

  async function draw() {
    const holder = document.querySelector("[data-chart]");
    if (!holder) return;
    const empty = document.querySelector(".chart-empty");
    document.querySelectorAll("[data-span]").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.span === span)));
    const address = new URL(holder.dataset.chart, location.href);
    address.searchParams.set("span", span);
    if (holder.dataset.asOf) address.searchParams.set("as_of", holder.dataset.asOf);
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) return;
    const data = await answer.json();
    plot?.destroy();
    plot = null;
    empty.hidden = data.t.length > 0;
    if (data.t.length) plot = new uPlot(options(holder.clientWidth, data.t), [data.t, data.score, data["30min"], data["1day"], data["3day"], data["1week"]], holder);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-span]");
    if (button) { span = button.dataset.span; draw(); }
  });
  document.addEventListener("live:swapped", draw);
  addEventListener("resize", () => plot?.setSize({ width: plot.root.parentElement.clientWidth, height: 280 }));
  draw();
})();
