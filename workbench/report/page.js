// Opens what is folded when a link leads into it, and while the page is printed.
"use strict";

(() => {
  function openTarget() {
    const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    const details = target && (target.closest("details") || target.querySelector("details"));
    if (details) details.open = true;
  }

  let openedForPrint = [];
  window.addEventListener("beforeprint", () => {
    document.documentElement.classList.add("is-printing");
    openedForPrint = [...document.querySelectorAll("details:not([open])")];
    for (const details of openedForPrint) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("is-printing");
    for (const details of openedForPrint) details.open = false;
  });
  window.addEventListener("hashchange", openTarget);
  openTarget();
})();
