package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.destination.kafka.KafkaRecords;
import com.bytefreezer.connector.disk.FileName;
import com.bytefreezer.connector.problem.ConnectorException;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetTextTest {
    /** What a folder of a lake may be named. */
    private static final List<String> HOSTILE = List.of(
            "a b",
            "..a",
            "a..",
            "$1",
            "%2F",
            "%{+YYYY}",
            "?x=y",
            "#a",
            "ä",
            "a@b",
            "*",
            "a,b",
            "-",
            "&",
            "日本",
            "x".repeat(200));

    @ParameterizedTest
    @CsvSource({
        "https://siem.example/{tenant}/{dataset}?d={dataset},https://siem.example/acme/a%20%2525%3F%26?d=a%20%2525%3F%26",
        "no placeholder,no placeholder",
        "{dataset,{dataset",
        "{Tenant},{Tenant}"
    })
    void aNameInAUrlIsEscaped(String text, String url) {
        assertThat(new DatasetText(text, DatasetText::inUrl).of("acme", "a %25?&"))
                .isEqualTo(url);
    }

    @Test
    void aNameInAHeaderIsPrintable() {
        DatasetText text = new DatasetText("X-Source: {tenant}/{dataset}", DatasetText::inHeader);
        assertThat(text.of("acme", "größe 100%")).isEqualTo("X-Source: acme/gr%C3%B6%C3%9Fe 100%25");
    }

    @Test
    void whatStandsInANameIsNotReplacedAgain() {
        DatasetText text = new DatasetText("{tenant} {dataset}", UnaryOperator.identity());
        assertThat(text.of("{dataset}", "$0 {tenant} \\")).isEqualTo("{dataset} $0 {tenant} \\");
    }

    @Test
    void noTwoNamesShareAFileOrAUrl() {
        assertThat(HOSTILE.stream().map(DatasetText::inUrl)).doesNotHaveDuplicates();
        assertThat(Stream.concat(HOSTILE.stream(), Stream.of("a_b", "_1")).map(FileName::of))
                .doesNotHaveDuplicates()
                .allMatch(name -> name.matches("(?!\\.)[A-Za-z0-9@._-]{1,160}"));
        assertThat(FileName.of("x@acme")).isEqualTo("x@acme");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a,b", "ä", "a/b", "{x}", "*", "xxx{"})
    void aDatasetThatCanHaveNoTopicIsRefused(String name) {
        KafkaRecords records = new KafkaRecords();
        records.setTopic("x.{tenant}-{dataset}");
        records.require("acme", "syslog");
        assertThatThrownBy(() -> records.require("acme", name))
                .isInstanceOf(ConnectorException.class)
                .hasMessageStartingWith("dataset acme/%s: its topic would be \"x.acme-%1$s\"".formatted(name))
                .hasMessageContaining("The connector delivers none of its records.");
    }
}
