# slicecheck without a Rust toolchain: docker build -t slicecheck .
# A client is judged inside: mount it, or begin your own image with this one and install what it needs.
#   docker run --rm -v "$PWD:/client" slicecheck run --report json=report.json -- ./uploader
FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked --bin slicecheck

FROM debian:bookworm-slim
RUN useradd --create-home --uid 1000 slicecheck
COPY --from=build /source/target/release/slicecheck /usr/local/bin/slicecheck
USER 1000
WORKDIR /client
ENTRYPOINT ["slicecheck"]
CMD ["--help"]
