// Webhooks as receivers of files. Only some readers may list them; others know those of schedules by their names.

import { useEffect, useState } from "../core/dom.js";
import * as api from "../core/api.js";
import { may } from "../core/session.js";
import { t } from "../core/words.js";

/** Webhooks of the account, none until they have come. */
export function useWebhooks() {
  const [webhooks, setWebhooks] = useState([]);
  useEffect(() => {
    if (may("webhooks_manage")) api.webhooks().then(({ body }) => setWebhooks(body.data), () => {}); // their numbers stay
  }, []);
  return webhooks;
}

/** The name of a webhook, as schedules tell it: its description, else its host. */
export const nameOf = ({ description, url }) => description || new URL(url).host;

/** A webhook as a receiver: by its name, by its number if it has gone. */
export const receiver = (id, name) => t("schedules.to-webhook", { id: name ?? String(id) });
