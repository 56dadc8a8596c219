"""A mail server that tells what it gets, a line of JSON each: its port, the recipients it is asked for, and messages.

Started with its settings as JSON. Addresses decide what it says: `refused…` never, `laterN…` not for the first N times, `busy…`
never for now, `denied…` the message itself, `slow…` takes the message and does not say so for a minute, `mute…` says nothing to
the address.
"""

import asyncio
import base64
import email
import email.policy
import json
import re
import ssl
import sys
from collections import Counter

from aiosmtpd.smtp import SMTP, AuthResult

SETTINGS = json.loads(sys.argv[1])
ASKED = Counter()


def tell(**line):
    print(json.dumps(line), flush=True)


def parts(message):
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            yield {
                "type": part.get_content_type(),
                "file": part.get_filename(),
                "content": base64.b64encode(content).decode(),
            }


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        ASKED[address] += 1
        tell(asked=address)
        name = address.split("@")[0]
        later = re.match(r"later(\d+)", name)
        if name.startswith("refused"):
            return "550 5.1.1 No such mailbox here"
        if name.startswith("busy") or later and ASKED[address] <= int(later[1]):
            return "451 4.7.1 Greylisted\x07, try again"
        if name.startswith("mute"):
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(address.startswith("denied") for address in envelope.rcpt_tos):
            return "554 5.7.1 Message looks like spam"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        tell(
            sender=envelope.mail_from,
            to=envelope.rcpt_tos,
            headers=[[name.lower(), str(value)] for name, value in message.items()],
            parts=list(parts(message)),
            tls=server.transport.get_extra_info("ssl_object") is not None,
            user=session.auth_data,
        )
        if any(address.startswith("slow") for address in envelope.rcpt_tos):
            await asyncio.sleep(60)
        return "250 Message accepted"


def authenticate(server, session, envelope, mechanism, data):
    login, password = data.login.decode(), data.password.decode()
    is_right = [login, password] == SETTINGS["login"]
    return AuthResult(success=is_right, handled=False, auth_data=login)


async def main():
    context = None
    if SETTINGS.get("certificate"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(SETTINGS["certificate"])
    is_wrapped = SETTINGS.get("wrapped", False)
    options = {"auth_require_tls": False} if is_wrapped else {"tls_context": context}
    if SETTINGS.get("login"):
        options |= {"authenticator": authenticate, "auth_required": True}

    def connection():
        return SMTP(Handler(), hostname="mail.test", data_size_limit=40_000_000, **options)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        connection, "127.0.0.1", SETTINGS.get("port", 0), ssl=context if is_wrapped else None
    )
    tell(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
