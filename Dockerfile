# The connector in /app, as the original's image: ./bytefreezer-connector is callable there and takes the same flags.
FROM maven:3-eclipse-temurin-17 AS build
WORKDIR /build
COPY . .
RUN mvn -q -B package -DskipTests

# DuckDB's httpfs for the same version, so that a site without internet can read S3.
FROM python:3-slim AS httpfs
COPY pom.xml /build/
COPY src/test/servers /build/src/test/servers/
RUN CONNECTOR_TEST_CACHE=/cache bash /build/src/test/servers/install.sh httpfs

FROM eclipse-temurin:17-jre
WORKDIR /app
RUN useradd --uid 1000 --create-home connector && chown connector /app
COPY --from=build /build/target/bytefreezer-connector.jar ./
COPY --from=build /build/target/lib lib/
COPY --from=httpfs /cache/duckdb-extensions /extensions
COPY application.properties ./
COPY routes routes/
COPY samples samples/
COPY --chmod=755 src/main/docker/bytefreezer-connector ./
USER connector
# Classes as the first run loads them, so that later starts take half the time.
RUN JAVA_OPTS="-XX:ArchiveClassesAtExit=bytefreezer-connector.jsa -XX:+UseSerialGC" ./bytefreezer-connector --mode batch --set cursor.file=/tmp/cursor.db > /dev/null
ENV DUCKDB_EXTENSION_DIRECTORY=/extensions
EXPOSE 8090
ENTRYPOINT ["./bytefreezer-connector"]
