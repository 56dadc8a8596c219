// The choice of a language: the page's texts and the catalogue's, together.

import { loadCatalogue } from "./catalogue.js";
import { choose, settings } from "./settings.js";
import { speak } from "./words.js";

export async function chooseLanguage(name) {
  choose({ language: name });
  await Promise.all([speak(name), settings.get() && loadCatalogue(name)]);
}
