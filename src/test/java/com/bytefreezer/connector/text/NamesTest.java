package com.bytefreezer.connector.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ".",
                "..",
                "...",
                "a/b",
                "../x",
                "a\\b",
                "{dataset}",
                "{{env:HOME}}",
                "a\nb",
                "a\u0000",
                " a",
                "a\u2028b",
                "\u202ea",
                "\ud800"
            })
    void whatLeadsElsewhereIsNoName(String text) {
        assertThat(Names.isOfDataset(text)).isFalse();
        assertThat(Names.isOfRoute(text)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"acme", "a b", "a.b", "50%+ö", "日本", "007", "resource:x", "..a", "a=b"})
    void whatFoldersMayBeCalledIsTheNameOfADataset(String text) {
        assertThat(Names.isOfDataset(text)).isTrue();
    }
}
