# Any image of Python 3.11 or newer on a glibc; both stages have the same, so that the venv's interpreter is there.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# What changes seldom comes first: code does not install the dependencies anew.
COPY requirements-runtime.lock ./
RUN python -m venv --without-pip /opt/fileport \
 && python -m pip --python /opt/fileport install --quiet \
    --require-hashes --no-deps --only-binary :all: --requirement requirements-runtime.lock \
 && python -m compileall -q --invalidation-mode unchecked-hash /opt/fileport/lib

# The build backend, from the lock as well. One of its dependencies that is not named here stops the build.
COPY requirements.lock ./
RUN awk '/^[^ #]/ { wanted = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } wanted' \
    requirements.lock > build.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --quiet --require-hashes --only-binary :all: --requirement build.lock

# Under a prefix of its own: a layer of a few hundred KiB on the one with the dependencies.
COPY pyproject.toml LICENSE ./
COPY adapters adapters
COPY domain domain
COPY service service
RUN /opt/build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . \
 && python -m pip --python /opt/fileport install --quiet \
    --no-deps --no-index --ignore-installed --prefix /opt/project dist/*.whl \
 && python -m compileall -q --invalidation-mode unchecked-hash /opt/project/lib

FROM ${BASE}
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/fileport --shell /usr/sbin/nologin fileport \
 && install --directory --owner fileport --group fileport --mode 0700 /var/lib/fileport
COPY --from=build /opt/fileport /opt/fileport
COPY --from=build /opt/project /opt/fileport
COPY deploy/healthcheck.py /opt/fileport/healthcheck.py

# All bytecode is in the image, which may be mounted read-only.
ENV PATH=/opt/fileport/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FILEPORT_HOST=0.0.0.0 \
    FILEPORT_PORT=8000 \
    FILEPORT_DATA_DIR=/var/lib/fileport \
    FILEPORT_LOG_FORMAT=json

# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/fileport
EXPOSE 8000

# Liveness, for an engine restarts what is unhealthy, and no restart brings back a database or a store.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-I", "/opt/fileport/healthcheck.py", "/health/live"]

ENTRYPOINT ["fileport"]
CMD ["serve"]

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Fileport" \
      org.opencontainers.image.description="A file service: metadata in Postgres, bytes in S3, and the two never disagree" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
