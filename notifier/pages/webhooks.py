"""`POST /webhooks/<provider>`: what providers report of our messages. For programs; no page, no cookie, no language."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from config import clock
from notifier.replies import webhooks
from notifier.replies.webhooks.protocol import Call, NotGenuine, Unanswered

log = structlog.stdlib.get_logger(__name__)
LIMIT = 300_000  # bytes; Amazon SNS sends at most 256 KiB


@csrf_exempt  # the provider proves itself by what it signs; no browser is involved
@require_POST
def report(request: HttpRequest, provider: str) -> HttpResponse:
    """204: recorded, or nothing to record. 403: not the provider. 400, 413: not readable. 503: to be sent again.

    404 for every provider that WEBHOOKS does not name.
    """
    proof = settings.WEBHOOKS.get(provider)
    if not proof:
        raise Http404
    if len(request.body) > LIMIT:
        return HttpResponse(status=413)
    now = clock.now()
    call = Call(request.body, {name.lower(): value for name, value in request.headers.items()})
    try:
        taken = webhooks.take(webhooks.PROVIDERS[provider].read(call, proof, now), now)
    except NotGenuine as fault:
        log.warning("a call to a webhook was refused", provider=provider, why=str(fault))
        return HttpResponse(status=403)
    except Unanswered as fault:
        log.warning("a call to a webhook waits", provider=provider, why=str(fault))
        return HttpResponse(status=503)
    except ValueError:
        return HttpResponse(status=400)
    if taken:
        log.info("a webhook reported", provider=provider, count=taken)
    return HttpResponse(status=204)
