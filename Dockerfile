# Two images from one file: `serve` answers questions, `ingest` runs syncs and batches too.
# docs/how-to/build-container-images.md says how to build and run them.
#
# The pipeline passes BASE with its digest (name@sha256:…). Any Debian-like base with python3 >= 3.11
# and its venv module does.
ARG BASE=docker.io/library/python:3.11-slim-bookworm

# What the stages below build with. Nothing of it reaches an image but what is copied out.
FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
# Indexes of your own, for example one of CPU builds of torch; see also the guide on pip.conf.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
WORKDIR /src
RUN python3 -m venv /opt/plumbline
# The dependencies alone, with nothing of ours to import: a change of code leaves these layers be.
COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN touch plumb.py

# The embedding model as ONNX. Torch comes and goes in one step, so that no layer holds it.
FROM build AS model
COPY plumb.py ./
COPY prompts ./prompts
COPY ingestion ./ingestion
COPY app ./app
ARG EMBEDDING_MODEL=sentence-transformers/all-MiniLM-L6-v2
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/plumbline/bin/pip install -q -c constraints.txt '.[models]' \
    && /opt/plumbline/bin/plumb models export /opt/models --embedding-model "${EMBEDDING_MODEL}" \
    && chmod -R a=rX,u+w /opt/models \
    && rm -r /opt/plumbline build

FROM build AS serve-packages
ARG SERVE_EXTRAS=serve,postgres,azure
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/plumbline/bin/pip install -q -c constraints.txt ".[${SERVE_EXTRAS}]" \
    && rm -r build \
    # OpenVINO for other devices than the CPU, its headers, and what reads other formats than ONNX: 80 MB.
    && rm -rf \
        /opt/plumbline/lib/python3*/site-packages/openvino/include \
        /opt/plumbline/lib/python3*/site-packages/openvino/libs/cache.json \
        /opt/plumbline/lib/python3*/site-packages/openvino/libs/libopenvino_intel_[gn]pu_plugin.so \
        /opt/plumbline/lib/python3*/site-packages/openvino/libs/libopenvino_gguf_frontend.so* \
        /opt/plumbline/lib/python3*/site-packages/openvino/libs/libopenvino_jax_frontend.so* \
        /opt/plumbline/lib/python3*/site-packages/openvino/libs/libopenvino_paddle_frontend.so* \
        /opt/plumbline/lib/python3*/site-packages/openvino/libs/libopenvino_pytorch_frontend.so* \
        /opt/plumbline/lib/python3*/site-packages/openvino/libs/libopenvino_tensorflow*_frontend.so*

FROM serve-packages AS ingest-packages
ARG SERVE_EXTRAS=serve,postgres,azure
# `formats,models` brings torch along, for models that ONNX alone cannot run.
ARG INGEST_EXTRAS=formats
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/plumbline/bin/pip install -q -c constraints.txt ".[${SERVE_EXTRAS},${INGEST_EXTRAS}]" \
    && rm -r build

# The code, without evals/; then pip goes, which nothing needs at run time.
FROM serve-packages AS serve-code
COPY plumb.py ./
COPY prompts ./prompts
COPY ingestion ./ingestion
COPY app ./app
RUN /opt/plumbline/bin/pip install -q --no-deps --force-reinstall . \
    && /opt/plumbline/bin/pip uninstall -q -y setuptools pip

FROM ingest-packages AS ingest-code
COPY plumb.py ./
COPY prompts ./prompts
COPY ingestion ./ingestion
COPY app ./app
RUN /opt/plumbline/bin/pip install -q --no-deps --force-reinstall . \
    && /opt/plumbline/bin/pip uninstall -q -y setuptools pip

# A user with a name, and a folder that is theirs. The images below run no command while they are
# built: nothing of the building machine can stay in them.
FROM ${BASE} AS user
RUN echo 'plumbline:x:10001:10001:Plumbline:/data:/usr/sbin/nologin' >> /etc/passwd \
    && echo 'plumbline:x:10001:' >> /etc/group \
    && mkdir /empty

FROM ${BASE} AS runtime
COPY --from=user /etc/passwd /etc/group /etc/
COPY --from=user --chown=10001:10001 /empty /data
COPY --from=model /opt/models /opt/models
COPY infra/image/health.py /opt/health.py
ARG EMBEDDING_MODEL=sentence-transformers/all-MiniLM-L6-v2
ENV PATH=/opt/plumbline/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/data \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PLUMB_EMBEDDING_CACHE_DIR=/opt/models \
    PLUMB_EMBEDDING_MODEL=${EMBEDDING_MODEL} \
    PLUMB_INDEX_URL=/data/index \
    PLUMB_STORE_URL=sqlite:////data/store.db \
    PLUMB_SYNC_UPLOADS=/data/uploads \
    PLUMB_JOBS_FOLDER=/data/jobs
VOLUME /data
WORKDIR /data
USER 10001:10001
ENTRYPOINT ["plumb"]

FROM runtime AS ingest
COPY --from=ingest-code /opt/plumbline /opt/plumbline
HEALTHCHECK NONE
CMD ["worker"]
ARG COMMIT
LABEL org.opencontainers.image.title="Plumbline ingest" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${COMMIT}"

FROM runtime AS serve
COPY --from=serve-code /opt/plumbline /opt/plumbline
ENV PLUMB_SERVE_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python3", "-I", "/opt/health.py", "serve"]
CMD ["serve"]
ARG COMMIT
LABEL org.opencontainers.image.title="Plumbline serve" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${COMMIT}"
