# An image with the program of the Debian package and nothing else.
#
# It is not built by the project's tests: their machines have no container engine.
# A test compares this file with the tree and with docs/install.md; the program is
# built by the same script as the package's, which is tested.
#
#	docker build --build-arg VERSION=1.2.3 -t caddy-awsjwt .

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
ARG TARGETOS=linux
ARG TARGETARCH=amd64
ARG VERSION=0.0.0
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY awstoken/ awstoken/
COPY caddymodule/ caddymodule/
COPY celpolicy/ celpolicy/
COPY cmd/ cmd/
COPY identity/ identity/
COPY verifier/ verifier/
COPY packaging/ packaging/
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH VERSION=$VERSION SOURCE_DATE_EPOCH=0 packaging/build binary /out/caddy-awsjwt
RUN mkdir -p /out/state

# No shell, no libc; the certificates of authorities, and a user of its own.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/caddy-awsjwt /usr/bin/caddy-awsjwt
COPY --from=build --chown=65532:65532 /out/state /var/lib/caddy-awsjwt
COPY deploy/container/Caddyfile /etc/caddy-awsjwt/Caddyfile
ENV HOME=/var/lib/caddy-awsjwt XDG_DATA_HOME=/var/lib/caddy-awsjwt XDG_CONFIG_HOME=/var/lib/caddy-awsjwt
VOLUME /var/lib/caddy-awsjwt
EXPOSE 80 443 443/udp
USER 65532:65532
ENTRYPOINT ["/usr/bin/caddy-awsjwt"]
CMD ["run", "--config", "/etc/caddy-awsjwt/Caddyfile"]
