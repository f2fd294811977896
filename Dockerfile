# syntax=docker/dockerfile:1
# Two stages: what builds stays behind. Herald runs as a user of its own and writes to /var/lib/herald only.

FROM python:3.13-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/herald
COPY requirements.lock ./
RUN /opt/herald/bin/pip install --no-cache-dir --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY feeds feeds
COPY notifier notifier
RUN /opt/herald/bin/pip install --no-cache-dir --quiet --no-deps . \
    && /opt/herald/bin/python -m compileall -q /opt/herald/lib

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/herald --create-home herald
COPY --from=build /opt/herald /opt/herald
ENV PATH=/opt/herald/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HERALD_HOME=/var/lib/herald \
    HERALD_BIND=0.0.0.0 \
    HERALD_PORT=8000
WORKDIR /var/lib/herald
USER herald
VOLUME /var/lib/herald
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["herald", "run"]
