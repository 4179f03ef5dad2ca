package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.WebhookServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many small objects, which are read and delivered together where they can be. */
@Tag("slow")
class SmallObjectsTest {
    private static final int OBJECTS = 40;
    private static final int RECORDS_EACH = 50;
    private static final int RECORDS = OBJECTS * RECORDS_EACH;

    @TempDir
    private Path folder;

    private final WebhookServer sink = WebhookServer.start();
    private ParquetLake lake;

    @BeforeEach
    void writeLake() {
        lake = ParquetLake.in(folder.resolve("lake"));
        for (int i = 0; i < OBJECTS; i++) {
            lake.numbers(name(i), (long) i * RECORDS_EACH, RECORDS_EACH);
        }
    }

    @AfterEach
    void close() {
        sink.close();
    }

    private static String name(int object) {
        return "year=2026/month=11/day=20/hour=%02d/o%02d.parquet".formatted(object / 20, object);
    }

    private TestRun run(String sql, String... more) throws Exception {
        Map<String, String> given = new HashMap<>(lake.settings(sql));
        given.putAll(Map.of(
                "destination.type", "webhook",
                "destination.webhook.url", sink.url().toString(),
                "destination.webhook.format", "ndjson"));
        for (int i = 0; i < more.length; i += 2) {
            given.put(more[i], more[i + 1]);
        }
        Settings settings = TestRun.settings(folder, given);
        return TestRun.batch(settings);
    }

    private List<Long> numbers() {
        return sink.records().stream()
                .map(record -> ParquetLake.number(record.getBytes(StandardCharsets.UTF_8)))
                .sorted()
                .toList();
    }

    private static List<Long> allNumbers() {
        return LongStream.range(0, RECORDS).boxed().toList();
    }

    @Test
    void shareTheirBatches() throws Exception {
        TestRun run = run("SELECT * FROM events");

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(run.log("INFO")).anyMatch(line -> line.contains("export default: 40 objects, 2,000 records"));
        assertThat(numbers()).isEqualTo(allNumbers());
        // One per partition.
        assertThat(sink.requests()).hasSize(2);
        assertThat(run("SELECT * FROM events").succeeded()).isTrue();
        assertThat(sink.requests()).hasSize(2);
    }

    @Test
    void areReadOneByOneIfOneIsUnreadableOthersArriveOnce() throws Exception {
        byte[] bytes = Files.readAllBytes(lake.numbers("damaged", 0, 10));
        lake.bytes(name(7), java.util.Arrays.copyOf(bytes, bytes.length / 2));
        lake.object(name(25), "SELECT 1250 + range AS n, 'bad' || range AS hostname, 'm' AS message FROM range(50)");

        TestRun run = run("SELECT n, replace(hostname, 'host-', '')::INTEGER AS host FROM events");

        assertThat(run.succeeded()).isFalse();
        assertThat(run.log("ERROR"))
                .singleElement()
                .asString()
                .contains("2 objects could not be read", "o07.parquet (", "No magic bytes")
                .contains("o25.parquet (", "Could not convert string 'bad0' to INT32");
        assertThat(numbers())
                .isEqualTo(allNumbers().stream()
                        .filter(n -> n / RECORDS_EACH != 7 && n / RECORDS_EACH != 25)
                        .toList());

        lake.numbers(name(7), 350, 50);
        lake.numbers(name(25), 1250, 50);
        assertThat(run("SELECT n, replace(hostname, 'host-', '')::INTEGER AS host FROM events")
                        .succeeded())
                .isTrue();
        assertThat(numbers()).isEqualTo(allNumbers());
    }

    @Test
    void areReadTogetherWhateverColumnsTheyHave() throws Exception {
        for (int i = 0; i < 20; i += 2) {
            lake.object(
                    name(i),
                    "SELECT %d + range AS n, 'x' AS more FROM range(%d)".formatted(i * RECORDS_EACH, RECORDS_EACH));
        }

        TestRun run = run("SELECT * FROM events");

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        assertThat(numbers()).isEqualTo(allNumbers());
        assertThat(sink.requests()).hasSize(2);
        assertThat(sink.records())
                .filteredOn(record -> record.contains("\"more\":\"x\""))
                .hasSize(500)
                .allMatch(record -> record.contains("\"hostname\":null"));
    }

    @Test
    void keepTheObjectsNameAndTheNumberInItForDeadLetters() throws Exception {
        sink.replyWhen(request -> request.text().contains("message number 1234\""), Reply.of(400, "no such number"));

        TestRun run = run("SELECT * FROM events");

        assertThat(run.succeeded()).as(run.log().toString()).isTrue();
        try (var files = Files.walk(folder.resolve("dead-letters"))) {
            assertThat(files.filter(Files::isRegularFile)).singleElement().satisfies(file -> assertThat(
                            Files.readString(file))
                    .contains("hour=01/o24.parquet", "\"record_number\":34,", "message number 1234"));
        }
        assertThat(sink.records()).hasSize(RECORDS - 1);
    }
}
