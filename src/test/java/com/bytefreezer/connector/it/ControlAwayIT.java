package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ControlServer;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The control plane is away for a long time, {@code mvn verify -Psoak -Dsoak.minutes=60}: it gave the credentials once, and
 * then refuses, hangs and answers 500 in turns.
 */
@Tag("soak")
class ControlAwayIT {
    private static final int MINUTES = Integer.getInteger("soak.minutes", 30);
    private static final int SECONDS_PER_OBJECT = 3;
    private static final int SECONDS_PER_TURN = 20;
    private static final int RECORDS = 500;
    private static final int CONTROL_TIMEOUT_SECONDS = 5;

    @TempDir
    private Path folder;

    @Test
    void anAbsentControlPlaneDisturbsNoExportWhoseKeysAreKnown() {
        int objects = MINUTES * 60 / SECONDS_PER_OBJECT;
        ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
        List<Long> lags = new ArrayList<>();
        try (S3Server s3 = S3Server.minio();
                WebhookServer sink = WebhookServer.startCounting((objects + 1) * RECORDS, ParquetLake::number);
                ControlServer control = ControlServer.start();
                LatencyProxy toControl = LatencyProxy.start(control.url(), Duration.ZERO)) {
            s3.createBucket("lake");
            control.accept();
            control.grant("acme", "events", s3, "lake");
            try (ConnectorProcess connector = start(toControl, sink)) {
                put(s3, lake, 0);
                Await.until("the first object", () -> sink.distinctRecords() == RECORDS);
                Await.until("a report", () -> !control.calls("report").isEmpty());
                assertThat(aboutControl(connector)).noneMatch(line -> line.contains("WARN"));

                long begun = System.nanoTime();
                boolean cut = false;
                for (int object = 1; object <= objects; object++) {
                    switch (object * SECONDS_PER_OBJECT / SECONDS_PER_TURN % 3) {
                        case 0 -> {
                            if (!cut) {
                                toControl.cut();
                            }
                            cut = true;
                        }
                        case 1 -> {
                            if (cut) {
                                toControl.heal();
                            }
                            cut = false;
                            control.replyWhen(request -> true, Reply.of(200).after(Duration.ofMinutes(1)));
                        }
                        default -> control.replyWhen(request -> true, Reply.of(500, "{\"error\":\"down\"}"));
                    }
                    int all = (object + 1) * RECORDS;
                    put(s3, lake, object);
                    long there = System.nanoTime();
                    Await.until("object " + object, () -> sink.distinctRecords() == all);
                    lags.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - there));
                    long due = begun + TimeUnit.SECONDS.toNanos((long) object * SECONDS_PER_OBJECT);
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                List<String> said = aboutControl(connector);
                List<Long> sorted = lags.stream().sorted().toList();
                long usual = sorted.get(sorted.size() * 19 / 20);
                System.err.printf(
                        "control away for %d s: %d objects, lag %.1f s in the mean, 19 of 20 below %.1f s, %.1f s at most; said: %s%n",
                        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun),
                        objects,
                        lags.stream().mapToLong(Long::longValue).average().orElseThrow() / 1000,
                        usual / 1000.0,
                        sorted.get(sorted.size() - 1) / 1000.0,
                        said);
                assertThat(usual).isLessThan(TimeUnit.SECONDS.toMillis(CONTROL_TIMEOUT_SECONDS + 10));
                assertThat(sink.acceptedRecords()).isEqualTo((objects + 1L) * RECORDS);
                assertThat(said)
                        .filteredOn(line -> line.contains("WARN"))
                        .satisfiesExactlyInAnyOrder(
                                line -> assertThat(line).contains("The export continues with the credentials it has."),
                                line -> assertThat(line)
                                        .contains(
                                                ", report: ",
                                                "Exports continue; the connector tries again every 5 s."));

                if (cut) {
                    toControl.heal();
                }
                control.accept();
                control.grant("acme", "events", s3, "lake");
                Await.until("two lines", () -> aboutControl(connector).size() == said.size() + 2);
                assertThat(aboutControl(connector).subList(said.size(), said.size() + 2))
                        .anyMatch(line -> line.endsWith("report accepted again."))
                        .anyMatch(line -> line.endsWith("it provides the credentials again."));
                connector.terminate();
                assertThat(connector.waitFor(Duration.ofMinutes(2))).isZero();
                assertThat(connector.standardError()).doesNotContain("ERROR");
                assertThat(aboutControl(connector)).hasSize(said.size() + 2);
            }
        }
    }

    private static void put(S3Server s3, ParquetLake lake, int object) {
        String name = "year=2026/month=11/day=20/hour=%02d/%06d.parquet".formatted(object / 20 % 24, object);
        s3.put("lake", "acme/events/data/parquet/" + name, lake.numbers(name, (long) object * RECORDS, RECORDS));
    }

    private static List<String> aboutControl(ConnectorProcess connector) {
        return connector
                .standardError()
                .lines()
                .filter(line -> line.contains("control plane "))
                .toList();
    }

    private ConnectorProcess start(LatencyProxy control, WebhookServer sink) {
        Map<String, String> environment = Map.ofEntries(
                Map.entry("CONTROL_URL", control.endpoint().toString()),
                Map.entry("CONTROL_API_KEY", "the-api-key"),
                Map.entry("CONTROL_ACCOUNT_ID", "account-1"),
                Map.entry("CONTROL_TIMEOUT_SECONDS", String.valueOf(CONTROL_TIMEOUT_SECONDS)),
                Map.entry("HEALTH_REPORTING_ENABLED", "true"),
                Map.entry("HEALTH_REPORTING_REPORT_INTERVAL", "5"),
                Map.entry("HEALTH_REPORTING_TIMEOUT_SECONDS", String.valueOf(CONTROL_TIMEOUT_SECONDS)),
                Map.entry("CURSOR_FILE", folder.resolve("cursor.db").toString()));
        return BucketExport.start(sink.url(), "-Xmx128m", environment, "--mode", "watch");
    }
}
