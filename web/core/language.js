// The choice of a language: the page's texts and the catalogue's, together.

import { loadCatalogue } from "./catalogue.js";
import { speak } from "./words.js";

export async function chooseLanguage(name) {
  await Promise.all([speak(name), loadCatalogue(name)]);
}
