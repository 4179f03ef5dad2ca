package com.bytefreezer.connector.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    /** Some of them are line breaks in YAML. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT '\u0085'",
                "SELECT '\u2028\n\u2029'\nFROM events",
                "\ufeffSELECT '\u007f\u009f\u0001'",
                "SELECT '\r' \r\n FROM events",
                "SELECT 1 \n\n  FROM events\n ",
                "- a: &x [*x]",
                "!!java.net.URL [x]",
                "# SELECT",
                "\t\"'\\"
            })
    void anyTextIsReadAsItWasWritten(String sql) throws Exception {
        String yaml = ExportFile.of(Map.of("name", "x", "sql", sql));

        assertThat(new YAMLMapper().readTree(yaml).findValuesAsText("value")).contains(sql);
    }
}
