// Light and dark: the user's choice, else the device's.

import { settings } from "./settings.js";
import { store } from "./store.js";

/** Themes to choose from; null is that of the device. */
export const THEMES = [null, "light", "dark"];

/** The one that is shown. */
export const theme = store(null);

settings.listen((own) => theme.set(own?.theme ?? null));

theme.listen((name) => {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
});
