// Keyboard: single keys outside of inputs, and two-key jumps that begin with g.
"use strict";
(() => {
  let pending = "";
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]");
  const dialog = document.getElementById("keys");
  const jumps = { s: "/", u: "/universe/" };
  const actions = {
    "?": () => dialog.showModal(),
    t: () => window.toggleTheme(),
    r: () => document.querySelector("[data-action=run]")?.click(),
    "/": () => document.querySelector("input[type=search]")?.focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (pending === "g") {
      pending = "";
      if (jumps[event.key]) location.assign(jumps[event.key]);
      return;
    }
    if (event.key === "g") { pending = "g"; return; }
    if (/^[1-8]$/.test(event.key)) { document.querySelectorAll(".card")[Number(event.key) - 1]?.focus(); return; }
    if (actions[event.key]) { event.preventDefault(); actions[event.key](); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-action=theme]")) window.toggleTheme();
  });
})();
