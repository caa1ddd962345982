// The time machine: steps and the form lead to the address as it is now (filters change it without a reload), and
// links of fragments, which are rendered once for everybody, stay at the moment that the page shows.
"use strict";
(() => {
  const OF_ONE_MOMENT = ["as_of", "page", "run", "seq"];
  const ELSEWHERE = /^\/(api|admin|static|login|logout|sectors\/step)\//;
  const shown = () => new URLSearchParams(location.search).get("as_of");

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link) return;
    const address = new URL(link.href, location.href);
    if (link.matches("[data-step]")) {
      address.searchParams.set("next", location.pathname + location.search);
      link.href = address.href;
    } else if (link.matches("[data-live]")) {
      const live = new URL(location.href);
      OF_ONE_MOMENT.forEach((name) => live.searchParams.delete(name));
      link.href = live.href;
    } else if (shown() && address.origin === location.origin && !ELSEWHERE.test(address.pathname) && !address.searchParams.has("as_of")) {
      address.searchParams.set("as_of", shown());
      link.href = address.href;
    }
  }, true);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-moment]")) return;
    form.querySelectorAll("input[type=hidden]").forEach((input) => input.remove());
    new URLSearchParams(location.search).forEach((value, name) => {
      if (OF_ONE_MOMENT.includes(name)) return;
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
    });
  }, true);
})();
