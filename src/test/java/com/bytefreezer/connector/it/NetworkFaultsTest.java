package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.MinioServer;
import com.bytefreezer.connector.testing.S3Server;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What fails between the connector and its neighbours costs no record and few repeats. See docs/reliability.md. */
@Tag("slow")
class NetworkFaultsTest extends FaultBed {
    private static final int RECORDS = 60_000;

    @Test
    void aNetworkCutMidwayRepeatsNoMoreThanWasInFlight() throws Exception {
        int records = 60_000;
        lake.numbers(OBJECT + "a.parquet", 0, records);
        long enough = 5 * BATCH;
        sink.holdAt(enough);
        try (LatencyProxy network = LatencyProxy.start(sink.url(), Duration.ofMillis(5));
                TestRun.Running watch = watch(
                        Map.of("destination.webhook.url", network.endpoint().toString()))) {
            for (int cut = 1; cut <= 3; cut++) {
                long some = enough;
                Await.until("some records", () -> sink.acceptedRecords() >= some);
                network.cut();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
                enough = sink.acceptedRecords() + 5 * BATCH;
                sink.holdAt(enough);
                network.heal();
            }
            sink.answerAll();
            Await.until("all records", () -> sink.distinctRecords() == records);
            assertThat(watch.log()).anyMatch(line -> line.contains("is tried again (1 of 3)"));
        }
        assertThat(sink.acceptedRecords() - records).isBetween(0L, 3L * IN_FLIGHT * BATCH);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hangs", "garbage"})
    void aHangingOrGarblingNetworkRepeatsNoMoreThanWasTriedAgain(String fault) throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, RECORDS);
        sink.holdAt(5 * BATCH);
        try (LatencyProxy network = LatencyProxy.start(sink.url(), Duration.ZERO);
                TestRun.Running watch = watch(Map.of(
                        "destination.webhook.url",
                        network.endpoint().toString(),
                        "destination.webhook.timeout-ms",
                        // A busy machine needs less without a fault.
                        "4000",
                        "delivery.max-retries",
                        "100",
                        "delivery.retry-delay-ms",
                        "200",
                        "delivery.max-retry-delay-ms",
                        "500"))) {
            Await.until("some records", () -> sink.acceptedRecords() >= 5 * BATCH);
            breakIt(network, fault);
            sink.answerAll();
            Await.until("a try again", () -> !lines(watch, "WARN ").isEmpty());
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            network.heal();
            Await.until("all records", () -> sink.distinctRecords() == RECORDS);
            assertThat(errors(watch)).isEmpty();
            List<String> warnings = lines(watch, "DEBUG ");
            assertThat(lines(watch, "WARN "))
                    .singleElement()
                    .asString()
                    .contains("The connector retries; nothing is lost");
            assertThat(warnings)
                    .allMatch(line -> line.contains("is tried again ("))
                    .noneMatch(line -> line.contains("\n"));
            // Of each try without an answer nobody knows whether it arrived.
            assertThat(sink.acceptedRecords() - RECORDS).isBetween(0L, (long) warnings.size() * BATCH);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cut", "hangs", "garbage"})
    void aBadNetworkToTheLakeFailsTheRunTheNextContinues(String fault) throws Exception {
        int objects = 4;
        for (int i = 0; i < objects; i++) {
            large(i + ".parquet", i * RECORDS, RECORDS);
        }
        int records = objects * RECORDS;
        sink.holdAt(5 * BATCH);
        try (MinioServer minio = filled(S3Server.minio());
                LatencyProxy network = LatencyProxy.start(minio.endpoint(), Duration.ofMillis(5))) {
            Map<String, String> given = new TreeMap<>(s3(network.endpoint().toString()));
            given.put("s3.timeout-seconds", "1");
            try (TestRun.Running watch = watch(given)) {
                Await.until("some records", () -> sink.acceptedRecords() >= 5 * BATCH);
                breakIt(network, fault);
                sink.answerAll();
                Await.until("a failed run", () -> !errors(watch).isEmpty());
                network.heal();
                Await.until("all records", () -> sink.distinctRecords() == records);
                assertThat(errors(watch)).noneMatch(line -> line.contains("\n"));
            }
        }
        // What was read before it broke off is delivered and noted.
        assertThat(sink.acceptedRecords() - records).isBetween(0L, (long) IN_FLIGHT * BATCH);
    }

    private static void breakIt(LatencyProxy network, String fault) {
        switch (fault) {
            case "cut" -> network.cut();
            case "hangs" -> network.hang();
            default -> network.garble();
        }
    }
}
