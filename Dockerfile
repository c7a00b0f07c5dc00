# camclips with its Node and its ffmpeg, for those who want to install neither.
#   docker build -t camclips .
#   docker run --rm -v "$PWD:/work" -u "$(id -u):$(id -g)" camclips demo

FROM node:24-bookworm-slim AS packages
WORKDIR /camclips
COPY package.json package-lock.json ./
COPY packages packages
# Debian's ffmpeg is used, so nothing optional; and nothing that wants to run a script.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /work
COPY --from=packages /camclips /camclips
# Else V8 lets short-lived objects take a hundred megabytes where the machine has them.
ENV NODE_OPTIONS=--max-semi-space-size=8
# The image's user "node".
USER 1000
WORKDIR /work
ENTRYPOINT ["node", "/camclips/packages/cli/src/main.ts"]
CMD ["--help"]
