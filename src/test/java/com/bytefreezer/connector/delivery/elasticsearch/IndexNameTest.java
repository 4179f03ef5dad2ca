package com.bytefreezer.connector.delivery.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @CsvSource({
        "x,x",
        "x-{yyyy.MM.dd},x-2027.01.01",
        "x-{YYYY.MM.dd},x-2027.01.01",
        "x-%{+YYYY.MM.dd},x-2027.01.01",
        "x-%{+yyyy.MM.dd.HH},x-2027.01.01.10",
        "%{+yyyy}-x-{MM},2027-x-01",
        "x-{YYYY.ww},x-2026.53",
        "x-%{+xxxx.ww},x-2026.53",
        "x-{yyyy-'q'q},x-2027-q1",
        "x-{yyyyMMdd-HHmm},x-20270101-1000",
        "x-{yyyy.DDD},x-2027.001"
    })
    void aDateIsWrittenAsJavaAndLogstashWriteIt(String text, String name) {
        assertThat(new IndexName(text).at("2027-01-01T10:00:00Z")).contains(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-{yyyy.mm.dd}",
                "x-{yyyy.MM.DD}",
                "x-{YYYY.MM.dd.ww}",
                "x-{yyyy.MM.dd.hh}",
                "x-{dd MMM}",
                "x-{dd.MMM}",
                "x-{yyyy/MM}",
                "x-%{[host][name]}",
                "x-{yyyy",
                "x-yyyy}",
                "x-{}",
                "x-{yyyy}-{",
                "x-{{yyyy}}",
                "x-{VV}"
            })
    void aDateThatWouldBeWrongStopsTheStart(String text) {
        assertThatThrownBy(() -> new IndexName(text))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("destination.elasticsearch.index")
                .hasMessageContaining("Not started");
    }

    private static Unit unit(String... keys) {
        var objects = Stream.of(keys)
                .map(key -> new LakeObject("/lake/" + key, key, 42, Instant.EPOCH))
                .toList();
        return new Unit("default", "elasticsearch", "acme", "syslog", objects, "query", null, null, true);
    }
}
