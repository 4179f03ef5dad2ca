package com.bytefreezer.connector.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.TestLog;
import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.SourceTotal;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.pack.PackHistory;
import com.bytefreezer.connector.pack.Packs;
import com.bytefreezer.connector.receive.Intake;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.text.Secrets;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** From objects in a bucket of MinIO to Parquet. */
@Tag("slow")
class ObjectPacksTest extends SourceObjects {
    @Test
    void objectsBecomeParquetAndAreDeletedThen() throws Exception {
        put("acme/web/2026/a.ndjson", "{\"n\":1,\"BfTs\":1700000000000,\"tags\":[\"x\"]}\n{\"n\":2}\r\n\nno JSON\n[1]");
        put("acme/web/acme--web--17--ndjson.gz", gzip("{\"n\":3}\n"), gzip("{\"n\":4,\"port\":22}"));
        put("acme/web/named-gz.ndjson.gz", "{\"n\":5,\"port\":\"ssh\"}");
        put("acme/web/empty.ndjson", "");
        put("beta/dns/b.jsonl", "{\"n\":6}\n");
        put("acme/web/notes.txt", "{\"n\":7}");
        put("acme/web/data/raw/x.ndjson", "{\"n\":8}");
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT n, port, typeof(n) FROM one ORDER BY n"))
                .containsExactly(
                        "1|null|BIGINT",
                        "2|null|BIGINT",
                        "3|null|BIGINT",
                        "4|22|BIGINT",
                        "5|ssh|BIGINT",
                        "6|null|BIGINT");
        // A time that the event has already stays; otherwise it is that of the object.
        assertThat(rows("SELECT n FROM one WHERE BfTs = 1700000000000")).containsExactly("1");
        assertThat(rows("SELECT min(BfTs) > 1750000000000 FROM one WHERE n > 1"))
                .containsExactly("true");
        assertThat(lake())
                .hasSize(2)
                .allMatch(
                        file -> file.matches(
                                "(acme/web|beta/dns)/year=\\d{4}/month=\\d\\d/day=\\d\\d/hour=\\d\\d/[a-z]+_[a-z]+_\\d{8}_\\d{6}_[0-9a-f]{12}\\.parquet"));
        assertThat(deadLetters())
                .hasSize(2)
                .anyMatch(line -> line.contains("no JSON"))
                .anyMatch(line -> line.contains("[1]"));
        assertThat(left()).containsExactly("acme/web/data/raw/x.ndjson", "acme/web/notes.txt");
        // What it has already learned of the columns still holds.
        put("acme/web/later.ndjson", "{\"port\":80}");
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT typeof(port) FROM one WHERE port = '80'")).containsExactly("VARCHAR");
    }

    @Test
    void whatHasBecomeOfObjectsIsKnownWithoutPacking() throws Exception {
        Settings settings = settings(Map.of());
        Path spool = folder.resolve("spool");
        assertThat(SourceTotal.all(settings, spool)).isEmpty();
        put("acme/web/a.ndjson", "{\"n\":1}\n{\"n\":2}\nno JSON\n");
        assertThat(packAll()).isTrue();
        put("acme/web/b.ndjson", "{\"n\":\"x\",\"m\":1}\n");
        byte[] whole = gzip(numbers(0, 10_000));
        put("acme/web/c.ndjson.gz", Arrays.copyOf(whole, whole.length / 2));
        assertThat(packAll()).isFalse();
        assertThat(SourceTotal.all(settings, spool))
                .containsExactly(new SourceTotal(new DatasetName("acme", "web"), 2, 3, 0, 1, 0, 1));
        PackHistory history = PackHistory.read(Spool.folder(spool.resolve(".sources"), "acme", "web"));
        assertThat(history.columnsAdded()).isOne();
        assertThat(history.columnsWidened()).isOne();
        assertThat(history.packs()).extracting(PackHistory.Pack::sources).containsExactly(1L, 1L);
        assertThat(history.packs()).extracting(PackHistory.Pack::deadLetters).containsExactly(0L, 1L);
    }

