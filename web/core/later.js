// Modules that are loaded when they are needed: each is a file with all that it needs besides the first view.

/** A module by its path in `web/`. */
export const later = async (path) => (await import(new URL(path, import.meta.url).href)).default;
