package com.bytefreezer.connector.destination.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
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
        assertThat(new IndexName(text)
                        .at(
                                "2027-01-01T10:00:00Z",
                                unit("a").tenant(),
                                unit("a").dataset()))
                .contains(name);
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

    @ParameterizedTest
    @CsvSource({
        "{dataset},syslog",
        "{tenant}-{dataset},acme-syslog",
        "x-{dataset}-{yyyy.MM.dd},x-syslog-2027.01.01",
        "%{+yyyy}-{tenant},2027-acme",
        "a%{dataset},a%syslog"
    })
    void theNamesOfADatasetStandBesideDates(String text, String name) {
        assertThat(new IndexName(text)
                        .at(
                                "2027-01-01T10:00:00Z",
                                unit("a").tenant(),
                                unit("a").dataset()))
                .contains(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-{dataset}", "-{dataset}/", "{datasets}", "{dataset", "{{dataset}}", "{Dataset}"})
    void aNameThatNoDatasetCouldHaveStopsTheStart(String text) {
        assertThatThrownBy(() -> new IndexName(text))
                .isInstanceOf(ConnectorException.class)
                .hasMessageContaining("Not started");
    }

    @Test
    void capitalsOfADatasetBecomeSmall() {
        IndexName name = new IndexName("x-{dataset}");
        name.require("acme", "Foo");
        assertThat(name.of(unitOf("Foo", "a"))).isEqualTo("x-foo");
    }

    @Test
    void twoDatasetsDoNotShareAnIndexForTheirCapitals() {
        IndexName name = new IndexName("x-{dataset}-{yyyy}");
        name.require("acme", "foo");
        name.require("zeta", "foo");
        assertThatThrownBy(() -> name.require("acme", "Foo"))
                .isInstanceOf(ConnectorException.class)
                .hasMessageStartingWith(
                        "dataset acme/Foo: destination.elasticsearch.index gives it the name x-foo-2026")
                .hasMessageContaining("The connector delivers none of its records");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a,b", "a*", "a#b", "a:b", "a?", "<a>", "a|b", "\"a\""})
    void aDatasetWithoutAnIndexIsRefusedInWords(String dataset) {
        assertThatThrownBy(() -> new IndexName("x-{dataset}").require("acme", dataset))
                .isInstanceOf(ConnectorException.class)
                .hasMessageStartingWith("dataset acme/%s: its index would be \"x-%1$s\"".formatted(dataset))
                .hasMessageContaining("the name of an index cannot contain");
        new IndexName("x").require("acme", dataset);
    }

    @Test
    void aDatasetWhoseNameIsTooLongOrBeginsWrongIsRefused() {
        assertThatThrownBy(() -> new IndexName("x-{dataset}").require("acme", "é".repeat(130)))
                .hasMessageContaining("more than 255 bytes");
        assertThatThrownBy(() -> new IndexName("{dataset}").require("acme", "_a"))
                .hasMessageContaining("start with");
    }

    @Test
    void aNameIsNotLookedAtAgain() {
        assertThat(new IndexName("{tenant}-{dataset}").of(unitOf("%$1", "a"))).isEqualTo("acme-%$1");
    }

    private static Unit unit(String... keys) {
        return unitOf("syslog", keys);
    }

    private static Unit unitOf(String dataset, String... keys) {
        var objects = Stream.of(keys)
                .map(key -> new LakeObject("/lake/" + key, key, 42, Instant.EPOCH))
                .toList();
        return new Unit(new Lane("default", "elasticsearch"), "acme", dataset, objects, "query", null, null, true);
    }
}
