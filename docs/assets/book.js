/* Names that the theme leaves out or hides, for screen readers. */
document.querySelector(".md-search")?.setAttribute("aria-label", "Search")
for (const nav of document.querySelectorAll("nav[aria-labelledby]")) {
  nav.setAttribute("aria-label", nav.querySelector(".md-nav__title").textContent.trim())
  nav.removeAttribute("aria-labelledby")
}
