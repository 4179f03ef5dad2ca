package com.bytefreezer.connector.destination.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.delivery.Certificates;
import com.bytefreezer.connector.testing.ElasticsearchServer;
import com.bytefreezer.connector.testing.ParquetLake;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A secure node that is tight on what a request may hold. */
@Tag("slow")
class ElasticsearchLimitsTest {
    private static final String OBJECT = "year=2026/month=11/day=20/hour=01/a.parquet";

    @TempDir
    private Path folder;

    private ParquetLake lake() {
        return ParquetLake.in(folder.resolve("lake"));
    }

    @Test
    void aSecureNodeTrustsOurCertificateAndTooLargeRequestsAreHalved() throws Exception {
        var certificates = new Certificates(folder);
        certificates.sign("here", "ip:127.0.0.1");
        certificates.sign("exporter", "dns:exporter");
        try (var server = ElasticsearchServer.node()
                .secure(certificates.certificate("here"), certificates.key("here"), certificates.server("here"))
                .askForCertificates(certificates.certificate("ca"))
                .with("http.max_content_length", "1mb")
                .start()) {
            var lake = lake();
            lake.object(
                    OBJECT,
                    "SELECT n, CASE n WHEN 700 THEN repeat('x', 8000000) ELSE repeat('x', 2000) END AS text FROM range(5000) t(n)");
            var export = ToElasticsearch.of(server, "limited", folder)
                    .from(lake, "SELECT n, text FROM events")
                    .set("schedule.batch-size", 3000)
                    .set("delivery.max-retries", 0);

            var unknown = export.run();
            assertThat(unknown.succeeded()).isFalse();
            assertThat(unknown.log("ERROR")).singleElement().asString().contains("elasticsearch", "certif");

            var trusting = export.with("ca-file", certificates.certificate("ca"));
            // In TLS 1.3 the node asks after the request has begun, and hangs up.
            var nobody = trusting.run();
            assertThat(nobody.succeeded()).isFalse();
            assertThat(nobody.log("ERROR"))
                    .singleElement()
                    .asString()
                    .contains("elasticsearch", "certificate_required");
            var asWebhook = trusting.set("destination.type", "webhook")
                    .set("destination.webhook.url", server.url())
                    .set("destination.webhook.ca-file", certificates.certificate("ca"))
                    .run();
            assertThat(asWebhook.succeeded()).isFalse();
            assertThat(asWebhook.log("ERROR")).singleElement().asString().contains("webhook", "certificate_required");

            var run = trusting.with("certificate-file", certificates.certificate("exporter"))
                    .with("key-file", certificates.key("exporter"))
                    .run();
            assertThat(run.succeeded()).as(run.log().toString()).isTrue();
            assertThat(server.count("limited")).isEqualTo(4999);
            assertThat(export.deadLetters()).singleElement().satisfies(letter -> {
                assertThat(letter.at("/record/n").asInt()).isEqualTo(700);
                assertThat(letter.path("reason").asText()).startsWith("413 from " + server.url());
            });
        }
    }
}
