// What the theme leaves out for readers with a keyboard or a screen reader.
const numbered = new Map();

function name(element, label) {
  if (!element.hasAttribute("aria-label")) element.setAttribute("aria-label", label);
}

function complete() {
  for (const search of document.querySelectorAll(".md-search[role=dialog]")) name(search, "Search");
  // A section with its own page has its name in the link, and none in the label that the theme refers to.
  for (const link of document.querySelectorAll(".md-nav__container > a")) {
    const nav = link.parentElement.nextElementSibling;
    if (!nav?.matches("nav[aria-labelledby]")) continue;
    nav.removeAttribute("aria-labelledby");
    name(nav, link.textContent.trim());
  }
  // The keyboard can scroll what is wider than the page.
  for (const wide of document.querySelectorAll("pre > code, .md-typeset__scrollwrap")) {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  }
  for (const nav of document.querySelectorAll(".md-code__nav")) {
    if (!numbered.has(nav)) numbered.set(nav, numbered.size + 1);
    name(nav, `Code block ${numbered.get(nav)}`);
  }
}

complete();
addEventListener("resize", complete);
new MutationObserver(complete).observe(document.body, { childList: true, subtree: true });
