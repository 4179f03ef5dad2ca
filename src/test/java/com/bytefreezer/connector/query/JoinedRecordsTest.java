package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.lake.LakeObject;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The exact records of queries with lookups; DuckDB's own answer to the same text has the same ones. */
@Tag("slow")
class JoinedRecordsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String FIRST =
            "SELECT * FROM (VALUES (1, 'a', 22), (2, NULL, 80), (3, 'b', 443), (4, 'z', NULL)) AS t(id, ip, port)";
    private static final String SECOND = "SELECT * FROM (VALUES (5, 'a', 22), (6, 'A', 8080)) AS t(id, ip, port)";
    /** With a key that occurs twice, an entry that does so too, and one without a key. */
    private static final String IOC =
            "SELECT * FROM (VALUES ('a', 'bot', 1), ('a', 'scan', 2), ('b', 'spam', 3), ('b', 'spam', 3), (NULL, 'none', 4), ('q', 'idle', 5)) AS t(ip, why, n)";
    /** A text file's columns are text. */
    private static final String PORTS =
            "SELECT * FROM (VALUES ('22', 'ssh'), ('080', 'http'), ('', 'empty'), (NULL, 'null')) AS t(port, service)";

    private static final String RANGES = "SELECT * FROM (VALUES (0, 'low'), (100, 'high')) AS t(since, place)";

    private LocalDataset dataset;

    @BeforeEach
    void write(@TempDir Path folder) {
        dataset = new LocalDataset(folder);
        dataset.write("a.parquet", FIRST);
        dataset.write("b.parquet", SECOND);
        dataset.lookup("ioc", IOC);
        dataset.lookup("ports", PORTS);
        dataset.lookup("ranges", RANGES);
        dataset.lookup("nothing", IOC + " WHERE false");
    }

    @AfterEach
    void close() {
        dataset.close();
    }

    static Stream<Arguments> queries() {
        return Stream.of(
                Arguments.of(
                        "SELECT id, why FROM events JOIN ioc USING (ip)",
                        List.of("1 bot", "1 scan", "3 spam", "3 spam", "5 bot", "5 scan")),
                Arguments.of(
                        "SELECT id, why FROM ioc JOIN events USING (ip) WHERE n > 1",
                        List.of("1 scan", "3 spam", "3 spam", "5 scan")),
                Arguments.of(
                        "SELECT id, why FROM events LEFT JOIN ioc USING (ip)",
                        List.of(
                                "1 bot", "1 scan", "2 null", "3 spam", "3 spam", "4 null", "5 bot", "5 scan",
                                "6 null")),
                Arguments.of(
                        "SELECT id, why FROM ioc RIGHT JOIN events USING (ip) WHERE id < 4",
                        List.of("1 bot", "1 scan", "2 null", "3 spam", "3 spam")),
                // NULL is equal to NULL here.
                Arguments.of(
                        "SELECT id, why FROM events e JOIN ioc i ON e.ip IS NOT DISTINCT FROM i.ip WHERE n > 2",
                        List.of("2 none", "3 spam", "3 spam")),
                Arguments.of("SELECT id, ip FROM events SEMI JOIN ioc USING (ip)", List.of("1 a", "3 b", "5 a")),
                Arguments.of("SELECT id, ip FROM events ANTI JOIN ioc USING (ip)", List.of("2 null", "4 z", "6 A")),
                Arguments.of(
                        "SELECT id, ip FROM events WHERE ip IN (SELECT ip FROM ioc)", List.of("1 a", "3 b", "5 a")),
                // A NULL in the list may be any value.
                Arguments.of("SELECT id, ip FROM events WHERE ip NOT IN (SELECT ip FROM ioc)", List.of()),
                Arguments.of(
                        "SELECT id, ip FROM events WHERE ip NOT IN (SELECT ip FROM ioc WHERE n <> 4)",
                        List.of("4 z", "6 A")),
                Arguments.of(
                        "SELECT id, ip FROM events WHERE ip NOT IN (SELECT ip FROM nothing)",
                        List.of("1 a", "2 null", "3 b", "4 z", "5 a", "6 A")),
                Arguments.of("SELECT id, why FROM events JOIN nothing USING (ip)", List.of()),
                Arguments.of(
                        "SELECT id, ip FROM events e WHERE NOT EXISTS (FROM ioc i WHERE i.ip = lower(e.ip))",
                        List.of("2 null", "4 z")),
                Arguments.of(
                        "SELECT id, service FROM events e JOIN ports p ON p.port = e.port::VARCHAR",
                        List.of("1 ssh", "5 ssh")),
                Arguments.of(
                        "SELECT id, service FROM events e JOIN ports p ON try_cast(p.port AS INTEGER) = e.port",
                        List.of("1 ssh", "2 http", "5 ssh")),
                Arguments.of(
                        "SELECT id, place FROM events ASOF JOIN ranges ON port >= since",
                        List.of("1 low", "2 low", "3 high", "5 low", "6 high")),
                Arguments.of(
                        "SELECT id, place FROM events ASOF LEFT JOIN ranges ON port >= since WHERE id > 2",
                        List.of("3 high", "4 null", "5 low", "6 high")),
                Arguments.of(
                        "SELECT id, place FROM events JOIN ranges ON port BETWEEN since AND since + 50",
                        List.of("1 low", "5 low")),
                Arguments.of(
                        "SELECT id, (SELECT sum(n)::INTEGER FROM ioc i WHERE i.ip = e.ip) AS n FROM events e",
                        List.of("1 3", "2 null", "3 6", "4 null", "5 3", "6 null")));
    }

    @ParameterizedTest
    @MethodSource("queries")
    void theRecordsAreThoseOfDuckDb(String sql, List<String> records) throws Exception {
        for (boolean hashed : new boolean[] {false, true}) {
            dataset.hashLookups(hashed);
            List<String> exported = new ArrayList<>();
            for (LakeObject object : dataset.objects()) {
                exported.addAll(dataset.exported(sql, List.of(object), Plan.Rows.JOINED));
            }
            assertThat(exported.stream().map(JoinedRecordsTest::values).toList())
                    .containsExactlyInAnyOrderElementsOf(records)
                    // Entries that match the same row have an order of their own.
                    .isSortedAccordingTo((one, other) -> one.charAt(0) - other.charAt(0));
            assertThat(dataset.bundled(sql, dataset.objects(), true)).isEqualTo(exported);
        }
        assertThat(ofDuckDb(sql)).containsExactlyInAnyOrderElementsOf(records);
    }

    private static String values(String record) {
        try {
            List<String> values = new ArrayList<>();
            JSON.readTree(record).forEach(value -> values.add(value.asText()));
            return String.join(" ", values);
        } catch (Exception e) {
            throw new IllegalArgumentException(record, e);
        }
    }

    private static List<String> ofDuckDb(String sql) throws Exception {
        List<String> records = new ArrayList<>();
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE events AS %s UNION ALL %s".formatted(FIRST, SECOND));
            statement.execute("CREATE TABLE ioc AS " + IOC);
            statement.execute("CREATE TABLE nothing AS FROM ioc WHERE false");
            statement.execute("CREATE TABLE ports AS " + PORTS);
            statement.execute("CREATE TABLE ranges AS " + RANGES);
            try (var rows = statement.executeQuery(sql)) {
                while (rows.next()) {
                    records.add(rows.getString(1) + " " + rows.getString(2));
                }
            }
        }
        return records;
    }
}
