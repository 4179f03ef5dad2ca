package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.LatencyProxy;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.S3Server;
import com.bytefreezer.connector.testing.SecondWebhook;
import com.bytefreezer.connector.testing.WebhookServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One export to two webhooks. */
@Tag("slow")
class SeveralDestinationsTest {
    private static final int OBJECTS = 6;
    private static final int RECORDS_PER_OBJECT = 2000;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;

    @TempDir
    private Path folder;

    @AutoClose
    private final WebhookServer first = WebhookServer.startCounting(2 * RECORDS, ParquetLake::number);

    @AutoClose
    private final WebhookServer second = WebhookServer.startCounting(2 * RECORDS, ParquetLake::number);

    private ParquetLake lake;
    private Path routes;

    @BeforeEach
    void makeLakeAndRoutes() throws IOException {
        lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < OBJECTS; i++) {
            object(i);
        }
        routes = SecondWebhook.addTo(folder.resolve("routes"));
    }

    @Test
    void eachGetsEveryRecordOnceAndNothingAgain() throws Exception {
        TestRun run = run("webhook, second");

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThatBothHaveAllOnce(RECORDS);
        assertThat(run.log("INFO"))
                .anyMatch(line -> line.contains("12,000 accepted by webhook"))
                .anyMatch(line -> line.contains("12,000 accepted by second"));

        object(OBJECTS);
        assertThat(run("second,webhook").succeeded()).isTrue();
        assertThatBothHaveAllOnce(RECORDS + RECORDS_PER_OBJECT);
    }

    @Test
    void aDeadOneFailsAloneAndTheNextRunServesItAlone() throws Exception {
        second.reply(503);

        TestRun run = run("webhook,second");

        assertThat(run.succeeded()).isFalse();
        assertThat(first.distinctRecords()).isEqualTo(RECORDS);
        assertThat(run.log("ERROR")).singleElement().asString().contains("second, export default", "503");

        second.reply(200);
        TestRun next = run("webhook,second");
        assertThat(next.succeeded()).isTrue();
        assertThatBothHaveAllOnce(RECORDS);
        assertThat(next.log("INFO")).anyMatch(line -> line.contains("0 accepted by webhook"));
    }

    @Test
    void aHangingOneDoesNotDelayTheOther() throws Exception {
        second.holdAt(1);
        CompletableFuture<TestRun> run = begin(Map.of("destination.second.timeout-ms", "600000"));
        Await.until("everything in the other", () -> first.distinctRecords() == RECORDS);
        assertThat(run).as("the run with the one that hangs").isNotDone();
        second.answerAll();
        assertThat(run.get().succeeded()).as(run.get().log().toString()).isTrue();
        assertThatBothHaveAllOnce(RECORDS);
    }

    @Test
    void aRefusingOneDoesNotDelayTheOther() throws Exception {
        try (LatencyProxy network = LatencyProxy.start(second.url(), Duration.ZERO)) {
            network.cut();
            CompletableFuture<TestRun> run = begin(Map.of(
                    "destination.second.url", network.endpoint().toString(),
                    "delivery.max-retries", "-1",
                    "delivery.max-retry-delay-ms", "200"));
            Await.until("everything in the other", () -> first.distinctRecords() == RECORDS);
            assertThat(run).as("the run with the one that refuses").isNotDone();
            network.heal();
            assertThat(run.get().succeeded()).as(run.get().log().toString()).isTrue();
        }
        assertThatBothHaveAllOnce(RECORDS);
    }

    private CompletableFuture<TestRun> begin(Map<String, String> further) {
        Map<String, String> all = new TreeMap<>(further);
        all.putIfAbsent("destination.type", "webhook,second");
        return CompletableFuture.supplyAsync(() -> {
            try {
                return run(all);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void aSlowOneDoesNotDelayTheOther() throws Exception {
        second.reply(Reply.of(200).after(Duration.ofSeconds(1)));

        TestRun run = run("webhook,second");

        assertThat(run.succeeded()).isTrue();
        assertThatBothHaveAllOnce(RECORDS);
        assertThat(first.lastArrival()).isBefore(second.lastArrival().minusSeconds(2));
    }

    @Test
    void thoseInStepReadTheObjectsOnce() throws Exception {
        int records = 100_000;
        ParquetLake large = ParquetLake.in(folder.resolve("large"));
        for (int i = 0; i < 4; i++) {
            large.numbers("year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(i), i * records, records);
        }
        try (S3Server s3 = S3Server.s3proxy();
                LatencyProxy network = LatencyProxy.start(s3.endpoint(), Duration.ZERO);
                WebhookServer one = WebhookServer.startCounting(4 * records, ParquetLake::number);
                WebhookServer other = WebhookServer.startCounting(4 * records, ParquetLake::number)) {
            // Both begin together, and go on so slowly that they stay so.
            one.reply(Reply.of(200).after(Duration.ofMillis(100)));
            other.reply(Reply.of(200).after(Duration.ofMillis(100)));
            s3.createBucket("lake");
            s3.uploadFolder("lake", "acme/events", folder.resolve("large/acme/events"));
            Map<String, String> settings = new TreeMap<>(SecondWebhook.settings(one, other));
            settings.putAll(S3Server.settings(network.endpoint()));
            settings.putAll(Map.of("lake.root", "s3://lake", "schedule.batch-size", "1000"));
            long before = network.answeredBytes();
            settings.put("destination.type", "webhook");
            assertThat(run(settings).succeeded()).isTrue();
            long alone = network.answeredBytes() - before;

            settings.put("destination.type", "webhook,second");
            settings.put("cursor.file", folder.resolve("both.db").toString());
            one.holdAt(one.acceptedRecords() + 1);
            other.holdAt(1);
            CompletableFuture<TestRun> run = begin(settings);
            Await.until("both to begin", () -> one.acceptedRecords() > 4 * records && other.acceptedRecords() > 0);
            one.answerAll();
            other.answerAll();
            assertThat(run.get().succeeded()).isTrue();
            long both = network.answeredBytes() - before - alone;

            assertThat(other.distinctRecords()).isEqualTo(4 * records);
            assertThat(one.acceptedRecords()).isEqualTo(8 * records);
            System.err.printf("bytes from S3: %,d for one destination, %,d for two%n", alone, both);
            // Each still reads the footers, and lists, by itself.
            assertThat(both).isLessThan(alone * 3 / 2);
        }
    }

    @Test
    void oneThatIsAddedLaterGetsEverythingAndTheOtherNothingAgain() throws Exception {
        assertThat(run("webhook").succeeded()).isTrue();
        assertThat(run("webhook,second").succeeded()).isTrue();
        assertThatBothHaveAllOnce(RECORDS);
    }

    @Test
    void theDeadLettersOfEachAreKeptApart() throws Exception {
        first.replyWhen(request -> request.text().contains("\"n\":17,"), Reply.of(422, "not by me"));
        second.replyWhen(request -> request.text().contains("\"n\":17,"), Reply.of(422, "nor by me"));

        assertThat(run("webhook,second").succeeded()).isTrue();

        try (Stream<Path> files = Files.walk(folder.resolve("dead-letters/default"))) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> file.getParent().getFileName().toString()))
                    .containsExactlyInAnyOrder("webhook", "second");
        }
    }

    private void assertThatBothHaveAllOnce(int records) {
        for (WebhookServer server : new WebhookServer[] {first, second}) {
            assertThat(server.distinctRecords()).isEqualTo(records);
            assertThat(server.acceptedRecords()).isEqualTo(records);
        }
    }

    private Path object(int number) {
        return lake.numbers(
                "year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(number),
                (long) number * RECORDS_PER_OBJECT,
                RECORDS_PER_OBJECT);
    }

    private TestRun run(String destinations) throws Exception {
        return run(Map.of("destination.type", destinations));
    }

    private TestRun run(Map<String, String> settings) throws Exception {
        Map<String, String> all = new TreeMap<>(lake.settings("SELECT n, hostname, message FROM events"));
        all.putAll(SecondWebhook.settings(first, second));
        all.putAll(Map.of("schedule.batch-size", "200"));
        all.putAll(settings);
        return TestRun.batch(TestRun.settings(folder, routes, all));
    }
}
