package com.bytefreezer.connector.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.DatasetName;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.SourceTotal;
import com.bytefreezer.connector.lake.Shelf;
import com.bytefreezer.connector.pack.PackHistory;
import com.bytefreezer.connector.pack.Packs;
import com.bytefreezer.connector.spool.Spool;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.PostgresServer;
import com.bytefreezer.connector.text.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the SQL of packs makes of objects of a bucket: each event is packed, dropped or a dead letter, once. */
@Tag("slow")
class ObjectPackSqlTest extends SourceObjects {
    private static final DatasetName DATASET = new DatasetName("t", "d");

    @Test
    void sqlDropsAndRenamesAndEachEventIsCounted() throws Exception {
        sql("d", "SELECT n AS number, port::INTEGER AS port FROM incoming WHERE n % 10 <> 0");
        String events = IntStream.range(0, 10_000)
                .mapToObj(n -> "{\"n\":%d,\"port\":\"%s\"}\n".formatted(n, n % 1000 == 7 ? "ssh" : "22"))
                .collect(Collectors.joining());
        put("t/d/a.ndjson.gz", gzip(events), gzip("no JSON\n"));
        put("t/d/b c+d%20\uD83D\uDE00\ne.ndjson", "{\"n\":10001}\n{\"n\":10010}");
        put("t/d/empty.ndjson", "");
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT count(*), count(DISTINCT number), count(port), min(typeof(port)) FROM one"))
                .containsExactly("8991|8991|8990|INTEGER");
        assertThat(total()).isEqualTo(new SourceTotal(DATASET, 3, 8991, 1001, 11, 0, 0));
        assertThat(deadLetters())
                .hasSize(11)
                .filteredOn(line -> line.contains("SQL: Conversion Error"))
                .hasSize(10);
        PackHistory.Pack pack = history().packs().get(0);
        assertThat(List.of(pack.events(), pack.dropped(), pack.deadLetters())).containsExactly(8991L, 1001L, 11L);
        assertThat(left()).isEmpty();
    }

    @Test
    void ofWhatIsAllDroppedNothingIsLeftButTheCount() throws Exception {
        sql("d", "SELECT * FROM incoming WHERE n < 0");
        put("t/d/a.ndjson", numbers(0, 100));
        assertThat(packAll()).isTrue();
        assertThat(lake()).isEmpty();
        assertThat(left()).isEmpty();
        assertThat(total()).isEqualTo(new SourceTotal(DATASET, 1, 0, 100, 0, 0, 0));
        assertThat(history().packs().get(0).object()).isNull();
    }

    @Test
    void changedSqlCountsFromTheNextPackAndTypesOnlyWiden() throws Exception {
        put("t/d/a.ndjson", "{\"n\":1}\n");
        assertThat(packAll()).isTrue();
        sql("d", "SELECT n, 5 AS five FROM incoming");
        put("t/d/b.ndjson", "{\"n\":2}\n");
        assertThat(packAll()).isTrue();
        sql("d", "SELECT n, 'six' AS FIVE FROM incoming");
        put("t/d/c.ndjson", "{\"n\":3}\n");
        assertThat(packAll()).isTrue();
        sql("d", "SELECT n, 7 AS five FROM incoming");
        put("t/d/d.ndjson", "{\"n\":4}\n");
        assertThat(packAll()).isTrue();
        sql("d", "");
        put("t/d/e.ndjson", "{\"n\":5,\"five\":8}\n");
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT n, five FROM one ORDER BY n")).containsExactly("1|null", "2|5", "3|six", "4|7", "5|8");
        assertThat(types("five")).containsExactlyInAnyOrder("INTEGER", "VARCHAR", "VARCHAR", "VARCHAR");
        assertThat(types("n")).containsOnly("BIGINT").hasSize(5);
    }

