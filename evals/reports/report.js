"use strict";
// The report is whole without this: it only filters, sorts and unfolds what is there.
(() => {
  const tools = document.querySelectorAll(".tools");
  tools.forEach((tool) => { tool.hidden = false; });

  document.querySelectorAll("input[data-filters]").forEach((input) => {
    const table = document.getElementById(input.dataset.filters);
    const matches = document.getElementById(input.dataset.filters + "-matches");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      table.querySelectorAll("tbody tr").forEach((row) => {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        shown += row.hidden ? 0 : 1;
      });
      matches.textContent = wanted ? shown + " match" : "";
    });
  });

  document.querySelectorAll("table[data-sorts] thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      head.parentElement.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const body = head.closest("table").tBodies[0];
      const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
      [...body.rows]
        .sort((a, b) => (up ? 1 : -1) * key(a).localeCompare(key(b), undefined, { numeric: true }))
        .forEach((row) => body.append(row));
    });
  });

  const unfold = (open) => document.querySelectorAll("details").forEach((part) => { part.open = open; });
  document.querySelectorAll("button[data-unfold]").forEach((button) => {
    button.addEventListener("click", () => unfold(button.dataset.unfold === "yes"));
  });
  window.addEventListener("beforeprint", () => unfold(true));

  // A link to a question that is folded unfolds it.
  const follow = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  };
  window.addEventListener("hashchange", follow);
  follow();
})();
