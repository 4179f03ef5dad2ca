package com.bytefreezer.connector.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.Await;
import com.bytefreezer.connector.testing.ConnectorProcess;
import com.bytefreezer.connector.testing.ElasticsearchServer;
import com.bytefreezer.connector.testing.ParquetLake;
import com.bytefreezer.connector.testing.TestTools;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged connector, killed in the middle of an export to a real Elasticsearch node and started again. */
class ElasticsearchCrashIT {
    private static final int OBJECTS = 4;
    private static final int RECORDS_PER_OBJECT = 50_000;
    private static final int RECORDS = OBJECTS * RECORDS_PER_OBJECT;
    private static final int KILLS = 5;

    @TempDir
    private Path folder;

    @Test
    void killedSeveralTimesItWritesEveryRecordExactlyOnce() {
        var lake = ParquetLake.in(folder.resolve("lake"));
        for (var i = 0; i < OBJECTS; i++) {
            lake.numbers(
                    "year=2026/month=11/day=20/hour=%02d/o.parquet".formatted(i),
                    (long) i * RECORDS_PER_OBJECT,
                    RECORDS_PER_OBJECT);
        }
        try (var server = ElasticsearchServer.node().start()) {
            server.put("/events", "{\"settings\":{\"number_of_replicas\":0}}");
            for (var kill = 0; kill < KILLS; kill++) {
                var before = written(server);
                try (var connector = start(lake, server)) {
                    Await.until("a delivery", Duration.ofMinutes(1), () -> written(server) > before + 5000);
                    assertThat(connector.isAlive())
                            .as("the export was over before kill %d: %s", kill, connector.standardError())
                            .isTrue();
                    connector.killHard();
                }
            }
            try (var connector = start(lake, server)) {
                assertThat(connector.waitFor(Duration.ofMinutes(3)))
                        .as(connector.standardError())
                        .isZero();
            }

            assertThat(server.count("events")).isEqualTo(RECORDS);
            var sum = server.post("/events/_search?size=0", "{\"aggs\":{\"sum\":{\"sum\":{\"field\":\"n\"}}}}");
            assertThat(sum.at("/aggregations/sum/value").asLong()).isEqualTo((long) RECORDS * (RECORDS - 1) / 2);
        }
    }

    private static long written(ElasticsearchServer server) {
        return server.get("/events/_stats/indexing")
                .at("/_all/total/indexing/index_total")
                .asLong();
    }

    private ConnectorProcess start(ParquetLake lake, ElasticsearchServer server) {
        var environment = Map.of(
                "LAKE_ROOT",
                "file:" + lake.root(),
                "QUERY_TENANT_ID",
                "acme",
                "QUERY_DATASET_ID",
                "events",
                "QUERY_SQL",
                "SELECT n, hostname, message FROM events",
                "DESTINATION_TYPE",
                "elasticsearch",
                "DESTINATION_ELASTICSEARCH_URL",
                server.url().toString(),
                "DESTINATION_ELASTICSEARCH_INDEX",
                "events",
                "DESTINATION_ELASTICSEARCH_USERNAME",
                ElasticsearchServer.USER,
                "DESTINATION_ELASTICSEARCH_PASSWORD",
                ElasticsearchServer.PASSWORD,
                "CURSOR_FILE",
                folder.resolve("cursor.db").toString());
        return ConnectorProcess.start(
                TestTools.projectDirectory(), environment, List.of("-Xmx256m"), "--mode", "batch");
    }
}
