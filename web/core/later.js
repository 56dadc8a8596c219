// Modules that are loaded when they are needed. The server tells which others each of them imports, so that all come at once
// and not one after the other.

const NEEDS = JSON.parse(document.getElementById("later").textContent);

/** A module by its path in `web/`. */
export function later(path) {
  for (const name of NEEDS[path] ?? []) {
    const link = document.createElement("link");
    link.rel = "modulepreload";
    link.href = at(name);
    document.head.append(link);
  }
  delete NEEDS[path];
  return import(at(path));
}

const at = (name) => new URL(`../${name}`, import.meta.url).href;
