# The connector is in /app, as in the original's image: ./bytefreezer-connector is there and takes the same flags.
# For amd64 and arm64: docker buildx build --platform linux/amd64,linux/arm64 . ; Maven's stage runs once, on the builder's platform.
FROM --platform=$BUILDPLATFORM maven:3-eclipse-temurin-17 AS build
WORKDIR /build
COPY . .
RUN mvn -q -B package -DskipTests \
 && rm target/lib/libduckdb_java.so_osx_* target/lib/libduckdb_java.so_windows_*

# DuckDB's httpfs in the same version, to read S3 without internet access.
FROM python:3-slim AS httpfs
COPY pom.xml /build/
COPY src/test/servers /build/src/test/servers/
RUN CONNECTOR_TEST_CACHE=/cache bash /build/src/test/servers/install.sh httpfs

FROM eclipse-temurin:17-jre
WORKDIR /app
# The health checks of the original's deployments call wget.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends wget \
 && rm -rf /var/lib/apt/lists/* \
 && (userdel --remove ubuntu 2>/dev/null || true) \
 && useradd --uid 1000 --create-home connector \
 && install --directory --mode=1777 /data
COPY --from=build /build/target/bytefreezer-connector.jar ./
COPY --from=build /build/target/lib lib/
COPY --from=httpfs /cache/duckdb-extensions /extensions
COPY application.properties ./
COPY routes routes/
COPY samples samples/
COPY --chmod=755 src/main/docker/bytefreezer-connector ./
# A class archive from a first run, which exports, serves and answers a query, halves the time of later starts.
RUN JAVA_OPTS="-XX:ArchiveClassesAtExit=bytefreezer-connector.jsa -XX:+UseSerialGC -XX:TieredStopAtLevel=1" \
    ./bytefreezer-connector --mode watch --set server.port=0 --set cursor.file=/tmp/cursor.db > /dev/null 2> /tmp/log & \
    until page=$(grep --only-matching 'http://localhost:[0-9]*/' /tmp/log); do kill -0 $! && sleep 0.1 || exit 1; done; \
    wget --quiet --output-document=/dev/null ${page}api/v1/exports; \
    wget --quiet --output-document=/dev/null --header="Content-Type: application/json" \
        --post-data='{"tenant_id":"acme","dataset_id":"syslog","sql":"SELECT * FROM events","limit":500,"newest_first":true}' \
        ${page}api/v1/query; \
    kill $!; wait $!
RUN chmod a+r bytefreezer-connector.jsa && rm -rf /tmp/*
# Root owns /app. Files with a relative name, such as the cursor, go to /data.
USER connector
# A container must listen on all interfaces; the API then requires server.token.
ENV DUCKDB_EXTENSION_DIRECTORY=/extensions DATA_FOLDER=/data SERVER_HOST=0.0.0.0
EXPOSE 8090
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD wget --quiet --spider http://127.0.0.1:8090/api/v1/health
ENTRYPOINT ["./bytefreezer-connector"]
