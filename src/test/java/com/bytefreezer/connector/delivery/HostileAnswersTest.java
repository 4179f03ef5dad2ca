package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.kit.SingleDelivery;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.testing.HostileServer;
import com.bytefreezer.connector.testing.HostileServer.Answer;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a server answers, a try ends soon, in one line and without much memory. */
@Timeout(300)
@Tag("slow")
class HostileAnswersTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int LONGEST_LINE = 400;

    private static final String OWN_ROUTE = """
            - route:
                id: destination-own
                routeConfigurationId: delivery
                from:
                  uri: direct:destination-own
                  steps:
                    - removeHeaders:
                        pattern: "*"
                    - setBody:
                        simple: "${body.ndjson}"
                    - to:
                        uri: "{{destination.own.url}}"
                        parameters:
                          httpMethod: POST
                          responseTimeout: 400
                          connectTimeout: 400
            """;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void aWebhookThatAnswersSoFailsTheTry(Answer answer) throws Exception {
        String line = requireOneLine(deliver("webhook", answer, "http", Map.of()));

        switch (answer) {
            case SILENCE -> assertThat(line).startsWith("no answer in time");
            case A_BODY_THAT_DRIPS, A_HEAD_THAT_DRIPS, INTERIM_ANSWERS_WITHOUT_AN_END ->
                assertThat(line).isEqualTo("no answer in time (it is not complete after 800 ms)");
            case A_BODY_WITHOUT_AN_END -> assertThat(line).contains("the answer has more than 12,000,000 bytes");
            case A_REFUSAL_WITHOUT_AN_END -> assertThat(line).startsWith("403 from http://127.0.0.1");
            default -> {}
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCollectorThatAnswersSoFailsTheTry(Answer answer) throws Exception {
        requireOneLine(deliver("splunk", answer, "http", Map.of("destination.splunk.token", "a-token")));
    }

    @ParameterizedTest
    @EnumSource
    void aNodeThatAnswersSoFailsTheTry(Answer answer) throws Exception {
        requireOneLine(deliver("elasticsearch", answer, "http", Map.of("destination.elasticsearch.index", "logs")));
    }

    @ParameterizedTest
    @EnumSource(names = {"A_BODY_THAT_DRIPS", "GIGABYTES_IN_A_FEW_BYTES", "HEADERS_WITHOUT_AN_END"})
    void aRouteOfSomebodyElseNeedsNoCareOfItsOwn(Answer answer) throws Exception {
        requireOneLine(deliver("own", answer, "http", Map.of()));
    }

    @Test
    void aHandshakeIsNotWaitedForEither() throws Exception {
        requireOneLine(deliver("webhook", Answer.SILENCE, "https", Map.of()));
    }

    private static String requireOneLine(Optional<Throwable> failure) {
        assertThat(failure).isPresent();
        String line = Failures.describe(failure.get());
        assertThat(line).isNotBlank().hasSizeLessThan(LONGEST_LINE).doesNotContain("does not end within");
        assertThat(line.lines()).hasSize(1);
        return line;
    }

    private Optional<Throwable> deliver(String destination, Answer answer, String scheme, Map<String, String> more)
            throws Exception {
        Path routes = Routes.copyTo(folder.resolve("routes"));
        Files.writeString(routes.resolve("destinations/own.camel.yaml"), OWN_ROUTE);
        try (var server = HostileServer.start(answer)) {
            var all = new TreeMap<>(more);
            all.put("destination.type", destination);
            all.put(
                    "destination.%s.url".formatted(destination),
                    server.url().toString().replace("http:", scheme + ":") + "/");
            all.put("delivery.max-retries", "0");
            if (!destination.equals("own")) {
                all.put("destination.%s.timeout-ms".formatted(destination), "400");
            }
            var settings = TestRun.settings(folder, routes, all);
            var batch = SingleDelivery.batch(
                    List.of("{\"n\":1}".getBytes(StandardCharsets.UTF_8)),
                    "acme",
                    "syslog",
                    new LakeObject("/lake/a.parquet", "a.parquet", 42, Instant.EPOCH));
            return new SingleDelivery(settings, settings.routes().deliveryFiles(destination), folder, PATIENCE)
                    .deliver(batch, new StandardOutput(OutputStream.nullOutputStream()));
        }
    }
}