    @Test
    void whatIsInTheLakeStaysAsItIsAfterAKill() throws Exception {
        due = new Packs.Due(1_000_000, Duration.ofSeconds(300));
        sql(
                "d",
                "SELECT *, random() AS r, CASE WHEN n IN (2, 4) THEN n::VARCHAR::BOOLEAN END FROM incoming WHERE n % 2 = 0");
        String text = "x".repeat(200);
        put("t/d/large.ndjson.gz", gzip(numbers(0, 90_000).replace("}", ",\"text\":\"" + text + "\"}")));
        AtomicInteger puts = new AtomicInteger();
        shelves = dataset -> dying(dataset, puts, 2);
        assertThat(packAll()).isFalse();
        List<String> before = lake();
        assertThat(before).hasSize(2);
        byte[] first = Files.readAllBytes(folder.resolve("lake").resolve(before.get(0)));
        List<String> letters = deadLetters();
        assertThat(letters).hasSize(2);
        // What nobody has seen yet is made by the new SQL.
        sql("d", "SELECT *, random() AS r FROM incoming WHERE n % 2 = 1");
        shelves = this::shelf;
        assertThat(packAll()).isTrue();
        assertThat(lake()).containsAll(before).hasSizeGreaterThan(2);
        assertThat(folder.resolve("lake").resolve(before.get(0))).hasBinaryContent(first);
        assertThat(deadLetters()).isEqualTo(letters);
        long packed = Long.parseLong(rows("SELECT count(DISTINCT n) FROM one").get(0));
        assertThat(rows("SELECT count(*) FROM one")).containsExactly(String.valueOf(packed));
        assertThat(total().events()).isEqualTo(packed);
        assertThat(total().events() + total().dropped() + total().deadLetters()).isEqualTo(90_000);
        assertThat(total().deadLetters()).isEqualTo(2);
        assertThat(left()).isEmpty();
    }

    @Test
    void whatWasNotPutIsMadeByTheNewSql() throws Exception {
        sql("d", "SELECT n::VARCHAR::BOOLEAN AS b FROM incoming WHERE n > 0");
        put("t/d/a.ndjson", numbers(0, 3));
        shelves = dataset -> (key, file) -> {
            throw new IllegalStateException("died before it was there");
        };
        assertThat(packAll()).isFalse();
        assertThat(deadLetters()).hasSize(1);
        sql("d", "SELECT n FROM incoming");
        shelves = this::shelf;
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT n FROM one ORDER BY n")).containsExactly("0", "1", "2");
        assertThat(deadLetters()).isEmpty();
        assertThat(total()).isEqualTo(new SourceTotal(DATASET, 1, 3, 0, 0, 0, 0));
    }

    @Test
    void objectsWaitWhileTheirSqlOrItsLookupIsWrong() throws Exception {
        Path lookups = Files.createDirectories(folder.resolve("lookups"));
        Files.writeString(lookups.resolve("owners.csv"), "n,owner\n1,alice\n");
        String[] options = {"lookups.folder", lookups.toString()};
        sql("d", "SELECT incoming.*, owner FROM incoming LEFT JOIN owners USING (n)");
        put("t/d/a.ndjson", numbers(0, 3));
        assertThat(packAll(options)).isTrue();
        Files.delete(lookups.resolve("owners.csv"));
        put("t/d/b.ndjson", numbers(3, 6));
        assertThat(packAll(options)).isFalse();
        assertThat(history().packs().get(0).message())
                .contains("there is no table owners here. Its events stay where they are until that is mended.");
        assertThat(total().planned()).isOne();
        sql("d", "SELECT n::VARCHAR::BOOLEAN AS n FROM incoming WHERE m = 5");
        assertThat(packAll(options)).isFalse();
        assertThat(history().packs().get(0).message()).contains("no event has had m yet");
        assertThat(left()).containsExactly("t/d/b.ndjson");
        Files.writeString(lookups.resolve("owners.csv"), "n,owner\n4,bob\n");
        sql("d", "SELECT incoming.*, owner FROM incoming LEFT JOIN owners USING (n)");
        assertThat(packAll(options)).isTrue();
        assertThat(rows("SELECT n, owner FROM one ORDER BY n"))
                .containsExactly("0|null", "1|alice", "2|null", "3|null", "4|bob", "5|null");
        assertThat(left()).isEmpty();
    }

