// What the theme leaves unsaid to screen readers, and out of reach of a keyboard.
for (const fold of document.querySelectorAll("summary:not(:has(p))")) fold.ariaLabel = "pages below";
for (const button of document.querySelectorAll(".search-button-field")) button.removeAttribute("aria-label");
for (const wide of document.querySelectorAll("div.math")) wide.tabIndex = 0;