    /** Each of these becomes NULL, another number, or nothing at all in the original. */
    @Test
    void whatTheOriginalLosesIsAllInTheLake() throws Exception {
        String late = "{\"late\":\"here\",\"big\":9007199254740993,\"port\":\"ssh\",\"tags\":[\"a\",\"b\"]}\n";
        String numbers = IntStream.range(0, 2_000)
                .mapToObj("{\"n\":%d,\"port\":22,\"big\":1,\"tags\":[]}\n"::formatted)
                .collect(Collectors.joining());
        put("t/d/a.ndjson", numbers + late + "{\"long\":\"" + "x".repeat(200_000) + "\"}\n{\"n\":2000}\n");
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT count(*), count(n), count(port), sum(length(long)), count(BfTs) FROM one"))
                .containsExactly("2003|2001|2001|200000|2003");
        assertThat(rows("SELECT late, big, typeof(big), port, tags::VARCHAR FROM one WHERE late IS NOT NULL"))
                .containsExactly("here|9007199254740993|BIGINT|ssh|[a, b]");
        assertThat(rows("SELECT count(*) FROM one WHERE port = '22' AND big = 1 AND tags = []"))
                .containsExactly("2000");
        assertThat(left()).isEmpty();
    }

    @Test
    void aDamagedObjectStaysAndHoldsUpNoOther() throws Exception {
        byte[] whole = gzip(numbers(0, 10_000));
        put("t/d/cut.ndjson.gz", Arrays.copyOf(whole, whole.length - 20));
        byte[] changed = whole.clone();
        changed[whole.length / 2] ^= 1;
        put("t/d/changed.ndjson.gz", changed);
        put("t/d/more.ndjson.gz", whole, "garbage".getBytes(UTF_8));
        put("t/d/whole.ndjson.gz", numbers(0, 100));
        assertThat(packAll()).isFalse();
        assertThat(rows("SELECT count(*), count(DISTINCT n) FROM one")).containsExactly("100|100");
        List<String> damaged = List.of("t/d/changed.ndjson.gz", "t/d/cut.ndjson.gz", "t/d/more.ndjson.gz");
        assertThat(left()).containsExactlyElementsOf(damaged);
        // Nobody reads them again, until somebody replaces them.
        assertThat(packAll()).isFalse();
        put("t/d/cut.ndjson.gz", gzip(numbers(100, 200)));
        minio.delete(bucket, "t/d/changed.ndjson.gz");
        minio.delete(bucket, "t/d/more.ndjson.gz");
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT count(*), count(DISTINCT n) FROM one")).containsExactly("200|200");
        assertThat(left()).isEmpty();
    }

    @Test
    void aPackThatDiesAnywhereIsMadeAgainUnderTheSameKey() throws Exception {
        put("t/d/a.ndjson", numbers(0, 50) + "x");
        put("t/d/b.ndjson.gz", gzip(numbers(50, 100)));
        List<Shelf> fatal = List.of(
                (key, file) -> {
                    throw new IllegalStateException("died before it was there");
                },
                (key, file) -> {
                    shelf(new DatasetName("t", "d")).put(key, file);
                    throw new IllegalStateException("died after it was there");
                });
        for (Shelf each : fatal) {
            shelves = dataset -> each;
            assertThat(packAll()).isFalse();
            assertThat(left()).contains("t/d/a.ndjson", "t/d/b.ndjson.gz");
            // What comes meanwhile is another pack.
            put("t/d/c.ndjson", numbers(100, 110));
        }
        List<String> before = lake();
        shelves = this::shelf;
        assertThat(packAll()).isTrue();
        assertThat(before).hasSize(1);
        assertThat(lake()).containsAll(before).hasSize(2);
        assertThat(rows("SELECT count(*), count(DISTINCT n) FROM one")).containsExactly("110|110");
        assertThat(deadLetters()).hasSize(1);
        assertThat(left()).isEmpty();
    }

