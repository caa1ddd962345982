// Finding by typing: the symbol field of the top bar and the command bar. Enter takes the first, arrows go through all.
"use strict";
(() => {
  const PAUSE_MS = 120;

  class Finder {
    constructor(holder) {
      this.holder = holder;
      this.input = holder.querySelector("input[name=q]");
      this.results = holder.querySelector("[data-results]");
      this.said = holder.querySelector("[data-said]");
      this.commands = [...holder.querySelectorAll("[data-command]")];
      this.search = holder.closest("form")?.action || holder.querySelector("form").action;
      this.request = null;
      this.timer = 0;
      this.pending = Promise.resolve();
      this.input.addEventListener("input", () => this.changed());
      this.input.addEventListener("focus", () => this.changed());
      holder.addEventListener("keydown", (event) => this.pressed(event));
      holder.addEventListener("submit", (event) => { event.preventDefault(); this.take(); });
      holder.addEventListener("click", (event) => this.clicked(event));
      document.addEventListener("click", (event) => { if (!holder.contains(event.target)) this.fold(); });
    }

    get text() { return this.input.value.trim(); }

    choices() {
      return [...this.holder.querySelectorAll("li:not([hidden]) > a, li:not([hidden]) > button")];
    }

    changed() {
      clearTimeout(this.timer);
      this.request?.abort();
      this.filter();
      this.timer = setTimeout(() => { this.pending = this.load(); }, PAUSE_MS);
    }

    // "se te" stands for SEC technology: every typed word begins the word of the mnemonic at its place
    filter() {
      const typed = this.text.toUpperCase().split(/\s+/).filter(Boolean);
      this.commands.forEach((item) => {
        const words = item.dataset.command.toUpperCase().split(/[\s_]+/);
        const fits = typed.every((word, place) => words[place]?.startsWith(word));
        const later = words.length > 1 && typed.length < 2;
        item.hidden = !fits || later;
      });
    }

    async load() {
      const text = this.text.replace(/^STK\s+/i, "");
      if (!text) { this.fold(); return; }
      this.request?.abort();
      this.request = new AbortController();
      const address = new URL(this.search, location.href);
      address.searchParams.set("q", text);
      const moment = new URLSearchParams(location.search).get("as_of");
      if (moment) address.searchParams.set("as_of", moment);
      try {
        const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin", signal: this.request.signal });
        if (answer.status === 401) { location.assign(answer.headers.get("HX-Redirect") || "/login/"); return; }
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        this.results.innerHTML = await answer.text();
      } catch (error) {
        if (error.name === "AbortError") return;
        this.results.textContent = "The search does not answer.";
      }
      this.results.hidden = false;
      const found = this.choices().length;
      this.said.textContent = found ? `${found} to choose from, Enter takes the first` : "";
    }

    async take() {
      clearTimeout(this.timer);
      const exact = this.commands.find((item) => !item.hidden && item.dataset.command.toUpperCase() === this.text.toUpperCase());
      if (exact) { exact.firstElementChild.click(); return; }
      this.pending = this.load();
      await this.pending;
      this.choices()[0]?.click();
    }

    pressed(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        const all = this.choices();
        const next = all.indexOf(document.activeElement) + step;
        event.preventDefault();
        (next < 0 ? this.input : all[Math.min(next, all.length - 1)])?.focus();
      } else if (event.key === "Escape" && !this.results.hidden && !this.dialog) {
        event.preventDefault();
        this.input.focus();
        this.fold();
      } else if (event.key === "Escape" && !this.dialog) {
        this.input.blur();
      }
    }

    get dialog() { return this.holder.matches("dialog") ? this.holder : null; }

    clicked(event) {
      const completed = event.target.closest("[data-complete]");
      if (completed) {
        this.input.value = completed.dataset.complete;
        this.input.focus();
        this.changed();
        return;
      }
      const link = event.target.closest("a[href]");
      if (!link) return;
      if (this.dialog) this.dialog.close(); // gives the focus back before the panel takes it
      else {
        // the keys work again at once
        this.fold();
        this.input.value = "";
        document.activeElement.blur();
      }
    }

    fold() {
      if (!this.commands.length) this.results.hidden = true;
      this.results.replaceChildren();
      this.said.textContent = "";
    }

    open() {
      this.input.value = "";
      this.fold();
      this.filter();
      this.dialog.showModal();
      this.input.focus();
    }
  }

  const finders = new Map([...document.querySelectorAll("[data-finder]")].map((holder) => [holder.dataset.finder, new Finder(holder)]));
  window.openCommands = () => { const bar = finders.get("commands"); if (bar && !document.querySelector("dialog[open]")) bar.open(); };
  window.focusSearch = () => { const field = finders.get("symbols")?.input; field?.focus(); field?.select(); };
})();
