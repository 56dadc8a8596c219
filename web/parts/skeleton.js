// The layout of a screen before its figures: shown only if they take longer than a moment.

import { html, useEffect, useState } from "../core/dom.js";

/** Milliseconds in which nothing is shown. */
const PATIENCE = 150;

export function Skeleton() {
  const [isShown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  return html`<div class="figures skeleton ${isShown ? "" : "unseen"}" aria-hidden="true">
    <div class="tiles">${[1, 2, 3, 4, 5, 6].map((key) => html`<section class="tile" key=${key}></section>`)}</div>
    <section class="part whole graph-size"></section>
    <div class="parts">${[1, 2, 3].map((key) => html`<section class="part" key=${key}></section>`)}</div>
  </div>`;
}
