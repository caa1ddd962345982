// The heat map under the keyboard: one cell takes part in tabbing, arrow keys, Home and End move from cell to cell.
"use strict";
(() => {
  const holder = document.getElementById("heat");
  if (!holder) return;
  const rowsOf = (table) => [...table.tBodies[0].rows];

  function prepare() {
    const first = holder.querySelector("[data-heat] tbody td");
    if (first) first.tabIndex = 0;
  }

  function move(cell, down, right) {
    const rows = rowsOf(cell.closest("table"));
    const row = rows[Math.min(Math.max(rows.indexOf(cell.parentElement) + down, 0), rows.length - 1)];
    const last = row.cells.length - 1;
    const next = row.cells[Math.min(Math.max(cell.cellIndex + right, 1), last)];
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  holder.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-heat] td");
    if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -999], End: [0, 999] };
    if (!steps[event.key]) return;
    event.preventDefault();
    move(cell, ...steps[event.key]);
  });
  holder.addEventListener("live:swapped", prepare);
  prepare();
})();
