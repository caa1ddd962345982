// The stock panel: anything with data-symbol opens it, the address carries ?panel=SYMBOL, Back and Esc close it.
// It is not modal on a wide screen, so that a trader goes on to the next symbol with the panel open.
"use strict";
(() => {
  const panel = document.getElementById("stock-panel");
  if (!panel) return;
  const content = panel.querySelector("[data-panel-content]");
  const covers = matchMedia("(max-width: 767px)");
  let current = "";
  let opener = null;
  let request = null;

  const asked = () => new URLSearchParams(location.search).get("panel") || "";
  const bare = () => { const here = new URL(location.href); here.searchParams.delete("panel"); return here.href; };
  let page = bare();

  function behind(inert) {
    document.querySelectorAll("body > header, body > main, body > footer").forEach((part) => { part.inert = inert && covers.matches; });
  }

  async function load() {
    request?.abort();
    request = new AbortController();
    const address = new URL(panel.dataset.address.replace("SYMBOL", encodeURIComponent(current)), location.href);
    const moment = new URLSearchParams(location.search).get("as_of");
    if (moment) address.searchParams.set("as_of", moment);
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal: request.signal });
      if (answer.status === 401) { location.assign(answer.headers.get("HX-Redirect") || "/login/"); return; }
      if (!answer.ok && answer.status !== 404) throw new Error(`status ${answer.status}`);
      content.innerHTML = await answer.text();
      window.htmx?.process(content);
    } catch (error) {
      if (error.name === "AbortError") return;
      const link = document.createElement("a");
      Object.assign(link, { href: address.href, textContent: "Open it as a page" });
      const words = document.createElement("p");
      words.append(`${current} could not be loaded. `, link);
      content.replaceChildren(words);
    }
    panel.removeAttribute("aria-busy");
  }

  async function show(symbol) {
    current = symbol;
    if (panel.hidden) opener = document.activeElement;
    const header = document.querySelector("body > header");
    document.documentElement.style.setProperty("--header", `${header ? header.offsetHeight : 0}px`);
    panel.hidden = false;
    panel.setAttribute("aria-label", `Stock ${symbol}`);
    document.documentElement.dataset.panel = "open";
    behind(true);
    panel.focus();
    await load();
    panel.scrollTop = 0;
    if (panel.contains(document.activeElement)) (content.querySelector(".stock-name") || panel).focus();
  }

  function hide() {
    request?.abort();
    current = "";
    panel.hidden = true;
    content.replaceChildren();
    delete document.documentElement.dataset.panel;
    behind(false);
    (opener?.isConnected && opener !== document.body ? opener : document.getElementById("content")).focus({ preventScroll: true });
    opener = null;
  }

  function open(symbol) {
    const address = new URL(location.href);
    address.searchParams.set("panel", symbol);
    if (current) history.replaceState(history.state, "", address);
    else history.pushState({ panel: true }, "", address);
    page = bare();
    show(symbol);
  }

  function close() {
    if (!current) return;
    if (history.state?.panel) { history.back(); return; }
    history.replaceState(history.state, "", bare());
    hide();
  }

  addEventListener("popstate", (event) => {
    // only the panel changed: the page stays, and HTMX is not to fetch it again
    if (bare() === page) event.stopImmediatePropagation();
    page = bare();
    if (asked() && asked() !== current) show(asked());
    else if (!asked() && current) hide();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-action=close-panel]")) { close(); return; }
    const named = event.target.closest("[data-symbol]");
    if (!named || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
    event.preventDefault();
    open(named.dataset.symbol);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && current && !event.defaultPrevented && !document.querySelector("dialog[open]")) close();
    if (event.key === "Enter" && event.target.matches("[data-symbol]:not(a, button)")) open(event.target.dataset.symbol);
  });
  // HTMX wrote an address of its own for the page behind the open panel
  document.addEventListener("htmx:pushedIntoHistory", () => {
    page = bare();
    if (!current) return;
    const address = new URL(location.href);
    address.searchParams.set("panel", current);
    history.replaceState(history.state, "", address);
  });
  document.addEventListener("live:swapped", () => { if (current) load(); });
  covers.addEventListener("change", () => behind(Boolean(current)));
  if (asked()) show(asked());
})();
