// Numbers to take away: as a CSV file, or copied for a spreadsheet.

import { html, useState } from "../core/dom.js";
import { t } from "../core/words.js";

/** `name` of the file; `rows()` are lists of cells, the first one the head. */
export function Take({ name, rows }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(rows().map((row) => row.join("\t")).join("\n")).then(() => setCopied(true));
  return html`<button type="button" class="plain" onClick=${() => save(`${name}.csv`, new Blob([csv(rows())], { type: "text/csv" }))}>CSV</button>
    ${navigator.clipboard && html`<button type="button" class="plain" onClick=${copy}>${t(isCopied ? "take.copied" : "take.copy")}</button>`}`;
}

// RFC 4180, with a byte order mark for Excel. Text that could be a formula is marked as text.
function csv(rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** Gives the reader a file. */
export function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