    @Test
    void aRecordOfAnEarlierConnectorGoesOn() throws Exception {
        put("t/d/a.ndjson", "{\"n\":1,\"port\":\"ssh\"}\n");
        assertThat(packAll()).isTrue();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("spool/sources.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER TABLE source_dataset DROP COLUMN columns");
            statement.execute("ALTER TABLE source_dataset DROP COLUMN dropped");
            statement.execute("DROP TABLE source_part");
            statement.execute("UPDATE schema_version SET version = 9");
        }
        sql("d", "SELECT * FROM incoming WHERE n > 2");
        put("t/d/b.ndjson", "{\"n\":2,\"port\":22}\n{\"n\":3,\"port\":22}\n");
        assertThat(packAll()).isTrue();
        assertThat(rows("SELECT n, port FROM one ORDER BY n")).containsExactly("1|ssh", "3|22");
        assertThat(types("port")).containsOnly("VARCHAR").hasSize(2);
        assertThat(total()).isEqualTo(new SourceTotal(DATASET, 2, 2, 1, 0, 0, 0));
    }

    @Test
    void aReplicaLeavesWhatAnotherOneHasSampled() throws Exception {
        try (PostgresServer postgres = PostgresServer.start()) {
            sql("d", "SELECT * FROM incoming WHERE random() < 0.5");
            put("t/d/a.ndjson", numbers(0, 20_000));
            String[] shared = shared(postgres);
            Function<DatasetName, Shelf> dying = dataset -> dying(dataset, new AtomicInteger(), 1);
            assertThat(packAll("one", dying, shared)).isFalse();
            List<String> sampled = rows("SELECT n FROM one ORDER BY n");
            assertThat(sampled).hasSizeBetween(9_000, 11_000);
            // By then the claim of the one that died has expired.
            Await.until("all is packed", () -> packAll("two", this::shelf, shared) && left().isEmpty());
            assertThat(rows("SELECT n FROM one ORDER BY n")).isEqualTo(sampled);
            SourceTotal total = SourceTotal.all(settings(options(shared)), folder.resolve("two"))
                    .get(0);
            assertThat(total).isEqualTo(new SourceTotal(DATASET, 1, sampled.size(), 20_000 - sampled.size(), 0, 0, 0));
            sql("d", "SELECT n::VARCHAR AS n FROM incoming");
            put("t/d/b.ndjson", numbers(20_000, 20_010));
            assertThat(packAll("one", this::shelf, shared)).isTrue();
            sql("d", "SELECT n FROM incoming");
            put("t/d/c.ndjson", numbers(20_010, 20_020));
            assertThat(packAll("two", this::shelf, shared)).isTrue();
            assertThat(types("n")).containsExactlyInAnyOrder("BIGINT", "VARCHAR", "VARCHAR");
        }
    }

    @Test
    void theNewestObjectShowsItsFirstEvents() throws Exception {
        assertThat(newest()).isEmpty();
        put("t/d/former.ndjson", "{\"n\":\"x\"}\n");
        assertThat(packAll()).isTrue();
        put("t/d/a.ndjson", "{\"n\":1}\nno JSON\n{\"n\":2}");
        put("t/d/data/raw/b.ndjson", "{\"n\":3}");
        assertThat(newest().orElseThrow().path()).isEqualTo("a.ndjson");
        assertThat(newest().orElseThrow().sample().lines())
                .hasSize(2)
                .allMatch(line -> line.matches("\\{\"BfTs\":\\d{13},\"n\":[12]}"));
        assertThat(newest().orElseThrow().sample().shape()).contains("\"n\"");
        // Much larger than what is read of it.
        Random random = new Random(5);
        String noise = IntStream.range(0, 60_000)
                .mapToObj(n -> "{\"n\":%d,\"r\":%d}\n".formatted(n, random.nextLong()))
                .collect(Collectors.joining());
        put("t/d/large.ndjson.gz", gzip(noise), gzip(noise), gzip(noise), gzip(noise));
        assertThat(newest().orElseThrow().sample().lines())
                .hasSize(20)
                .last()
                .asString()
                .contains("\"n\":19,");
        put("t/d/large.ndjson.gz", gzip("{\"n\":\"" + "x".repeat(2_000_000) + "\"}"));
        assertThat(newest().orElseThrow().sample().lines()).isEmpty();
    }

    private Optional<NewestObject> newest() throws IOException {
        Settings settings = settings(Map.of());
        return NewestObject.of(
                settings,
                new LakeCredentials(settings, new Secrets()).ofSource(),
                folder.resolve("spool"),
                DATASET,
                20);
    }

    /** Dies once the object is there that is this one in number. */
    private Shelf dying(DatasetName dataset, AtomicInteger puts, int last) {
        Shelf shelf = shelf(dataset);
        return (key, file) -> {
            shelf.put(key, file);
            if (puts.incrementAndGet() == last) {
                throw new IllegalStateException("died after it was there");
            }
        };
    }

    private SourceTotal total() {
        return SourceTotal.all(settings(Map.of()), folder.resolve("spool")).get(0);
    }

    private PackHistory history() throws IOException {
        return PackHistory.read(Spool.folder(folder.resolve("spool/.sources"), "t", "d"));
    }

    /** The types of a column in the objects that have it. */
    private List<String> types(String column) throws IOException, SQLException {
        List<String> types = new ArrayList<>();
        for (String object : lake()) {
            String file = folder.resolve("lake").resolve(object).toString();
            try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT column_type FROM (DESCRIBE FROM read_parquet('%s')) WHERE lower(column_name) = '%s'"
                                    .formatted(file, column))) {
                while (row.next()) {
                    types.add(row.getString(1));
                }
            }
        }
        return types;
    }
}
