"""The worker: claim, splice, send, record.

    ledger.claim -> Sorting.prepare -> Tray -> Carrier: offer, last mark durable, Sorting.refusal, body -> Clerk.mark

A line writes its next body only when the mark of its last message is durable, and no body without a living lease. So a
worker that is killed leaves at most one message a line that may go out twice, with the same bytes and Message-ID.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import structlog
import uvloop
from django.conf import settings

from config import clock, databases, kept_relay, relays
from config.relays import RelayAddress
from feeds.wake import Wake, open_wake
from notifier import channel, dkim, ledger
from notifier.ledger import Claimed, Mark
from notifier.lineage import Lineage
from notifier.models import NOBODY, Delivery, Dispatch, Lease
from notifier.pace import Pace
from notifier.replies import recording
from notifier.sending.carrier import Carrier
from notifier.sending.clerk import Clerk
from notifier.sending.domains import Domains, TurnedAway
from notifier.sending.leasehold import Leasehold
from notifier.sending.parcels import Message, Parcel, Sorting
from notifier.sending.pool import Pool
from notifier.sending.repeating import AGAIN_SECONDS, every
from notifier.sending.retries import Schedule
from notifier.sending.signing import Signing
from notifier.sending.tray import Tray

log = structlog.stdlib.get_logger(__name__)
State = Delivery.State

CLAIM = 500
AHEAD_SECONDS = 10.0  # no more is claimed than leaves in this time
LOOK_SECONDS = 1.5  # how often holds, versions and people are looked up again
STALE_SECONDS = 4.0  # no body is begun on knowledge that is older: `herald stop` takes effect within 5 s
DRAIN_SECONDS = 20.0  # with what follows it is less than the 30 s after which a process is killed
END_SECONDS = 3.0
WAIT_SECONDS = 0.25
MOST_HELD = 20  # refusals that wait until more has been taken than refused
SWITCH_SECONDS = 0.0005  # a tenth of what Python does by itself


class Worker:
    """Sends what is due, over a few connections. One `run` or `drain` for each instance."""

    def __init__(self, connections: int | None = None, urls: str | None = None) -> None:
        self._relays = relays.parse(kept_relay.url() if urls is None else urls)
        self._connections = connections or settings.SMTP_CONNECTIONS
        self._keys = dkim.load(settings.DKIM_KEYS)
        self.counts: Counter[str] = Counter()
        self.pace = Pace()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set; then finish the bodies that are begun and give back the rest."""
        uvloop.run(self._work(stop))

    def drain(self) -> Counter[str]:
        """Send all that is due now; how many deliveries came to each state, by its name in lower case ("pending": given
        back). Ends early when the relay cannot be used; `Channel.fault` then says why.
        """
        uvloop.run(self._work(None))
        return self.counts

    async def _work(self, stop: threading.Event | None) -> None:
        # The clerk asks for the interpreter's lock some ten times for each commit, and all lines wait for that.
        interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            await _Shift(self._relays, self._connections, self._keys, self.counts, self.pace).work(stop)
        finally:
            sys.setswitchinterval(interval)


