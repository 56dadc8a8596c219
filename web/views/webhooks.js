// Webhooks as receivers of files. Only some readers may list them; others know them by their numbers.

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

/** A webhook in a few words: its host, else its number. */
export function receiver(id, webhooks) {
  const found = webhooks.find((webhook) => String(webhook.id) === String(id));
  return t("schedules.to-webhook", { id: found ? new URL(found.url).host : String(id) });
}
