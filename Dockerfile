# syntax=docker/dockerfile:1
# What builds stays behind; Herald runs as a user of its own, and writes to /var/lib/herald and /tmp only.
#
#   docker build -t herald .
#
# The same commit makes the same files: packages are held to their hashes, and compiled code to its source and not to a
# time. For the same image, byte for byte, name the base by its digest and the time of the commit:
#   docker buildx build --build-arg PYTHON=python@sha256:… --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) \
#       --output type=image,name=herald,rewrite-timestamp=true .
ARG PYTHON=python:3.13-slim-trixie

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONHASHSEED=0
WORKDIR /build
RUN python -m venv --without-pip /opt/herald
COPY requirements.lock ./
RUN pip --python /opt/herald/bin/python install --no-cache-dir --no-compile --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY feeds feeds
COPY notifier notifier
RUN pip --python /opt/herald/bin/python install --no-cache-dir --no-compile --quiet --no-deps . \
    && /opt/herald/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/herald/lib

FROM ${PYTHON} AS herald
# Written by hand, as useradd leaves the day behind.
RUN echo 'herald:x:10001:' >>/etc/group \
    && echo 'herald:x:10001:10001::/var/lib/herald:/usr/sbin/nologin' >>/etc/passwd \
    && install -d -o 10001 -g 10001 -m 0750 /var/lib/herald
COPY --from=build /opt/herald /opt/herald
ENV PATH=/opt/herald/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HERALD_HOME=/var/lib/herald \
    HERALD_BIND=0.0.0.0 \
    HERALD_PORT=8000
WORKDIR /var/lib/herald
USER 10001:10001
VOLUME /var/lib/herald
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["herald", "run"]

# For backups of PostgreSQL, which pg_dump makes: as new as the server in docker-compose.many.yml.
FROM herald AS backup
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 10001 -g 10001 -m 0700 /var/backups/herald
USER 10001:10001
HEALTHCHECK NONE
CMD ["herald", "backup", "/var/backups/herald", "--keep", "14"]

# What is built unless another stage is named.
FROM herald
