package com.bytefreezer.connector.destination.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.OpenSearchServer;
import com.bytefreezer.connector.testing.ParquetLake;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The destination "elasticsearch" on a real OpenSearch node. */
@Tag("slow")
class OpenSearchTest {
    private static final String OBJECT = "year=2026/month=11/day=20/hour=01/a.parquet";

    @TempDir
    private Path folder;

    @Test
    void eachRecordIsThereOnceAndAMisfitIsForeseenAndKept() throws Exception {
        try (OpenSearchServer server = OpenSearchServer.start()) {
            ToElasticsearch sample = new ToElasticsearch(folder, Map.of("destination.type", "elasticsearch"))
                    .with("url", server.url())
                    .with("index", "sample-{yyyy.MM}")
                    .with("compression", true);
            assertThat(sample.run().succeeded()).isTrue();
            assertThat(server.count("sample-2026.11")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);

            // The same ids again.
            var again = sample.in(folder.resolve("forgotten")).run();
            assertThat(again.succeeded()).isTrue();
            assertThat(again.log("INFO"))
                    .anyMatch(line -> line.contains(" 0 accepted") && line.contains("400 duplicates"));
            assertThat(server.count("sample-2026.11")).isEqualTo(ToElasticsearch.SAMPLE_RECORDS);

            server.request("PUT", "/typed", "{\"mappings\":{\"properties\":{\"code\":{\"type\":\"integer\"}}}}");
            ParquetLake lake = ParquetLake.in(folder.resolve("lake"));
            lake.object(OBJECT, "SELECT n, CASE n WHEN 3 THEN 'zz' ELSE n::VARCHAR END AS code FROM range(1, 6) t(n)");
            ToElasticsearch typed =
                    sample.in(folder.resolve("typed")).with("index", "typed").from(lake, "SELECT * FROM events");
            assertThat(typed.run().succeeded()).isTrue();
            assertThat(server.count("typed")).isEqualTo(4);
            assertThat(typed.deadLetters()).singleElement().satisfies(letter -> {
                assertThat(letter.at("/record/n").asInt()).isEqualTo(3);
                assertThat(letter.path("reason").asText()).contains("mapper_parsing_exception");
            });

            try (var contract =
                    new MappingCheckContract(server.url(), Map.of(), server::request, folder.resolve("checked"))) {
                contract.namesExactlyWhatTheServerRefuses();
                contract.saysWhatAnIndexRefusesAsAWhole(false);
            }
        }
    }
}
