package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Mode;
import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.testing.ForwardProxy;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.WebhookServer;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bucket behind TLS with an authority of its own, and behind a proxy: the lake is listed and read by the same way. */
@Tag("slow")
class NetworkTest {
    @TempDir
    private static Path shared;

    private static MinioServer minio;
    private static Path authority;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws Exception {
        var certificates = new Certificates(shared);
        certificates.sign("lake", "ip:127.0.0.1,dns:minio.test");
        authority = certificates.certificate("ca");
        minio = S3Server.minio();
        var lake = ParquetLake.in(shared.resolve("lake"));
        lake.object("day=01/a.parquet", "SELECT 1 AS id");
        minio.createBucket("lake");
        minio.uploadFolder("lake", "", lake.root());
        minio.restartSecured(certificates.certificate("lake"), certificates.key("lake"));
    }

    @AfterAll
    static void stop() {
        minio.close();
    }

    @Test
    void anAuthorityOfItsOwnIsTrustedForListingAndReading() throws Exception {
        String endpoint = "https://127.0.0.1:" + port();

        var unknown = run(endpoint, Map.of(), Map.of());
        assertThat(unknown.succeeded()).isFalse();
        assertThat(unknown.log("ERROR")).singleElement().asString().contains("cannot be listed", "certif");

        assertThat(run(endpoint, Map.of("s3.ca-file", authority.toString()), Map.of()))
                .satisfies(NetworkTest::requireOneRecord);
    }

    @Test
    void theProxyOfTheEnvironmentIsTakenForListingAndReading() throws Exception {
        try (var proxy = new ForwardProxy()) {
            var run = run(
                    "https://minio.test:" + port(),
                    Map.of("s3.ca-file", authority.toString()),
                    Map.of("HTTPS_PROXY", "http://127.0.0.1:" + proxy.port(), "NO_PROXY", "127.0.0.1,.other.test"));

            requireOneRecord(run);
            // Those of the listing, and those of DuckDB.
            assertThat(proxy.targets()).hasSizeGreaterThan(1).containsOnly("minio.test:" + port());
        }
    }

    /** Nobody knows such a name here but a proxy, which is the server itself. */
    @Test
    void aHostWithAnUnderscoreIsTakenForListingAndReading() throws Exception {
        try (var plain = S3Server.s3proxy()) {
            plain.createBucket("lake");
            plain.uploadFolder("lake", "", shared.resolve("lake"));
            var run = run(
                    "http://minio_server:9000",
                    Map.of(),
                    Map.of("HTTP_PROXY", plain.endpoint().toString()));

            requireOneRecord(run);
        }
    }

    @Test
    void noProxyHoldsForListingAndReading() throws Exception {
        try (var proxy = new ForwardProxy()) {
            var run = run(
                    "https://127.0.0.1:" + port(),
                    Map.of("s3.ca-file", authority.toString()),
                    Map.of("https_proxy", "http://127.0.0.1:" + proxy.port(), "no_proxy", "localhost, 127.0.0.1"));

            requireOneRecord(run);
            assertThat(proxy.targets()).isEmpty();
        }
    }

    @Test
    void theEndpointOfTheAwsToolsIsTaken() throws Exception {
        var run = run(
                "",
                Map.of("s3.ca-file", authority.toString()),
                Map.of(
                        "AWS_ENDPOINT_URL_S3",
                        "https://127.0.0.1:" + port(),
                        "AWS_ENDPOINT_URL",
                        "https://elsewhere.example"));

        requireOneRecord(run);
    }

    private static int port() {
        return minio.endpoint().getPort();
    }

    private static void requireOneRecord(TestRun run) {
        assertThat(run.log("ERROR")).isEmpty();
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("1 objects, 1 records selected, 1 accepted"));
    }

    private TestRun run(String endpoint, Map<String, String> options, Map<String, String> environment)
            throws Exception {
        try (var server = WebhookServer.start()) {
            var all = new TreeMap<>(S3Server.settings(URI.create("http://unused")));
            all.putAll(ParquetLake.in(shared.resolve("lake")).settings("SELECT id FROM events"));
            all.remove("lake.root");
            all.put("s3.bucket", "lake");
            all.put("s3.endpoint", endpoint);
            all.put("destination.type", "webhook");
            all.put("destination.webhook.url", server.url().toString());
            all.put("cursor.file", folder.resolve("cursor" + System.nanoTime()).toString());
            all.put("server.port", "0");
            all.putAll(options);
            return TestRun.batch(Settings.load(new Settings.Sources(
                    Mode.BATCH,
                    all,
                    environment,
                    null,
                    Path.of(""),
                    RouteFiles.in(Path.of("routes").toAbsolutePath()))));
        }
    }
}
