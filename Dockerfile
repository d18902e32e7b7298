# Built from source, run without it: the second stage holds dist/, better-sqlite3 and Node, nothing else.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY scripts scripts
RUN npm ci
COPY server server
COPY db db
COPY web web
COPY docs/weir.schema.json docs/
RUN npm run build \
 && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    WEIR_HOST=0.0.0.0 \
    WEIR_DATA=/data
WORKDIR /weir
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY LICENSE ./
# One volume holds all that Weir writes, so the root file system may be read-only.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 9347
# Drains: fifteen minutes of `grace` for running calls, after ten seconds of `drainDelay`. See stop_grace_period in docker-compose.yml.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.WEIR_PORT||9347)+(process.env.WEIR_BASE_PATH||'')+'/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
# node itself is process 1 and hears SIGTERM; no shell in between.
ENTRYPOINT ["node", "dist/main.js"]
