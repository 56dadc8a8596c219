"""Checks the signatures of a delivery, read from standard input: by the Standard Webhooks library, and by hand."""

import hashlib
import hmac
import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

delivery = json.load(sys.stdin)
headers, body = delivery["headers"], delivery["body"]
for secret in delivery["secrets"]:
    assert Webhook(secret).verify(body, headers) == json.loads(body)
for wrong, text in [(delivery["stranger"], body), (delivery["secrets"][0], body + " ")]:
    try:
        Webhook(wrong).verify(text, headers)
        sys.exit("a wrong signature passes")
    except WebhookVerificationError:
        pass


def signature(secret):
    return "sha256=" + hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()


names = ["x-callboard-signature", "x-callboard-signature-old"]
assert [headers.get(name) for name in names[: len(delivery["secrets"])]] == [signature(secret) for secret in delivery["secrets"]]
assert len(delivery["secrets"]) == 2 or names[1] not in headers
print("ok")
