// The board's and the theme's live section ask for what the address now says: filters and pages change it without a load.
"use strict";
(() => {
  const section = document.querySelector("main [data-live-topic=themes]");
  if (!section) return;
  const follow = () => { section.dataset.liveUrl = location.pathname + location.search; };
  document.addEventListener("htmx:pushedIntoHistory", follow);
  addEventListener("popstate", follow);
})();
