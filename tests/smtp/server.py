"""A mail server that does what its arguments say, and tells what happens to it: one JSON object a line.

It repeats every line of its input, so that a test knows when it has heard all that came before; and it ends when its input
does, so that none is left behind by a test that was killed.
"""

import argparse
import asyncio
import json
import logging
import os
import ssl
import sys
import threading

import trustme
from aiosmtpd.smtp import SMTP, AuthResult


def tell(event, **facts):
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--security", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--name", default="localhost", help="what the certificate is for")
    parser.add_argument("--ca-file", help="where to write the certificate of who signed it")
    parser.add_argument("--login", help="user:password that must be given")
    parser.add_argument("--rcpt", action="append", default=[], help="a reply to RCPT; the first one first, then 250")
    parser.add_argument("--data", action="append", default=[], help="a reply to the content, or 'silence'")
    parser.add_argument("--greeting", help="all that is ever said to a client; may be empty")
    return parser.parse_args()


class Handler:
    def __init__(self, options):
        self.options = options

    def login(self, server, session, envelope, mechanism, given):
        right = self.options.login == f"{given.login.decode()}:{given.password.decode()}"
        tell("login", right=right, encrypted=encrypted(server))
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        reply = self.options.rcpt.pop(0) if self.options.rcpt else "250 OK"
        tell("recipient", encrypted=encrypted(server))
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply.replace("ADDRESS", address)

    async def handle_DATA(self, server, session, envelope):
        reply = self.options.data.pop(0) if self.options.data else "250 OK"
        tell(
            "message",
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            content=envelope.content.decode("ascii"),
            encrypted=encrypted(server),
            connection=server.number,
        )
        if reply == "silence":
            await asyncio.Event().wait()
        return reply


def encrypted(server):
    return server.transport.get_extra_info("sslcontext") is not None


def certificate(options):
    if options.security == "none":
        return None
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(options.name).configure_cert(context)
    authority.cert_pem.write_to_path(options.ca_file)
    return context


def connections(options):
    """What is called for every connection."""
    context, handler, number = certificate(options), Handler(options), 0

    def connection():
        nonlocal number
        number += 1
        server = SMTP(
            handler,
            hostname="localhost",
            tls_context=context if options.security == "starttls" else None,
            auth_required=options.login is not None,
            auth_require_tls=False,
            authenticator=handler.login,
        )
        server.number = number
        tell("connection", number=number)
        return server

    return connection, context if options.security == "implicit" else None


async def say_only(greeting, reader, writer):
    tell("connection")
    writer.write(f"{greeting}\r\n".encode() if greeting else b"")
    await reader.read()
    writer.close()


async def serve(options):
    if options.greeting is None:
        connection, context = connections(options)
        server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", options.port, ssl=context)
    else:
        server = await asyncio.start_server(
            lambda *streams: say_only(options.greeting, *streams), "127.0.0.1", options.port
        )
    tell("listening", port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


def follow_input():
    for line in sys.stdin:
        tell("heard", line=line.strip())
    os._exit(0)


if __name__ == "__main__":
    logging.disable()
    threading.Thread(target=follow_input, daemon=True).start()
    asyncio.run(serve(arguments()))