class _Shift:
    """A worker at work: what lives in its event loop."""

    def __init__(
        self,
        addresses: Sequence[RelayAddress],
        connections: int,
        keys: Sequence[dkim.Key],
        counts: Counter[str],
        pace: Pace,
    ) -> None:
        self._connections = connections
        self._counts = counts
        self._pace = pace
        self._in_hand: dict[tuple[int, int], Claimed] = {}
        self._astray = False
        self._broken: BaseException | None = None
        self._sent_said = 0
        self._failed: list[Mark] = []
        self._looked = clock.ticks()
        self._clerk = Clerk(self._recorded)
        self._lease = Leasehold(self._clerk)
        self._lineage = Lineage()
        self._sorting = Sorting(keys)
        self.signing = Signing(self._sorting)
        self._domains = Domains(settings.DOMAIN_LIMITS, connections, clock.ticks)
        self.pool = Pool(addresses, connections, self._clerk)
        self.tray = Tray(2 * connections, clock.ticks, self._domains)
        self.schedule = Schedule(
            settings.RETRY_SCHEDULE, settings.RETRY_LIFETIME, settings.RETRY_LIFETIME_LETTERS
        )
        self._wake_pool = ThreadPoolExecutor(1, "wake")
        self._wake: Wake | None = None

    async def work(self, stop: threading.Event | None) -> None:
        # What was imported stays: not to be searched for cycles again and again, while each message leaves some litter.
        gc.freeze()
        try:
            if await self._begun(stop):
                await self._feed_and_carry(stop)
        finally:
            await self._end()

    async def _begun(self, stop: threading.Event | None) -> bool:
        """Take up work, when the database is there. False if it was told to stop meanwhile."""
        while not (stop and stop.is_set()):
            try:
                await self._lease.take()
                await self._clerk.do(partial(self._lineage.look, self.now()))
                await self._share_limits()
                await self.pool.begin(probe=stop is not None)
            except Exception as error:
                if stop is None or not databases.is_away(error):
                    raise
                log.warning("a worker waits for the database, which is away", error=repr(error))
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return True
        return False

    async def _feed_and_carry(self, stop: threading.Event | None) -> None:
        carriers = [asyncio.create_task(Carrier(self).run()) for _ in range(self._connections)]
        carriers.append(asyncio.create_task(Carrier(self, express=True).run()))
        for carrier in carriers:
            carrier.add_done_callback(self._line_ended)
        others = [
            asyncio.create_task(self.pool.tend()),
            asyncio.create_task(every(ledger.RENEW.total_seconds(), self._renew, self._lease.doubtful)),
            asyncio.create_task(every(LOOK_SECONDS, self._look)),
        ]
        try:
            await self._feed(stop)
        finally:
            self.tray.close()
            self.pool.close()
            late = (await asyncio.wait(carriers, timeout=DRAIN_SECONDS))[1]
            for task in (*late, *others):
                task.cancel()
            await asyncio.gather(*carriers, *others, return_exceptions=True)
            self.signing.close()
        if self._broken is not None:
            raise self._broken

    def _line_ended(self, line: asyncio.Task[None]) -> None:
        """A line that broke has a message in hand whose fate nobody knows: so the worker and its lease end."""
        if not line.cancelled() and (error := line.exception()):
            log.error("a line ended with an error; the worker ends", exc_info=error)
            self._broken = error

    async def _end(self) -> None:
        """Give back what was not begun, after the marks of what was."""
        with contextlib.suppress(Exception):  # whatever the database says: the sweep will find it
            async with asyncio.timeout(END_SECONDS):
                await self._lease.end()
                await self._say_sent()
                await self._say_failed()
                await self.pool.publish()
        await self._clerk.close()
        if self._wake is not None:
            await asyncio.get_running_loop().run_in_executor(self._wake_pool, self._wake.close)
        self._wake_pool.shutdown()

    async def _feed(self, stop: threading.Event | None) -> None:
        """Keep the tray filled until told to stop, or, draining, until nothing is due."""
        while not (stop and stop.is_set()) and self._broken is None:
            if self.pool.out:
                if stop is None and self.pool.is_hopeless:
                    return
                await self.pool.changed(WAIT_SECONDS)
                continue
            try:
                took = await self._claim()
            except Exception:
                log.exception("claiming failed and will be tried again")
                self._astray = True
                await asyncio.sleep(1.0)
                continue
            if stop is None and not took and not self._in_hand and not self.pool.out:
                return
            await self._wait(took, watching=stop is not None)

    async def _claim(self) -> int:
        """Claim what there is room for. Letters are taken at any time, so that none waits behind digests."""
        owner, now = self._lease.owner, self.now()
        if not self._lease.holds(owner):
            return 0
        if self._astray:
            await self._give_back_astray()
        lanes = list(Dispatch.Lane) if self.tray.is_low else [Dispatch.Lane.LETTER]
        limit = self.tray.room(CLAIM, AHEAD_SECONDS)

        def claim() -> tuple[list[Parcel], list[Mark]]:
            if not self._lineage.holds():
                return [], []
            claimed = ledger.claim(owner, limit, now, lanes)
            if len(claimed) >= limit:
                claimed += _shares(owner, limit, now, set(lanes) - {c.lane for c in claimed})
            return self._sorting.prepare(claimed, now)

        parcels, marks = await self._clerk.do(claim)
        for claimed in (*(p.claimed for p in parcels), *(m.claimed for m in marks)):
            self._in_hand[_key(claimed)] = claimed
        for mark in marks:
            self.record(mark)
        for away in self.tray.put(parcels):
            self.record(_later(away, self.now()))
        return len(parcels) + len(marks)

    async def _give_back_astray(self) -> None:
        """What a claim that failed may have left: it is ours in the ledger, and not in hand."""
        owner, now, known = self._lease.owner, self.now(), set(self._in_hand)

        def give_back() -> None:
            astray = [claimed for claimed in ledger.held(owner) if _key(claimed) not in known]
            ledger.mark_many([Mark(claimed, State.PENDING, now) for claimed in astray])

        await self._clerk.do(give_back)
        self._astray = False

    async def _wait(self, took: int, *, watching: bool) -> None:
        """Until there is room again; with nothing to send, until the database changes."""
        if not took and not self._in_hand:
            await asyncio.get_running_loop().run_in_executor(self._wake_pool, self._watch)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS if watching and not took else 0.05):
                await self.tray.low()
        if not took:
            await asyncio.sleep(0.02)

    def _watch(self) -> None:
        if self._wake is None:
            self._wake = open_wake()
        self._wake.wait(2 * WAIT_SECONDS)  # so long for what falls due by time

    # What the carriers ask for (notifier.sending.carrier.Office)

    def now(self) -> datetime:
        return clock.now()

    async def fresh(self) -> None:
        while clock.ticks() - self._looked > STALE_SECONDS:
            try:
                await self._look()
            except Exception:  # a body that is not begun has lost nothing
                log.exception("holds and people could not be looked up; no body is begun until they can")
                await asyncio.sleep(AGAIN_SECONDS)

    def refusal(self, parcel: Parcel) -> Mark | None:
        leased = self._lease.holds(parcel.claimed.owner)
        refused = self._sorting.refusal(parcel) if leased else (State.PENDING, "")
        return Mark(parcel.claimed, refused[0], self.now(), refused[1]) if refused else None

    def body(self, parcel: Parcel, ahead: Message | None) -> Message:
        return self._sorting.body(parcel, ahead)

    def record(self, mark: Mark) -> asyncio.Future[bool]:
        return self._clerk.mark(mark)

    def troubled(self) -> None:
        if self.pool.out:
            for parcel in self.tray.clear():
                self.record(Mark(parcel.claimed, State.PENDING, self.now()))

    def _recorded(self, mark: Mark, ours: bool) -> None:
        self._in_hand.pop(_key(mark.claimed), None)
        self.tray.done(mark)
        if not ours:
            if mark.state != State.PENDING:
                log.warning(
                    "a delivery was with somebody else when it was to be marked", **mark.claimed.for_log()
                )
                self._counts["lost"] += 1
            self._lease.doubt(mark.claimed.owner)
            return
        if mark.claimed.subscriber == NOBODY:
            return  # a canary is in no figure, and never makes up for others that do not leave
        self._counts[mark.state.name.lower()] += 1
        if mark.state in (State.DEFERRED, State.FAILED):
            self._pace.failed(mark.reason)
            if mark.state == State.FAILED:
                self._failed.append(mark)

    # What is kept up beside

    async def _renew(self) -> None:
        await self._share_limits()
        if not await self._lease.renew():
            for parcel in self.tray.clear():
                self._in_hand.pop(_key(parcel.claimed), None)
        await self._clerk.do(partial(self._lineage.look, self.now()))
        await self._clerk.do(self._report)

    def _report(self) -> None:
        report = self._pace.report()
        Lease.objects.filter(pk=self._lease.owner).update(report=report)
        if report["minute"]:
            log.info("sent in the last minute", count=report["minute"], a_second=round(report["now"]))

    async def _share_limits(self) -> None:
        """Limits a minute and an hour are for all workers together."""
        if self._domains.has_limits or self.pool.has_limits:
            workers = await self._clerk.do(ledger.workers)
            self._domains.share(workers)
            self.pool.share(workers)

    async def _look(self) -> None:
        at = clock.ticks()
        if self._in_hand:
            await self._clerk.do(partial(self._sorting.look, list(self._in_hand.values()), self.now()))
        self._looked = at
        self._pace.sent = self._counts["sent"]
        self._pace.look(at)
        await self._say_sent()
        await self._say_failed()

    async def _say_sent(self) -> None:
        if self._counts["sent"] > self._sent_said:
            self._sent_said = self._counts["sent"]
            await self.pool.note(partial(channel.sent, self.now()))

    async def _say_failed(self) -> None:
        """What a relay refuses at once is a bounce like any other; but as long as it has refused more than it has
        taken, that says more about it, and nobody is suppressed.
        """
        if self._counts["failed"] > self._counts["sent"]:
            if len(self._failed) > MOST_HELD:
                log.warning("more is refused than taken: no address is suppressed for that")
                self._failed.clear()
            return
        if self._failed:
            failed, self._failed = self._failed, []
            try:
                await self._clerk.do(partial(recording.refused, failed, self.now()))
            except Exception:  # the deliveries are marked; their addresses will be refused again
                log.exception("refusals could not be recorded as bounces")


def _shares(owner: str, limit: int, now: datetime, left_out: Collection[int]) -> list[Claimed]:
    """What the lanes that got nothing, as those before them have plenty, are given all the same."""
    part = max(1, limit // len(Dispatch.Lane))
    return [claimed for lane in sorted(left_out) for claimed in ledger.claim(owner, part, now, [lane])]


def _later(away: TurnedAway, now: datetime) -> Mark:
    """It waits in the ledger for its domain's turn, and no attempt is counted."""
    reason = f"{away.domain} takes only so much mail at a time: it waits for its turn"
    return Mark(
        away.parcel.claimed, State.DEFERRED, now, reason, next_try_at=now + timedelta(seconds=away.seconds)
    )


def _key(claimed: Claimed) -> tuple[int, int]:
    return claimed.dispatch, claimed.subscriber
