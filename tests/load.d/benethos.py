#!/usr/bin/env python3
"""Watches mailboxes with benethos-mailbox-service, as `serve` does, without its pages; it posts nothing.

usage: benethos.py HOST PORT <ADDRESSES
"""

import asyncio
import os
import sys

os.environ["SSL_CERT_FILE"] = os.environ["PEER_CA"]

from benethos_mailbox_service.assembly import build_services
from benethos_mailbox_service.assembly.lifecycle import serving
from benethos_mailbox_service.config import Settings
from benethos_mailbox_service.data.models import ProviderType
from benethos_mailbox_service.data.secrets import cipher, encode_recovery
from pydantic import SecretStr

host, port = sys.argv[1:3]
addresses = sys.stdin.read().split()


async def main() -> None:
    settings = Settings(
        _env_file=None,
        storage="memory",
        key_provider="env",
        MAILBOX_SERVICE_MASTER_KEY=encode_recovery(cipher.new_key()),
        discovery_internal_hosts=[host],
        sync_watchers=len(addresses),
        imap_requests_per_minute=100_000,
        imap_burst=1000,
    )
    services = build_services(settings)
    services.vault.initialize()
    admin = (await services.users.create_admin("admin")).user
    access = services.auth.access_of(admin.id)
    limit = asyncio.Semaphore(50)

    async def connect(address: str) -> None:
        async with limit:
            await services.accounts.create(
                access,
                ProviderType.IMAP,
                address,
                settings={"host": host, "port": int(port), "security": "tls", "username": address},
                credentials={"password": SecretStr(os.environ["PEER_PASSWORD"])},
            )

    await asyncio.gather(*map(connect, addresses))
    print("benethos: connected", len(addresses), file=sys.stderr, flush=True)
    async with serving(services, settings, None):
        await asyncio.Event().wait()


asyncio.run(main())
