package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetChoiceTest {
    private static final List<String> LAKE =
            List.of("acme/dns", "acme/syslog", "acme/a,b", "acme/x*y", "acme/xay", "zeta/syslog", "zeta/sys log");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "acme|syslog|acme/syslog",
                "acme|*|acme/dns acme/syslog acme/a,b acme/x*y acme/xay",
                "acme|dns, syslog|acme/dns acme/syslog",
                "acme|sys*|acme/syslog",
                "acme|*s*|acme/dns acme/syslog",
                "acme|acme/*|acme/dns acme/syslog acme/a,b acme/x*y acme/xay",
                "acme|*/syslog|acme/syslog zeta/syslog",
                "none|zeta/*,acme/d*|acme/dns zeta/syslog zeta/sys log",
                "*|syslog|acme/syslog zeta/syslog",
                "acme,zeta|syslog|acme/syslog zeta/syslog",
                "*a|*g|zeta/syslog zeta/sys log",
                "acme|a\\,b|acme/a,b",
                "acme|x\\*y|acme/x*y",
                "acme|x*y|acme/x*y acme/xay",
                "acme|ACME/*|",
                "acme|.*|",
                "acme|s?slog|"
            })
    void namesListsAndPatternsChooseDatasets(String tenant, String dataset, String chosen) {
        DatasetChoice choice = DatasetChoice.of(tenant, dataset);
        String found = LAKE.stream()
                .map(name -> new DatasetName(name.split("/")[0], name.split("/")[1]))
                .filter(choice::matches)
                .map(DatasetName::toString)
                .reduce((one, other) -> one + " " + other)
                .orElse(null);
        assertThat(found).isEqualTo(chosen);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"acme|syslog|acme/syslog", "a,a|x|a/x", "z|acme/syslog|acme/syslog", "acme|a\\,b|acme/a,b"})
    void oneDatasetIsNoChoice(String tenant, String dataset, String one) {
        assertThat(DatasetChoice.of(tenant, dataset).one().map(DatasetName::toString))
                .contains(one);
    }

    @ParameterizedTest
    @CsvSource({"acme,*", "*,syslog", "acme,'a,b'", "acme,*/x"})
    void severalOrAPatternAre(String tenant, String dataset) {
        assertThat(DatasetChoice.of(tenant, dataset).one()).isEmpty();
    }

    @Test
    void onlyAPatternNeedsALook() {
        assertThat(DatasetChoice.of("acme", "a,b,zeta/c").needsListing()).isFalse();
        assertThat(DatasetChoice.of("acme", "a,b,zeta/c").named().toString()).isEqualTo("[acme/a, acme/b, zeta/c]");
        assertThat(DatasetChoice.of("acme", "a,b*").needsListing()).isTrue();
        assertThat(DatasetChoice.of("acme", "a,b*").tenants()).contains(Set.of("acme"));
        assertThat(DatasetChoice.of("acme", "*/a").tenants()).isEmpty();
        assertThat(DatasetChoice.of("acme", "*/a").datasets()).contains(Set.of("a"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ",", "a,", "a//b", "a/b/c", "../a", "a/..", "{dataset}", "a\\b", "a\n*", "/", "*/", "\\"})
    void whatNoLakeCanHoldIsRefused(String dataset) {
        assertThat(DatasetChoice.problemOfDatasets(dataset)).isPresent();
    }

    @Test
    void anEscapedNameMeansItself() {
        Stream.of("a,b", "*", "x*", "a b", "${header.x}".replace("{", "(").replace("}", ")"), "%", "\u00e4,*")
                .forEach(name -> assertThat(DatasetChoice.of("acme", DatasetChoice.escaped(name))
                                .one())
                        .contains(new DatasetName("acme", name)));
    }

    @Test
    void theLaneOfADatasetTellsIt() {
        ExportDefinition export = new ExportDefinition(
                new Lane("x", "webhook"), "*", "*", "", Sync.AUTO, 1, Duration.ZERO, true, DatasetChoice.of("*", "*"));
        for (String name : List.of("a@b", "a b", "webhook", "%2F")) {
            DatasetName dataset = new DatasetName("t@x", name);
            assertThat(export.datasetOf(export.at(dataset).lane())).contains(dataset);
            assertThat(export.at(dataset).export()).isEqualTo("x");
        }
        assertThat(Stream.of("x/webhook", "x@/webhook", "x@a/webhook", "y@a/b/webhook", "x@a/b/kafka")
                        .map(Lane::parse)
                        .filter(lane -> export.datasetOf(lane).isPresent()))
                .isEmpty();
    }
}
