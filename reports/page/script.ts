import { createHash } from "node:crypto";

/** Opens what a link leads to, and sorts tables by the column whose head is pressed. Without it all is there to be read. */
const program = `
const reveal = () => {
  const target = document.getElementById(location.hash.slice(1));
  let closed = false;
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS" && !at.open) closed = at.open = true;
  if (closed) target.scrollIntoView();
};
addEventListener("hashchange", reveal);
reveal();
const valueOf = (row, column) => {
  const { dataset: { value }, textContent } = row.cells[column];
  return value === undefined ? textContent : Number(value);
};
const isMissing = (value) => value === "" || value === "–";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
      rows.sort(([a], [b]) =>
        isMissing(a) || isMissing(b)
          ? isMissing(a) - isMissing(b)
          : sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)))
      );
      body.append(...rows.map(([, row]) => row));
    });
  });
}
`;

/** The script of a page, at its end. */
export const script = `<script>${program}</script>`;

/** By this the policy of a page lets it run, and no other. */
export const scriptSource = `'sha256-${createHash("sha256").update(program).digest("base64")}'`;
