// Runs before the page is drawn, so that a light page never flashes dark. The page brings the account's choice; a stranger's
// stays in this browser. "system" is what the device says.
"use strict";
(() => {
  const root = document.documentElement;
  const address = root.dataset.preferences;
  const system = () => (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark");
  const chosen = root.dataset.theme;
  root.dataset.theme = chosen !== "system" ? chosen : (!address && localStorage.getItem("theme")) || system();

  function remember(theme) {
    localStorage.setItem("theme", theme);
    if (!address) return;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"] };
    fetch(address, { method: "PATCH", headers, body: JSON.stringify({ theme }), credentials: "same-origin", keepalive: true }).catch(() => {});
  }

  window.toggleTheme = () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    remember(root.dataset.theme);
  };
})();
