// Keeps [data-live-topic] sections current: socket first, polling of the same fragment while the socket is down.
// A message carries the same HTML that the page and the fragment address serve; without HTML it is fetched from there.
"use strict";
(() => {
  // Two sections may show one topic: the regime's page has its chip in the top bar as well.
  const sections = [...document.querySelectorAll("[data-live-topic]")];
  if (!sections.length) return;
  const POLL_MS = 15000;
  const QUIET_MS = 45000;
  const [SIGNED_OUT, FORBIDDEN, UNKNOWN_TOPIC] = [4401, 4403, 4404];
  let socket = null;
  let attempts = 0;
  let poller = 0;
  let watchdog = 0;

  const seqOf = (section) => Number(section.dataset.liveSeq || 0);

  function show(state, detail = "") {
    document.querySelectorAll("[data-live-state]").forEach((node) => {
      node.className = `state state-${state}`;
      const shown = sections.filter((section) => section.closest("main"));
      const seq = Math.max(0, ...shown.map(seqOf));
      node.textContent = { live: "Live", reconnecting: `Reconnecting ${detail}`, polling: "Polling", offline: "Offline" }[state];
      node.title = `last update no. ${seq || "none yet"}`;
    });
  }

  // Finds in a section's next rendering what has the focus in this one: by its id, address or name, at its place among equals.
  function keepFocus(section) {
    const held = document.activeElement;
    const by = section.contains(held) && ["id", "href", "name"].find((name) => held.getAttribute(name));
    if (!by) return () => {};
    const alike = () => [...section.querySelectorAll(`${held.localName}[${by}="${CSS.escape(held.getAttribute(by))}"]`)];
    const place = alike().indexOf(held);
    return () => { const found = alike(); (found[place] ?? found[0])?.focus({ preventScroll: true }); };
  }

  function swap(section, html, seq) {
    const before = new Map([...section.querySelectorAll("[data-colour]")].map((card) => [card.id, card.dataset.colour]));
    const listed = new Set([...section.querySelectorAll("[id^=mover-]")].map((row) => row.id));
    const open = new Set([...section.querySelectorAll("details[open] > summary[id]")].map((summary) => summary.id));
    const focusAgain = keepFocus(section);
    const holder = document.createElement("template");
    holder.innerHTML = html;
    section.replaceChildren(holder.content);
    section.dataset.liveSeq = seq;
    section.querySelectorAll("[data-colour]").forEach((card) => {
      if (before.has(card.id) && before.get(card.id) !== card.dataset.colour) card.classList.add("card-changed");
    });
    if (listed.size) section.querySelectorAll("[id^=mover-]").forEach((row) => { if (!listed.has(row.id)) row.classList.add("mover-entered"); });
    open.forEach((id) => document.getElementById(id)?.parentElement.setAttribute("open", ""));
    focusAgain();
    window.htmx?.process(section);
    section.dispatchEvent(new CustomEvent("live:swapped", { bubbles: true, detail: { seq } }));
  }

  async function refetch(section, again = false) {
    const address = new URL(section.dataset.liveUrl, location.href);
    address.searchParams.set("seq", again ? 0 : seqOf(section));
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin", redirect: "error" });
    if (answer.status === 204 || answer.status === 304) return;
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    swap(section, await answer.text(), Number(answer.headers.get("X-Live-Seq") || 0));
  }

  async function poll() {
    try {
      await Promise.all(sections.map((section) => refetch(section)));
      show("polling");
    } catch {
      show("offline");
    }
  }

  function startPolling() {
    if (!poller) { poller = setInterval(poll, POLL_MS); poll(); }
  }

  function stopPolling() {
    clearInterval(poller);
    poller = 0;
  }

  function progress(data) {
    document.querySelectorAll(`[data-job="${CSS.escape(data.name || "")}"]`).forEach((node) => {
      node.hidden = data.status !== "running" && data.status !== "queued";
      const bar = node.querySelector("progress");
      if (bar) bar.value = data.percent ?? 0;
      const text = node.querySelector("[data-phase]");
      if (text) text.textContent = `${data.percent ?? 0} % ${data.phase || ""}`;
    });
    if (data.status && !["running", "queued"].includes(data.status)) {
      document.querySelectorAll(`[data-job-result="${CSS.escape(data.name || "")}"]`).forEach((node) => {
        node.textContent = data.status === "done" ? "" : `${data.status}: ${data.reason || ""}`;
        node.hidden = data.status === "done";
      });
      document.querySelectorAll("[data-action=run]").forEach((button) => { button.disabled = false; });
    }
  }

  // What changed, in words, for the runs this account watches and outside of its quiet hours.
  function announce(data) {
    const { watched, quiet } = document.body.dataset;
    const occasion = data.trigger === "scheduled" ? data.occasion || "half_hour" : "";
    if (quiet !== undefined || !data.announce?.length || (occasion && !watched.split(" ").includes(occasion))) return;
    const toast = document.createElement("p");
    const words = (name) => name.replaceAll("_", " ");
    toast.className = "notice toast";
    toast.textContent = data.announce.map((one) => `${words(one.sector)}: ${words(one.from)} → ${words(one.to)}`).join("; ");
    document.getElementById("toasts")?.append(toast);
    setTimeout(() => toast.remove(), 12000);
  }

  function receive(event) {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => socket?.close(), QUIET_MS);
    if (event.data === "pong") return;
    const message = JSON.parse(event.data);
    if (message.data && message.topic === "jobs") progress(message.data);
    document.dispatchEvent(new CustomEvent("live:heard", { detail: message }));
    const heard = sections.filter((section) => section.dataset.liveTopic === message.topic);
    if (message.type === "live.resync") heard.forEach((section) => refetch(section).catch(() => startPolling()));
    // `again`: the state of that number is rendered anew, for example because a theme's term beside it changed
    const again = Boolean(message.data?.again);
    const behind = heard.filter((section) => message.seq && (message.seq > seqOf(section) || (again && message.seq === seqOf(section))));
    if (!behind.length) return;
    if (message.data) announce(message.data);
    behind.forEach((section) => {
      if (message.html && section.dataset.liveMode !== "refetch") swap(section, message.html, message.seq);
      else refetch(section, again).catch(() => startPolling());
    });
    show("live");
  }

  function connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const port = document.body.dataset.socketPort;
    const host = port ? `${location.hostname}:${port}` : location.host;
    const always = document.getElementById("toasts")?.dataset.alerts === undefined ? ["jobs"] : ["jobs", "alerts"];
    const topics = [...new Set([...sections.map((section) => section.dataset.liveTopic), ...always])].join(",");
    socket = new WebSocket(`${scheme}://${host}/ws/live/?topics=${topics}`);
    socket.onopen = () => { attempts = 0; stopPolling(); show("live"); };
    socket.onmessage = receive;
    socket.onclose = (closing) => {
      clearTimeout(watchdog);
      if (closing.code === SIGNED_OUT) { location.assign("/login/"); return; }
      if (closing.code === FORBIDDEN || closing.code === UNKNOWN_TOPIC) { startPolling(); return; }
      attempts += 1;
      show("reconnecting", attempts);
      if (attempts > 1) startPolling();
      setTimeout(connect, Math.min(30000, 500 * 2 ** attempts) * (0.7 + 0.6 * Math.random()));
    };
  }

  setInterval(() => { if (socket?.readyState === WebSocket.OPEN) socket.send("ping"); }, 20000);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-action=refresh]")) sections.forEach((section) => refetch(section).then(() => show("live"), () => show("offline")));
  });
  connect();
})();
