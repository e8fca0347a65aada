# The image of the program. docker-compose.yml runs it with a database and a load balancer.
#
#   docker build --tag holdfast .
#   docker run --rm holdfast demo
#   docker run --network host --volume holdfast:/var/lib/holdfast holdfast
#
# Authentication is not implemented yet, so the server listens on loopback only. Clients outside of its container must share
# its network (--network host, or as in docker-compose.yml).

FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --profile dist --locked -p holdfast \
    && cp target/dist/holdfast /usr/local/bin/holdfast

FROM debian:bookworm-slim
# CA certificates for a database with TLS, curl for health checks.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin holdfast \
    && install --directory --owner=holdfast --group=holdfast --mode=0700 /var/lib/holdfast
COPY --from=build /usr/local/bin/holdfast /usr/local/bin/holdfast
USER 10001:10001
# The directory of the embedded store, which is the default database.
WORKDIR /var/lib/holdfast
ENTRYPOINT ["holdfast"]
CMD ["serve"]
