"""The composition root: settings → database → modules → web app and worker. Nothing else wires."""

import asyncio
import gc
import os
import signal
from pathlib import Path
from uuid import UUID

# Importing a module declares its operations, permissions and reactions.
import bihuan.casetypes.routes
import bihuan.channels.routes
import bihuan.customers.routes
import bihuan.identity.routes
import bihuan.notices.routes
import bihuan.privacy.routes
import bihuan.sla.routes
import bihuan.tickets.routes
from bihuan import channels, customers, evidence, identity, notices, privacy, sla, tickets
from bihuan.api import web
from bihuan.casetypes import store
from bihuan.core import clock, log, migrate, outbox
from bihuan.core.db import Database
from bihuan.core.desk import Desk
from bihuan.core.keyring import KeyRing
from bihuan.core.problems import Problem
from bihuan.core.settings import Settings, load
from bihuan.core.wake import Wake
from bihuan.privacy import RELEASED_TOPIC, forget_released

_log = log.get("app")
_HOUR = 3600.0
_CATCH_UP_SECONDS = 30.0
__all__ = ["make_desk", "web_app", "work"]
_declared = (
    bihuan.casetypes.routes,
    bihuan.channels.routes,
    bihuan.customers.routes,
    bihuan.identity.routes,
    bihuan.notices.routes,
    bihuan.privacy.routes,
    bihuan.sla.routes,
    bihuan.tickets.routes,
)


class UnsafeRole(Problem):
    """The database role of BIHUAN_DATABASE_URL is {what}; give the application a role of its own (see roles.sql)."""

    status = 503
    zh = "BIHUAN_DATABASE_URL 的数据库角色{what}；应用须使用专用角色（见 roles.sql）。"


def make_desk(settings: Settings, *, name: str = "bihuan", lenient: bool = False) -> Desk:
    """A desk on the settings' database. Raises KeysUnsafe, and unless `lenient` KeysMissing."""
    ring = KeyRing(settings.keys_file, lenient=lenient, subject_keys=str(settings.subject_keys_file))
    desk = Desk(
        settings,
        Database(settings.database_url, settings, ring, name=name),
        ring,
        Wake(settings.database_url),
    )
    desk.wake.on("case_types", store.forget)
    desk.wake.on("people", identity.forget_names)
    desk.wake.on("sla", sla.forget)
    desk.wake.on(RELEASED_TOPIC, forget_released)
    return desk


def web_app():  # noqa: ANN201
    """The factory each web process calls."""
    settings = load()
    log.configure(settings.log_level, pretty=bool(settings.log_pretty))
    migrate.check(settings.database_url)
    flag = os.environ.get("_BIHUAN_STOPPING", "")
    # What is loaded by now lives as long as the process; requests make few cycles, so collecting is seldom worth it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return web.create(
        make_desk(settings, name="bihuan-web", lenient=True),
        stopping=lambda: bool(flag) and Path(flag).exists(),
    )


async def work(settings: Settings) -> None:
    """The worker: delivers events, seals evidence, sweeps; until SIGTERM, then finishes its batch."""
    desk = make_desk(settings, name="bihuan-worker", lenient=True)
    couriers = notices.deliver.couriers(settings)
    stamper = evidence.stamps.stamper(settings)
    await desk.start()
    tasks = [
        asyncio.create_task(outbox.run(desk)),
        asyncio.create_task(tickets.due.run(desk)),
        asyncio.create_task(tickets.moves.run(desk)),
        asyncio.create_task(tickets.file_check.run(desk)),
        asyncio.create_task(tickets.retention_work.run(desk)),
        asyncio.create_task(notices.deliver.run(desk, couriers)),
        asyncio.create_task(_seal_for_ever(desk)),
        asyncio.create_task(evidence.stamps.run(desk, stamper)),
        asyncio.create_task(_sweep_for_ever(desk)),
        asyncio.create_task(evidence.siem.run(desk, identity.logins)),
    ]
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _log.info("worker_started")
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await desk.stop()
    _log.info("worker_stopped")


async def _seal_for_ever(desk: Desk) -> None:
    roots = evidence.RootsLog(desk.settings.data_folder / "roots.log")
    caught_up = float("-inf")
    while True:
        started = clock.perf()
        try:
            desk.ring.reload()
            behind = await evidence.tenants_to_seal(desk.database)
            for tenant_id in behind:
                await evidence.seal_tenant(desk.database, desk.ring, tenant_id)
            # Who takes a package out seals too, in another process: its rows reach the file here.
            if started - caught_up > _CATCH_UP_SECONDS:
                behind, caught_up = await evidence.all_tenants(desk.database), started
            for tenant_id in behind:
                await roots.catch_up(desk.database, tenant_id)
        except Exception as error:
            _log.error("sealing_failed", error=error)
        await asyncio.sleep(max(0.05, desk.settings.seal_seconds - (clock.perf() - started)))


async def _sweep_for_ever(desk: Desk) -> None:
    while True:
        try:
            for tenant_id in await evidence.all_tenants(desk.database):
                await sweep(desk, tenant_id)
        except Exception as error:
            _log.error("sweep_failed", error=error)
        await asyncio.sleep(_HOUR)


async def sweep(desk: Desk, tenant_id: UUID) -> None:
    """The hourly sweep of one tenant: old answers and tries, customers' ended links and sessions, files without a row,
    requests for a longer limit that lapsed, old notices; rows and persons' keys brought together.
    """
    await outbox.sweep_old(desk, tenant_id)
    await customers.sweep_sessions(desk, tenant_id)
    await customers.access_giving.sweep(desk, tenant_id)
    await identity.sweep_sign_ins(desk, tenant_id)
    await tickets.jobs.sweep_files(desk, tenant_id)
    await channels.sweep_inbound(desk, tenant_id)
    await privacy.key_sweep.sweep(desk, tenant_id)
    await tickets.extensions.sweep_lapsed(desk, tenant_id)
    await tickets.look_alarms.sweep(desk, tenant_id)
    await tickets.retention.sweep_drafts(desk, tenant_id)
    await notices.jobs.sweep(desk, tenant_id)