    @Test
    void anObjectThatIsReplacedMeanwhileIsTakenAsItIs() throws Exception {
        put("t/d/a.ndjson", numbers(0, 10));
        put("t/d/b.ndjson", numbers(10, 20));
        put("t/d/c.ndjson", numbers(20, 30));
        AtomicBoolean first = new AtomicBoolean(true);
        // It is asked for after the listing, and before the objects are read.
        shelves = dataset -> {
            if (first.getAndSet(false)) {
                put("t/d/b.ndjson", numbers(10, 25));
                minio.delete(bucket, "t/d/c.ndjson");
            }
            return shelf(dataset);
        };
        assertThat(packAll()).isTrue();
        assertThat(left()).containsExactly("t/d/b.ndjson");
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT count(*), count(DISTINCT n) FROM one")).containsExactly("25|25");
        assertThat(left()).isEmpty();
    }

    @Test
    void anObjectThatIsReplacedAfterItsPackIsNotDeleted() throws Exception {
        put("t/d/a.ndjson", numbers(0, 10));
        shelves = dataset -> (key, file) -> {
            shelf(dataset).put(key, file);
            put("t/d/a.ndjson", numbers(10, 20));
        };
        assertThat(packAll()).isTrue();
        assertThat(left()).hasSize(1);
        shelves = this::shelf;
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT count(*), count(DISTINCT n) FROM one")).containsExactly("20|20");
        assertThat(left()).isEmpty();
    }

    @Test
    void keptObjectsArePackedOnce() throws Exception {
        put("t/d/a.ndjson", numbers(0, 10));
        for (int i = 0; i < 2; i++) {
            assertThat(packAll("s3source.keep-source", "true")).isTrue();
        }
        put("t/d/a.ndjson", numbers(10, 20));
        put("t/d/b.ndjson", numbers(20, 30));
        assertThat(packAll("s3source.keep-source", "true")).isTrue();
        assertThat(rows("SELECT count(*), count(DISTINCT n) FROM one")).containsExactly("30|30");
        assertThat(left()).hasSize(2);
        assertThat(packAll()).isTrue();
        assertThat(left()).isEmpty();
        assertThat(rows("SELECT count(*) FROM one")).containsExactly("30");
    }

    @Test
    void aLargeObjectBecomesSeveralOfTheSameKeysEachTime() throws Exception {
        due = new Packs.Due(1_000_000, Duration.ofSeconds(300));
        String text = "x".repeat(200);
        String large = numbers(0, 100_000).replace("}", ",\"text\":\"" + text + "\"}");
        put("t/d/large.ndjson.gz", gzip(large));
        AtomicInteger puts = new AtomicInteger();
        shelves = dataset -> (key, file) -> {
            shelf(dataset).put(key, file);
            if (puts.incrementAndGet() == 2) {
                throw new IllegalStateException("died after the second one");
            }
        };
        assertThat(packAll()).isFalse();
        List<String> before = lake();
        assertThat(packAll()).isTrue();
        assertThat(before).hasSize(2);
        assertThat(lake()).containsAll(before).hasSizeGreaterThan(2);
        assertThat(rows("SELECT count(*), count(DISTINCT n) FROM one")).containsExactly("100000|100000");
    }

    @Test
    void severalThatUnpackToFarMoreArePackedOneByOne() throws Exception {
        due = new Packs.Due(1_000_000, Duration.ofSeconds(300));
        String blank = " ".repeat(2000) + "\n";
        put("t/d/a.ndjson.gz", gzip(numbers(0, 5000).replace("\n", blank)));
        put("t/d/b.ndjson.gz", gzip(numbers(5000, 10_000).replace("\n", blank)));
        assertThat(packAll()).isTrue();
        assertThat(lake()).hasSizeGreaterThanOrEqualTo(2);
        assertThat(rows("SELECT count(*), count(DISTINCT n) FROM one")).containsExactly("10000|10000");
        assertThat(left()).isEmpty();
    }

