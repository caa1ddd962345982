// Alerts that are announced while a page is open: a notice from severity 2 on, at most three at a time, outside of the
// account's quiet hours and unless this browser is muted. The alerts' page marks what has come in.
"use strict";
(() => {
  const SWITCH = "alert-notices";
  const LEAST = 2, MOST = 3, SHOWN_MS = 15000;
  const tray = document.getElementById("toasts");
  const muted = () => localStorage.getItem(SWITCH) === "off";

  function mute(off) {
    localStorage.setItem(SWITCH, off ? "off" : "on");
    if (off) tray.querySelectorAll(".alert-toast").forEach((toast) => toast.remove());
    document.querySelectorAll("[data-alert-mute]").forEach((box) => { box.checked = off; });
  }

  function button(words, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = words;
    made.addEventListener("click", act);
    return made;
  }

  // a notice that is being read or is focused stays until it is left
  function leaveLater(toast) {
    setTimeout(() => {
      if (toast.matches(":hover, :focus-within")) leaveLater(toast); else toast.remove();
    }, SHOWN_MS);
  }

  function show(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const toast = holder.content.firstElementChild;
    if (!toast) return;
    const actions = document.createElement("p");
    actions.className = "alert-actions";
    const link = toast.querySelector("a[href]");
    if (link) { const old = link.parentElement; actions.append(link); old.remove(); }
    actions.append(button("Dismiss", () => toast.remove()), button("Mute notices", () => mute(true)));
    toast.append(actions);
    const shown = tray.querySelectorAll(".alert-toast");
    if (shown.length >= MOST) shown[0].remove();
    tray.append(toast);
    leaveLater(toast);
  }

  document.addEventListener("live:heard", (event) => {
    const { type, topic, html, data } = event.detail;
    if (topic !== "alerts" || type !== "themes.alert" || !html || !tray) return;
    if (muted() || document.body.dataset.quiet !== undefined || (data?.severity ?? 0) < LEAST) return;
    show(html);
  });

  const page = document.getElementById("alerts");
  let known = new Set([...(page?.querySelectorAll("tr[id]") || [])].map((row) => row.id));
  page?.addEventListener("live:swapped", () => {
    const rows = [...page.querySelectorAll("tr[id]")];
    rows.forEach((row) => { if (!known.has(row.id)) row.classList.add("entered"); });
    known = new Set(rows.map((row) => row.id));
  });

  document.querySelectorAll("[data-alert-mute]").forEach((box) => {
    box.checked = muted();
    box.addEventListener("change", () => mute(box.checked));
  });
})();
