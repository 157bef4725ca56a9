# The image holds the binary, the libraries it is linked to, and the authorities it trusts: no shell, no
# package manager. It runs as a user without rights, on a read-only file system, and writes to /data.

FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin undersigned
RUN set -eu; \
    binary=target/release/undersigned; \
    mkdir -p /image/usr/bin /image/etc/ssl/certs /image/data; \
    cp "$binary" /image/usr/bin/; \
    ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do cp -L --parents "$library" /image; done; \
    cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/; \
    echo 'undersigned:x:65532:65532::/data:/' > /image/etc/passwd; \
    echo 'undersigned:x:65532:' > /image/etc/group; \
    echo 'hosts: files dns' > /image/etc/nsswitch.conf; \
    chown 65532:65532 /image/data

FROM scratch
COPY --from=build /image /
ENV UNDERSIGNED_DATA_DIR=/data \
    UNDERSIGNED_SERVER__LISTEN=0.0.0.0:8080 \
    UNDERSIGNED_OPS__LISTEN=0.0.0.0:9090 \
    UNDERSIGNED_LOG__FORMAT=json \
    SQLITE_TMPDIR=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080 9090
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/usr/bin/undersigned", "health"]
ENTRYPOINT ["/usr/bin/undersigned"]
CMD ["serve"]
