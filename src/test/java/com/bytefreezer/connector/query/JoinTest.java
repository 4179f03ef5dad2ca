package com.bytefreezer.connector.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.ConnectorException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries that join events with lookups: how they are cut, and in which order their records come. */
class JoinTest {
    private LocalDataset dataset;

    @BeforeEach
    void write(@TempDir Path folder) {
        dataset = new LocalDataset(folder);
        dataset.write(
                "a.parquet", "SELECT range AS id, 'ip' || range % 50 AS ip, 'u' || range AS who FROM range(3000)");
        dataset.lookup("ioc", "SELECT 'ip' || range AS ip, 'bad' || range AS why FROM range(10, 30)");
        dataset.lookup("twice", "SELECT 'ip' || range % 20 AS ip, range AS n FROM range(60)");
        dataset.lookup("ranges", "SELECT range * 100 AS first, 'r' || range AS place FROM range(20)");
    }

    @AfterEach
    void close() {
        dataset.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT e.*, why FROM events e JOIN ioc i ON e.ip = i.ip",
                "SELECT * FROM events JOIN ioc USING (ip)",
                "SELECT * FROM events NATURAL JOIN ioc",
                "SELECT e.id, i.why FROM ioc i JOIN events e ON e.ip = i.ip",
                "SELECT e.id, i.why FROM events e LEFT JOIN ioc AS i ON e.ip = i.ip WHERE e.id > 5",
                "SELECT e.id, i.why FROM ioc i RIGHT JOIN events e USING (ip)",
                "SELECT e.id, t.n FROM events e JOIN twice t USING (ip)",
                "SELECT e.id, t.n, why FROM events e JOIN twice t USING (ip) LEFT JOIN ioc USING (ip)",
                "SELECT e.id, r.place FROM events e ASOF JOIN ranges r ON e.id >= r.first",
                "SELECT e.id, r.place FROM events e ASOF LEFT JOIN ranges r ON e.id >= r.first",
                "SELECT e.id, r.place FROM events e JOIN ranges r ON e.id BETWEEN r.first AND r.first + 150",
                "SELECT * FROM events SEMI JOIN ioc USING (ip)",
                "SELECT * FROM events ANTI JOIN ioc USING (ip)",
                "SELECT * FROM events WHERE ip IN (SELECT ip FROM ioc)",
                "FROM events WHERE ip NOT IN (SELECT ip FROM ioc)",
                "SELECT * FROM events e WHERE EXISTS (SELECT * FROM ioc i WHERE i.ip = e.ip)",
                "SELECT * FROM events e WHERE NOT EXISTS (FROM ioc i WHERE i.ip = e.ip)",
                "SELECT id, (SELECT max(n) FROM twice t WHERE t.ip = e.ip) AS n FROM events e",
                "SELECT id, (SELECT count(*) FROM ioc) AS n FROM events",
                "SELECT e.id, t.n FROM events e JOIN (SELECT ip, count(*) AS n FROM twice GROUP BY ALL) t USING (ip)",
                "WITH bad AS (SELECT ip FROM ioc WHERE why <> 'bad12' UNION SELECT ip FROM twice) SELECT * FROM events JOIN bad USING (ip)",
                "SELECT e.id, x.n FROM events e, LATERAL (SELECT n FROM twice t WHERE t.ip = e.ip ORDER BY n LIMIT 1) x",
                "SELECT id, unnest([1, 2]) AS n, why FROM events JOIN ioc USING (ip)"
            })
    void aJoinWithALookupIsReadObjectByObject(String sql) {
        assertThat(dataset.plan(sql).kind()).isEqualTo(Plan.Kind.ROW_WISE);
        assertThat(dataset.plan(sql).rows()).isEqualTo(Plan.Rows.JOINED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT i.ip, e.id FROM ioc i LEFT JOIN events e USING (ip)",
                "SELECT i.ip, e.id FROM events e RIGHT JOIN ioc i USING (ip)",
                "SELECT i.ip, e.id FROM events e FULL JOIN ioc i USING (ip)",
                "SELECT i.ip FROM ioc i SEMI JOIN events e USING (ip)",
                "SELECT ip FROM ioc WHERE ip NOT IN (SELECT ip FROM events)",
                "SELECT a.id FROM events a JOIN events b USING (ip)",
                "SELECT a.id FROM events a JOIN ioc USING (ip) WHERE a.id IN (SELECT max(id) FROM events)",
                "SELECT ip, count(*) AS n FROM events JOIN ioc USING (ip) GROUP BY ip",
                "SELECT DISTINCT ip FROM events JOIN ioc USING (ip)",
                "SELECT id, row_number() OVER (ORDER BY id) AS n FROM events JOIN ioc USING (ip)",
                "SELECT id FROM events JOIN ioc USING (ip) ORDER BY id",
                "SELECT r.place, e.id FROM ranges r ASOF JOIN events e ON r.first >= e.id",
                "SELECT e.id FROM events e POSITIONAL JOIN ioc",
                "SELECT id FROM events UNION ALL SELECT n FROM twice",
                "SELECT e.id FROM events e JOIN (SELECT * FROM ioc USING SAMPLE 50%) i USING (ip)",
                "SELECT ip FROM ioc",
                // Without a lookup every join is one of all.
                "SELECT id FROM events WHERE ip IN (VALUES ('ip1'), ('ip2'))",
                "SELECT id, n FROM events, range(3) AS r(n)",
                // Nothing tells of which row of events these are.
                "SELECT id, why FROM (SELECT id, ip FROM events) JOIN ioc USING (ip)",
                "WITH e AS (SELECT id, ip FROM events) SELECT * FROM e JOIN ioc USING (ip)",
                "SELECT e, why FROM events e JOIN ioc USING (ip)",
                "SELECT id, file_row_number, why FROM events JOIN ioc USING (ip)"
            })
    void aJoinThatNeedsSeveralRowsOfEventsIsReadAtOnce(String sql) {
        assertThat(dataset.plan(sql).kind()).isEqualTo(Plan.Kind.WHOLE);
    }

    @Test
    void recordsOfAJoinComeInTheOrderOfTheirRows() throws Exception {
        var sql = "SELECT id, n FROM events JOIN twice USING (ip)";
        var numbers = dataset.exported(sql, dataset.objects().subList(0, 1), Plan.Rows.JOINED).stream()
                .map(record -> Integer.parseInt(record.replaceAll("\\D*(\\d+).*", "$1")))
                .toList();

        assertThat(numbers).hasSize(3000 / 50 * 20 * 3).isSorted();
        assertThat(dataset.exported(sql, dataset.objects().subList(0, 1), Plan.Rows.JOINED))
                .isEqualTo(dataset.exported(sql, dataset.objects().subList(0, 1), Plan.Rows.JOINED));
    }

    @Test
    void aBundleHasTheRecordsOfItsObjectsInTheirOrder() throws Exception {
        dataset.write("b.parquet", "SELECT 9000 + range AS id, 'ip' || range AS ip, '' AS who FROM range(40)");
        var sql = "SELECT * FROM events LEFT JOIN ioc USING (ip)";

        var each = dataset.objects().stream()
                .flatMap(object -> {
                    try {
                        return dataset.exported(sql, List.of(object), Plan.Rows.JOINED).stream();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                })
                .toList();

        assertThat(dataset.bundled(sql, dataset.objects(), true))
                .isEqualTo(each)
                .hasSize(3040);
    }

    @Test
    void onlyLookupsThatAreSmallBesideTheObjectsAreHashed() {
        var small = dataset.lookup("small", "SELECT range AS n FROM range(10)");
        var large = dataset.lookup("large", "SELECT uuid() AS key FROM range(10000)");
        long bytes = large.copy().toFile().length();

        assertThat(new LookupTables(List.of(small, large)).beside(bytes).hashed())
                .isTrue();
        assertThat(new LookupTables(List.of(small, large)).beside(bytes / 3).hashed())
                .isFalse();
        assertThat(new LookupTables(List.of(small)).beside(bytes / 3).hashed()).isTrue();
        assertThat(LookupTables.NONE.beside(bytes).hashed()).isFalse();
    }

    @Test
    void aCommonTableExpressionHidesTheLookupOfItsName() {
        assertThat(dataset.records("WITH IOC AS (SELECT 'ip3' AS ip) SELECT id FROM events JOIN ioc USING (ip)"))
                .hasSize(60);
    }

    @Test
    void aNameIsALookupsInCapitalLettersToo() {
        assertThat(dataset.records("SELECT id, why FROM events JOIN \"IOC\" USING (ip)"))
                .hasSize(60 * 20);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FROM read_csv('/etc/passwd')",
                "FROM read_text('lookups/ioc.csv')",
                "FROM lookups.ioc",
                "FROM 'lookup-ioc.parquet'",
                "FROM memory.lookups.ioc",
                "FROM events WHERE ip IN (SELECT ip FROM lookups.ioc)",
                "FROM duckdb_tables()",
                "FROM glob('*')"
            })
    void aLookupIsNoWayToAFileOrToAnotherTable(String sql) {
        assertThatThrownBy(() -> dataset.records(sql)).isInstanceOf(ConnectorException.class);
    }

    @Test
    void aLookupThatIsNotThereIsToldWithItsPlace() {
        assertThat(LocalDataset.parse("SELECT id\nFROM events JOIN iok USING (ip)", Set.of("iok"))
                        .without("iok"))
                .hasMessageStartingWith("SQL: line 2, column 18: there is no table iok here.");
        assertThatThrownBy(() -> dataset.records("SELECT id FROM events JOIN iok USING (ip)"))
                .hasMessageContaining("there is no table iok here");
    }
}