    @Test
    void shortLinesThatAreNoEventsDoNotFillTheMemory() throws Exception {
        List<Long> portions = new ArrayList<>();
        try (Spool spool = Spool.open(folder.resolve("spool"), 1_000_000_000)) {
            Intake intake = Intake.open(spool.dataset("t", "d"), Clock.systemUTC());
            byte[] lines = "x\n".repeat(500_000).getBytes(UTF_8);
            new SourceEvents(intake, 1000, Instant.EPOCH, portions::add).read(new ByteArrayInputStream(lines));
            assertThat(intake.spool().look().deadLetters()).isEqualTo(500_000);
        }
        // Much less than the four million bytes of other lines.
        assertThat(portions).hasSizeGreaterThan(1).allMatch(bytes -> bytes < 700_000);
        assertThat(portions.stream().mapToLong(each -> each).sum()).isEqualTo(1_000_000);
    }

    @Test
    void aLakeThatIsAwayIsOneLineForAllPacks() throws Exception {
        for (String dataset : List.of("auth", "dns", "web")) {
            put("t/%s/a.ndjson".formatted(dataset), "{\"a\":1}\n");
        }
        try (TestLog log = TestLog.of(ObjectPacks.class)) {
            Function<DatasetName, Shelf> away = dataset -> (key, file) -> {
                throw new IOException("no answer from s3://lake");
            };
            assertThat(packAll("spool", away)).isFalse();
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("WARN pack of dataset t/")
                    .contains("no answer from s3://lake");
            assertThat(packAll()).isTrue();
        }
    }

    @Test
    void aBucketThatCannotBeListedLosesNothing() throws Exception {
        put("t/d/a.ndjson", numbers(0, 10));
        assertThat(packAll("s3source.secret-key", "another-secret-key")).isFalse();
        assertThat(packAll("s3source.bucket", "no-such-bucket")).isFalse();
        assertThat(left()).hasSize(1);
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT count(*) FROM one")).containsExactly("10");
    }

    @Test
    void theLakeMayBeInTheSameFolderOfTheSameBucket() throws Exception {
        put("in/t/d/a.ndjson", numbers(0, 10));
        Settings settings = settings(Map.of("s3source.prefix", "in", "lake.root", "s3://" + bucket + "/in"));
        shelves = dataset -> Lake.shelf(
                settings, dataset.tenant(), dataset.dataset(), new LakeCredentials(settings, new Secrets()).ofSource());
        for (int i = 0; i < 2; i++) {
            assertThat(packAll("s3source.prefix", "in")).isTrue();
            assertThat(left()).singleElement().asString().matches("in/t/d/data/parquet/year=.*\\.parquet");
        }
    }

    @Test
    void replicasShareTheWorkAndTakeOverWhatOneLeaves() throws Exception {
        try (PostgresServer postgres = PostgresServer.start()) {
            due = new Packs.Due(20_000, Duration.ofSeconds(0));
            int count = 40;
            for (int i = 0; i < count; i++) {
                put("t/d/%03d.ndjson".formatted(i), numbers(i * 1000, (i + 1) * 1000));
            }
            String[] shared = shared(postgres);
            AtomicInteger puts = new AtomicInteger();
            AtomicInteger others = new AtomicInteger();
            Function<DatasetName, Shelf> dying = dataset -> (key, file) -> {
                shelf(dataset).put(key, file);
                puts.incrementAndGet();
                Await.until("the other one has a pack, too", () -> others.get() > 0);
                throw new IllegalStateException("died after it was there");
            };
            Function<DatasetName, Shelf> other = dataset -> (key, file) -> {
                shelf(dataset).put(key, file);
                others.incrementAndGet();
                Await.until("the other one has a pack, too", () -> puts.get() > 0);
            };
            CompletableFuture<Void> one = CompletableFuture.runAsync(() -> packAll("one", dying, shared));
            CompletableFuture<Void> two = CompletableFuture.runAsync(() -> packAll("two", other, shared));
            CompletableFuture.allOf(one, two).join();
            // By then the claim of the one that died has expired.
            Await.until("all is packed", () -> packAll("two", other, shared) && left().isEmpty());
            assertThat(rows("SELECT count(*), count(DISTINCT n) FROM one"))
                    .containsExactly("%1$d|%1$d".formatted(count * 1000));
            assertThat(puts).hasValue(1);
            assertThat(lake()).hasSizeGreaterThan(2);
        }
    }
}
