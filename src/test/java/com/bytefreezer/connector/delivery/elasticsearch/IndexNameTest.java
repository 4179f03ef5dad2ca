package com.bytefreezer.connector.delivery.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class IndexNameTest {
    private final IndexName index = new IndexName("alerts-{yyyy.MM.dd}");

    @Test
    void smallObjectsThatAreReadTogetherHaveTheDateOfTheirPartition() {
        assertThat(index.of(unit("year=2026/month=11/day=20/a", "year=2026/month=11/day=20/b")))
                .isEqualTo("alerts-2026.11.20");
    }

    @Test
    void objectsOfSeveralPartitionsHaveNoDate() {
        assertThatThrownBy(() -> index.of(unit("year=2026/month=11/day=20/a", "year=2026/month=11/day=21/b")))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("index-time-column");
    }

    private static Unit unit(String... keys) {
        var objects = Stream.of(keys)
                .map(key -> new LakeObject("/lake/" + key, key, 42, Instant.EPOCH))
                .toList();
        return new Unit("default", "elasticsearch", "acme", "syslog", objects, "query", null, null, true);
    }
}
