// Runs before the page is drawn, so that a light page never flashes dark. The choice stays in this browser.
"use strict";
(() => {
  const root = document.documentElement;
  const stored = localStorage.getItem("theme");
  const system = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  root.dataset.theme = stored || system;
  window.toggleTheme = () => {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  };
})();
