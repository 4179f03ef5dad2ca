package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportFileTest {
    @ParameterizedTest
    @CsvSource({
        "SELECT 1, SELECT 1",
        "{{a}}, {/**/{a}/**/}",
        "{{{, {/**/{/**/{",
        "{/**/{, {/**//**/{",
        "{ {} }, { {} }",
    })
    void twoBracesNeverStandSideBySide(String sql, String written) {
        assertThat(ExportDefinition.escaped(sql)).isEqualTo(written);
    }
}
