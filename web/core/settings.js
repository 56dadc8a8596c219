// Settings of the user: language, theme, zone, pins. They are kept with the user at the server, and in no browser.

import * as api from "./api.js";
import { store } from "./store.js";

/** `{language, theme, zone, pins, wall}`, null while nobody is signed in. */
export const settings = store(null);

/** The choice that could not be kept, and its fault: `{change, fault}`; null if all are kept. */
export const unkept = store(null);

/** A choice of somebody who is not signed in yet. */
let early = null;
let last = Promise.resolve();

/** Takes up the settings of a user who has signed in, and what they chose before. */
export function take(own) {
  settings.set({ ...own, ...early });
  if (early) choose(early);
  early = null;
}

/** Forgets the settings of a user who has signed out. */
export function drop() {
  settings.set(null);
  unkept.set(null);
}

/** Makes a choice: it holds at once, and is kept. `change` has the changed members, or makes them of the present settings. */
export function choose(change) {
  if (!settings.get()) {
    early = { ...early, ...change };
    return;
  }
  settings.set({ ...settings.get(), ...changes(change, settings.get()) });
  last = last.then(() => keep(change));
}

const changes = (change, own) => (typeof change === "function" ? change(own) : change);

/** Keeps a choice over the settings that are stored, so that those of another browser stay. */
async function keep(change) {
  try {
    const { body } = await api.settings();
    await api.keepSettings({ ...body.data, ...changes(change, body.data) });
    unkept.set(null);
  } catch (fault) {
    unkept.set({ change, fault });
  }
}

/** The campaign of a place as pins name it, `autocall/1`; null where there is none. */
export const pinOf = ({ view, id }) => (/^(autocall|telesales)$/.test(view) && /^(0|[1-9]\d{0,17})$/.test(id) ? `${view}/${id}` : null);

/** Pins a campaign, or takes its pin away. */
export const pin = (campaign) => choose(({ pins }) => ({
  pins: pins.includes(campaign) ? pins.filter((one) => one !== campaign) : [campaign, ...pins],
}));
