// Keyboard: one table of keys, from which the help is made too. Single keys never fire while one types or a dialog is open.
"use strict";
(() => {
  const SWITCH = "single-keys";
  let pending = 0;

  const one = (selector, root = document) => root.querySelector(selector);
  const said = (words) => { const line = one("#shell-said"); if (line) line.textContent = words; };
  // a dialog that has closed keeps the focus until the next frame: what cannot be seen is not typed in
  const typing = (target) => target.closest?.("input, select, textarea, [contenteditable]")?.checkVisibility();

  // a link or button is pressed, anything else is gone to
  function activate(target) {
    if (!target) return;
    if (target.matches("a, button, summary")) { target.click(); return; }
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  }

  function rows() {
    const table = one("main table[data-rows]") || one("main table.table");
    const found = table ? [...table.tBodies[0].rows] : [...document.querySelectorAll("main .card")];
    return found.filter((row) => row.offsetParent !== null && !row.matches("[data-divider]"));
  }

  function moveRow(step) {
    const all = rows();
    const here = all.findIndex((row) => row.contains(document.activeElement));
    const row = all[Math.min(Math.max(here + step, 0), all.length - 1)];
    if (!row) return;
    (row.matches("[tabindex]") ? row : row.querySelector("a[href], button, [tabindex]") || row).focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function neighbour(key, rel) {
    const here = one(".sector-nav a[aria-current]");
    const beside = rel === "prev" ? here?.previousElementSibling : here?.nextElementSibling;
    activate(one(`[data-key="${key}"]`) || (beside?.matches("a") ? beside : null) || one(`main a[rel=${rel}]`));
  }

  function explain() {
    const around = document.activeElement.closest(".card, tr");
    const target = (around && one('[data-key="e"]', around)) || one('[data-key="e"]');
    if (target) { activate(target); return; }
    const link = (around || one("main .card"))?.querySelector(".card-name a[href]");
    if (link) location.assign(`${link.href.split("#")[0]}#explain`);
  }

  function warn() {
    const all = [...document.querySelectorAll("[data-warning], main .notice-error, main .notice-warning, main .card-note, main .badge-warn")].filter((node) => node.offsetParent !== null);
    if (!all.length) { said("No data warnings on this page"); return; }
    const next = all[(all.indexOf(document.activeElement) + 1) % all.length];
    if (!next.matches("a, button, [tabindex]")) next.tabIndex = -1;
    activate(next);
    said(`Warning ${all.indexOf(next) + 1} of ${all.length}`);
  }

  const press = (key) => () => activate(one(`[data-key="${key}"]`));
  // what is shown in the help, what the keyboard says, what it does
  const KEYS = [
    { show: ["/"], does: "search a stock", act: () => window.focusSearch?.() },
    { show: ["Ctrl+K", "`"], on: ["`"], does: "command bar", act: () => window.openCommands?.() },
    { show: ["1", "8"], on: "12345678", between: "–", does: "focus a sector", act: (key) => document.querySelectorAll("main .card")[Number(key) - 1]?.focus() },
    { show: ["j", "k"], on: ["j"], does: "next and previous row", act: () => moveRow(1) },
    { on: ["k"], act: () => moveRow(-1) },
    { show: ["h", "l"], on: ["h"], does: "previous and next sector or page", act: () => neighbour("h", "prev") },
    { on: ["l"], act: () => neighbour("l", "next") },
    { show: ["Enter"], on: ["Enter"], does: "open", act: () => document.activeElement.matches(".card") && document.activeElement.querySelector("a[href]")?.click() },
    { show: ["e"], does: "explain this colour", act: explain },
    { show: ["r"], does: "run an analysis now", act: () => activate(one("[data-action=run]")) },
    { show: ["["], does: "time machine: the analysis before", act: press("[") },
    { show: ["]"], does: "time machine: the analysis after", act: press("]") },
    { show: ["L"], does: "back to live", act: press("L") },
    { show: ["t"], does: "light or dark", act: () => window.toggleTheme() },
    { show: ["!"], does: "data warnings, one after the other", act: warn },
    { show: ["?"], does: "these keys", act: help },
    { show: ["Esc"], on: [], does: "close" },
  ];
  const actions = new Map(KEYS.flatMap((entry) => [...(entry.on || entry.show)].map((key) => [key, entry.act])));

  function help() {
    const dialog = one("#keys");
    const list = one("[data-keys]", dialog);
    const kbd = (keys, between) => keys.flatMap((key, place) => {
      const shown = document.createElement("kbd");
      shown.textContent = key;
      return place ? [` ${between} `, shown] : [shown];
    });
    const places = [...document.querySelectorAll("[data-go]")].map((link) => ({ show: ["g", link.dataset.go], between: "", does: `go to ${link.textContent.trim()}` }));
    list.replaceChildren(...[...KEYS.filter((entry) => entry.show), ...places].flatMap((entry) => {
      const [term, words] = [document.createElement("dt"), document.createElement("dd")];
      term.append(...kbd(entry.show, entry.between ?? "/"));
      words.textContent = entry.does;
      return [term, words];
    }));
    one("[data-action=single-keys]", dialog).checked = localStorage.getItem(SWITCH) !== "off";
    dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const plain = event.getModifierState("AltGraph") || !(event.ctrlKey || event.metaKey || event.altKey);
    if (!plain) {
      const chord = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
      if (chord && window.openCommands) { event.preventDefault(); window.openCommands(); }
      return;
    }
    if (typing(event.target) || one("dialog[open]") || localStorage.getItem(SWITCH) === "off") return;
    if (pending) {
      clearTimeout(pending);
      pending = 0;
      const link = /^[a-z]$/.test(event.key) && one(`[data-go="${event.key}"]`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === "g") { pending = setTimeout(() => { pending = 0; }, 1500); return; }
    const act = actions.get(event.key);
    if (!act || (event.repeat && !"jk".includes(event.key))) return;
    if (event.key !== "Enter") event.preventDefault();
    act(event.key);
  });

  document.addEventListener("click", (event) => {
    const action = event.target.closest("[data-action]")?.dataset.action;
    if (action === "theme") window.toggleTheme();
    if (action === "keys") help();
    if (action === "commands") window.openCommands?.();
    if (action === "warnings") warn();
    if (action === "single-keys") localStorage.setItem(SWITCH, event.target.checked ? "on" : "off");
    if (event.target.matches("dialog[open]")) { // its own padding, or the backdrop
      const { left, right, top, bottom } = event.target.getBoundingClientRect();
      if (event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom) event.target.close();
    }
  });
})();
