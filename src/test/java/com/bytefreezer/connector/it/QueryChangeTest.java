package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.app.TestRun;
import com.bytefreezer.connector.kit.Reply;
import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.PostgresServer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a query is told by its meaning, what is begun with one is finished with it, and replicas have the same. */
@Tag("slow")
class QueryChangeTest extends FaultBed {
    private static final int RECORDS = 60_000;
    /** What was taken after the batch that failed is sent again. */
    private static final long WAS_IN_FLIGHT = (long) IN_FLIGHT * BATCH;

    private static final String SQL = "SELECT n, hostname FROM events";

    private final AtomicLong ofNewQuery = new AtomicLong();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT n,  hostname FROM events",
                "select n, hostname\nfrom events -- the same\n;",
                "/* one */ SELECT n, hostname FROM events"
            })
    void aBlankMoreRepeatsNothing(String same) throws Exception {
        begin();

        TestRun run = TestRun.batch(settings(Map.of("query.sql", same)));

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN")).isEmpty();
        assertThat(sink.distinctRecords()).isEqualTo(RECORDS);
        assertThat(sink.acceptedRecords() - RECORDS).isBetween(0L, WAS_IN_FLIGHT);
    }

    @Test
    void aBegunObjectIsFinishedWithTheQueryItWasBegunWith() throws Exception {
        begin();
        lake.numbers(OBJECT + "b.parquet", RECORDS, 1000);

        TestRun run = TestRun.batch(settings(Map.of("query.sql", "SELECT n, hostname, 'new' AS kind FROM events")));

        assertThat(run.succeeded()).isTrue();
        assertThat(run.log("WARN"))
                .singleElement()
                .asString()
                .contains("the query has changed", "the former query finishes 1 started objects");
        assertThat(sink.acceptedRecords() - RECORDS - 1000).isBetween(0L, WAS_IN_FLIGHT);
        assertThat(ofNewQuery).hasValue(1000);
        assertThat(TestRun.batch(settings(Map.of("query.sql", "SELECT n, hostname, 'new' AS kind FROM events")))
                        .log("WARN"))
                .isEmpty();
    }

    @Test
    void aReplicaWithAnOlderQueryLeavesTheLaneUntilTheyAgree() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, 1000);
        countNew();
        try (PostgresServer postgres = PostgresServer.start()) {
            try (TestRun.Running older = watch(on(postgres, SQL))) {
                Await.until("the first object", () -> sink.acceptedRecords() == 1000);
                String newer = "SELECT n, hostname, 'new' AS kind FROM events";
                try (TestRun.Running newest = watch(on(postgres, newer))) {
                    Await.until("a word of the older one", () -> errors(older).stream()
                            .anyMatch(
                                    line -> line.contains("another replica works on this export with a newer query")));
                    for (int i = 1; i < 20; i++) {
                        lake.numbers(OBJECT + "b" + i + ".parquet", i * 1000L, 1000);
                    }
                    Await.until("all objects", () -> sink.distinctRecords() == 20_000);
                    assertThat(sink.acceptedRecords()).isEqualTo(20_000);
                    assertThat(ofNewQuery).hasValue(19_000);
                    Await.until(
                            "all of them in the totals",
                            () -> newest.lanes().get(0).totals().accepted() == 20_000);
                }
                // The newer one is gone, so the older query is the lane's again.
                lake.numbers(OBJECT + "c.parquet", 20_000, 1000);
                Await.until("the last object", () -> sink.distinctRecords() == 21_000);
            }
        }
    }

    private void begin() throws Exception {
        lake.numbers(OBJECT + "a.parquet", 0, RECORDS);
        sink.replyWhen(request -> sink.acceptedRecords() >= RECORDS / 2, Reply.of(503));
        assertThat(TestRun.batch(settings(Map.of("query.sql", SQL))).succeeded())
                .isFalse();
        assertThat(sink.acceptedRecords()).isBetween(1L, RECORDS - 1L);
        countNew();
    }

    private void countNew() {
        sink.replyWhen(
                request -> ofNewQuery.addAndGet(request.text()
                                .lines()
                                .filter(record -> record.contains("\"new\""))
                                .count())
                        >= 0,
                Reply.of(200));
    }

    private static Map<String, String> on(PostgresServer postgres, String sql) {
        Map<String, String> all = new TreeMap<>();
        all.put("cursor.url", postgres.url());
        all.put("cursor.username", PostgresServer.USERNAME);
        all.put("cursor.password", PostgresServer.PASSWORD);
        all.put("query.sql", sql);
        return all;
    }
}
