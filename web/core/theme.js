// Light and dark: the device's choice, until somebody makes one.

import { store } from "./store.js";

/** auto, light or dark. */
export const theme = store("auto");

theme.listen((name) => {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
});

/** Light where it is dark, and the reverse. */
export function turn() {
  const isDark = theme.get() === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme.get() === "dark";
  theme.set(isDark ? "light" : "dark");
}
