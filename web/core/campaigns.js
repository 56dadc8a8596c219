// The campaigns to choose from, of both modules: the newest of each, and those that were opened.

import * as api from "./api.js";
import { may } from "./session.js";
import { store } from "./store.js";
import { t } from "./words.js";

/** Campaigns of a module that are listed; the lists of the API have no larger page. */
export const LISTED = 200;

/** States in the order of their interest. */
const ORDER = { active: 0, paused: 1, draft: 2, completed: 3 };

/** `{autocall: [campaign …], telesales: […]}`, each null until its list has come. */
export const campaigns = store({ autocall: null, telesales: null });

/** Asks for the lists that the reader may see. */
export async function loadCampaigns() {
  const modules = Object.keys(api.MODULES).filter((module) => may(api.MODULES[module].permission));
  await Promise.all(modules.map(async (module) => {
    const { body } = await api.campaigns(module, { per_page: LISTED });
    campaigns.set({ ...campaigns.get(), [module]: body.data });
  }));
}

/** The campaign of a module; undefined for one that is not listed. */
export const campaignOf = (module, id) => campaigns.get()[module]?.find((campaign) => String(campaign.id) === String(id));

/** Campaigns in the order of their interest: active ones first. */
export const byInterest = (list) => [...list].sort((one, other) => rank(one) - rank(other));

const rank = ({ status }) => ORDER[status] ?? 4;

/** All of them for a combobox, pinned ones first. */
export function campaignOptions(known, pins) {
  const options = Object.entries(known).flatMap(([module, list]) => (list ?? []).map((campaign) => ({
    value: `${module}/${campaign.id}`, label: campaign.name, note: `${t(`module.${module}`)} · ${t(`state.${campaign.status}`)}`, status: campaign.status,
  })));
  const pinned = pins.map((pin) => options.find(({ value }) => value === pin)).filter(Boolean);
  return [...pinned.map((option) => ({ ...option, mark: "★ " })), ...byInterest(options.filter(({ value }) => !pins.includes(value)))];
}
