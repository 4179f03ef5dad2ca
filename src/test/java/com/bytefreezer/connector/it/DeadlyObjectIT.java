package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.MainHere;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.Deadly;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestSettings;
import com.bytefreezer.connector.testing.TestTools;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged connector with an object that it dies of, started again each time. */
class DeadlyObjectIT {
    private static final String CULPRIT = "year=2026/month=11/day=20/hour=03/culprit.parquet";
    private static final int OBJECTS = 12;

    @TempDir
    private Path folder;

    private ParquetLake lake;
    private Path routes;

    @BeforeEach
    void writeLake() throws IOException {
        lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < OBJECTS; i++) {
            lake.object(
                    "year=2026/month=11/day=20/hour=%02d/o-%02d.parquet".formatted(i / 2, i),
                    "SELECT %d AS n, 'fine' AS message".formatted(i));
        }
        lake.object(CULPRIT, "SELECT 99 AS n, 'deadly' AS message");
        routes = Files.createDirectories(folder.resolve("routes"));
        copy(TestTools.projectDirectory().resolve("routes"), routes);
    }

    @Test
    void whatItDiesOfIsSetAsideAndEverythingElseDelivered() throws Exception {
        deliver("ref: deadly, method: carry");
        try (WebhookServer sink = WebhookServer.start()) {
            List<Integer> codes = new ArrayList<>();
            String end = "";
            while (codes.size() < 4) {
                end = run(sink, codes, "--mode", "batch");
            }

            assertThat(codes).containsExactly(Deadly.CODE, Deadly.CODE, Deadly.CODE, 1);
            assertThat(sink.records()).hasSize(OBJECTS).doesNotHaveDuplicates();
            assertThat(end.lines().filter(line -> line.contains(" ERROR ")))
                    .hasSize(2)
                    .allMatch(line -> line.contains(CULPRIT));
            assertThat(runHere(sink, "status")).contains("failed").contains(CULPRIT);
            assertThat(runHere(sink, "plan")).contains("set aside, because it killed the process: " + CULPRIT);

            // Somebody finds out, and mends it.
            deliver("ref: deadly, method: mended");
            assertThat(runHere(sink, "batch")).contains("it is set aside");
            assertThat(runHere(sink, "replay")).contains("1 objects were set aside; the next run tries them again");
            codes.clear();
            run(sink, codes, "--mode", "batch");
            assertThat(codes).containsExactly(0);
            assertThat(sink.records()).hasSize(OBJECTS + 1).doesNotHaveDuplicates();
        }
    }

    @Test
    void aThreadThatAnErrorEndsEndsTheProcess() throws Exception {
        deliver("ref: deadly, method: loseAThread");
        try (WebhookServer sink = WebhookServer.start()) {
            List<Integer> codes = new ArrayList<>();
            String log = run(sink, codes, "--mode", "batch");

            assertThat(codes).containsExactly(1);
            assertThat(log)
                    .contains("ERROR thread library: StackOverflowError. The process ends with 1")
                    .doesNotContain("\tat ");
        }
    }

    /** The destination {@code mine}: that step, and then a webhook. */
    private void deliver(String step) throws IOException {
        Files.writeString(routes.resolve("destinations/mine.camel.yaml"), """
                - beans:
                    - name: deadly
                      type: %s
                - route:
                    id: destination-mine
                    description: Posts batches that are not deadly
                    group: destinations
                    routeConfigurationId: delivery
                    from:
                      uri: direct:destination-mine
                      steps:
                        - setBody:
                            simple: "${body.ndjson}"
                        - bean: {%s}
                        - setBody:
                            simple: "${variable.batch.ndjson}"
                        - setHeader:
                            name: Content-Type
                            constant: application/x-ndjson
                        - to:
                            uri: "{{destination.mine.url}}"
                """.formatted(Deadly.class.getName(), step));
    }

    private Map<String, String> settings(WebhookServer sink) {
        Map<String, String> settings = new TreeMap<>(lake.settings("SELECT n, message FROM events"));
        settings.putAll(Map.of(
                "destination.type",
                "mine",
                "destination.mine.url",
                sink.url().toString(),
                // So that nothing else is in flight when it dies.
                "export.parallel-objects",
                "1",
                "data.folder",
                folder.toString(),
                "cursor.file",
                folder.resolve("cursor.db").toString()));
        return settings;
    }

    /** Nothing dies of it. */
    private String runHere(WebhookServer sink, String mode) {
        return MainHere.run(settings(sink), "--mode", mode, "--routes", routes.toString())
                .shown();
    }

    private String run(WebhookServer sink, List<Integer> codes, String... arguments) throws IOException {
        Map<String, String> environment = TestSettings.environment(settings(sink));
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--routes", routes.toString()));
        try (ConnectorProcess connector =
                ConnectorProcess.startWithTestClasses(folder, environment, all.toArray(String[]::new))) {
            codes.add(connector.waitFor(Duration.ofMinutes(2)));
            return connector.standardError() + Files.readString(connector.standardOutput());
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            files.filter(Files::isRegularFile).forEach(file -> {
                try {
                    Path target = to.resolve(from.relativize(file).toString());
                    Files.createDirectories(target.getParent());
                    Files.copy(file, target);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
