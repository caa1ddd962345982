// The import wizard: dropping a file anywhere on its form, ticking all rows at once, and the page anew when a run has ended.
"use strict";
(() => {
  const form = document.querySelector("[data-drop]");
  if (form) {
    const input = form.querySelector("[data-file]");
    const zone = form.querySelector(".drop");
    const said = form.querySelector("[data-chosen]");
    const show = () => {
      const file = input.files[0];
      said.textContent = file ? `${file.name}, ${file.size.toLocaleString("en-US")} bytes` : "";
    };
    input.addEventListener("change", show);
    for (const kind of ["dragenter", "dragover"]) {
      form.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("drop-over"); });
    }
    for (const kind of ["dragleave", "drop"]) form.addEventListener(kind, () => zone.classList.remove("drop-over"));
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      show();
    });
  }

  const all = document.querySelector("[data-tick-all]");
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      all.closest("form").querySelectorAll("tbody input[type=checkbox]").forEach((box) => { box.checked = all.checked; });
    });
  }

  const run = document.querySelector("[data-import-run]");
  if (run) {
    document.addEventListener("htmx:afterSwap", () => {
      const status = run.querySelector("[data-status]")?.dataset.status;
      if (status && !["queued", "running"].includes(status)) location.reload();
    });
  }
})();
