// Rendering, in one import: templates, hooks, contexts.

import { h } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export { createContext, render, Fragment } from "../vendor/preact.js";
export {
  useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState,
} from "../vendor/hooks.js";

/** Template tag: html`<p class=${name}>…</p>`. */
export const html = htm.bind(h);

/** Class names of those that hold: classes("tile", [isOld, "old"]). */
export function classes(first, ...others) {
  return [first, ...others.filter(([holds]) => holds).map(([, name]) => name)].join(" ");
}
