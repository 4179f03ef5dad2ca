package com.bytefreezer.connector.operate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeadLetterReasonsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "400 from http://siem.example:8088 — no | … from http://siem.example:… — no",
                "failed to parse field [n] of type [long] in document with id 'Xy'. Value: 'a' | failed to parse field … of type … in document with id …. Value: …",
                "event 6f35a07e71ab47e8f6b7f3e4531ef52c is too large: 1048577 bytes | event … is too large: … bytes",
                "row 7f3a9c12-0b1d-4c52-9e61-2a61a2d4c9f0 refused | row … refused",
                "mapper_parsing_exception on nested_field_name | mapper_parsing_exception on nested_field_name",
                "400 from http://127.0.0.1:43065 — no | … from http://… — no",
                "sha-256 of record-0000017 differs | sha-… of … differs",
            })
    void numbersIdsAndValuesAreTakenOut(String reason, String common) {
        assertThat(DeadLetterReasons.common(reason)).isEqualTo(common);
    }
}
