package com.bytefreezer.connector.destination.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.testing.ElasticsearchServer;
import com.bytefreezer.connector.testing.ParquetLake;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A secure node that is tight on memory and on what a request may hold. */
@Tag("slow")
class ElasticsearchLimitsTest {
    private static final String OBJECT = "year=2026/month=11/day=20/hour=01/a.parquet";

    @TempDir
    private static Path shared;

    private static Certificates certificates;
    private static ElasticsearchServer server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws Exception {
        certificates = new Certificates(shared);
        certificates.sign("here", "ip:127.0.0.1");
        certificates.sign("exporter", "dns:exporter");
        server = ElasticsearchServer.node()
                .secure(certificates.certificate("here"), certificates.key("here"), certificates.server("here"))
                .askForCertificates(certificates.certificate("ca"))
                .with("http.max_content_length", "100kb")
                .with("indexing_pressure.memory.coordinating.limit", "220kb")
                .with("indexing_pressure.memory.primary.limit", "130kb")
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static ToElasticsearch trusting(ToElasticsearch export) throws Exception {
        return export.with("ca-file", certificates.certificate("ca"));
    }

    private static ToElasticsearch known(ToElasticsearch trusting) throws Exception {
        return trusting.with("certificate-file", certificates.certificate("exporter"))
                .with("key-file", certificates.key("exporter"));
    }

    private ParquetLake lake() {
        return ParquetLake.in(folder.resolve("lake"));
    }

    @Test
    void aBusyNodeGetsEveryRecordOnce() throws Exception {
        // A batch counts for about 52 kB. Three of them are too much for the primary shards, five for the node.
        var lake = lake();
        lake.numbers(OBJECT, 0, 12_000);
        server.put("/busy", "{\"settings\":{\"number_of_shards\":3,\"number_of_replicas\":0}}");

        var run = known(trusting(ToElasticsearch.of(server, "busy", folder)))
                .from(lake, "SELECT * FROM events")
                .set("schedule.batch-size", 300)
                .set("delivery.max-in-flight", 6)
                .set("delivery.max-retries", -1)
                .set("delivery.max-retry-delay-ms", 1000)
                .run();

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(run.log("DEBUG"))
                .anyMatch(line -> line.contains("429 from " + server.url()))
                .anyMatch(line -> line.contains("records not taken — 429 es_rejected_execution_exception"));
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("12,000 accepted by elasticsearch"));
        assertThat(server.count("busy")).isEqualTo(12_000);
    }

    @Test
    void aSecureNodeTrustsOurCertificateAndTooLargeRequestsAreHalved() throws Exception {
        var lake = lake();
        lake.object(
                OBJECT,
                "SELECT n, CASE n WHEN 70 THEN repeat('x', 800000) ELSE repeat('x', 2000) END AS text FROM range(500) t(n)");
        var export = ToElasticsearch.of(server, "limited", folder)
                .from(lake, "SELECT n, text FROM events")
                .set("schedule.batch-size", 300)
                .set("delivery.max-retries", 0)
                // Several would be too much for the node's memory.
                .set("delivery.max-in-flight", 1);

        var unknown = export.run();
        assertThat(unknown.succeeded()).isFalse();
        assertThat(unknown.log("ERROR")).singleElement().asString().contains("elasticsearch", "certif");

        var trusting = trusting(export);
        // In TLS 1.3 the node asks after the request has begun, and hangs up.
        var nobody = trusting.run();
        assertThat(nobody.succeeded()).isFalse();
        assertThat(nobody.log("ERROR")).singleElement().asString().contains("elasticsearch", "certificate_required");
        var asWebhook = trusting.set("destination.type", "webhook")
                .set("destination.webhook.url", server.url())
                .set("destination.webhook.ca-file", certificates.certificate("ca"))
                .run();
        assertThat(asWebhook.succeeded()).isFalse();
        assertThat(asWebhook.log("ERROR")).singleElement().asString().contains("webhook", "certificate_required");

        var run = known(trusting).run();
        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(server.count("limited")).isEqualTo(499);
        assertThat(export.deadLetters()).singleElement().satisfies(letter -> {
            assertThat(letter.at("/record/n").asInt()).isEqualTo(70);
            assertThat(letter.path("reason").asText()).startsWith("413 from " + server.url());
        });
    }
}
