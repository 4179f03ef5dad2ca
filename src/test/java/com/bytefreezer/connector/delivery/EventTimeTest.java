package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventTimeTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2026-11-27T10:00:00Z|2026-11-27T10:00:00Z",
                "2026-11-27t10:00:00z|2026-11-27T10:00:00Z",
                "2026-11-27T10:00:00.123456789Z|2026-11-27T10:00:00.123456789Z",
                "2026-11-27T10:00|2026-11-27T10:00:00Z",
                "2026-11-27T10:00:00+0000|2026-11-27T10:00:00Z",
                "2026-11-27T10:00:00+05:30|2026-11-27T04:30:00Z",
                "2026-11-27T10:00:00-0800|2026-11-27T18:00:00Z",
                "2026-11-27 10:00:00.5|2026-11-27T10:00:00.500Z",
                "2026-11-27 10:00:00+00|2026-11-27T10:00:00Z",
                "2026-11-27 10:00:00.5+05:30|2026-11-27T04:30:00.500Z",
                "1890-01-01 00:00:00+00:53:28|1889-12-31T23:06:32Z",
                "2026-11-27 10:00:00 +0100|2026-11-27T09:00:00Z",
                "2026-11-27 10:00:00 UTC|2026-11-27T10:00:00Z",
                "2026-11-27 10:00:00,123|2026-11-27T10:00:00.123Z",
                "  2026-11-27  |2026-11-27T00:00:00Z",
                "2026-11-27|2026-11-27T00:00:00Z",
                "0|1970-01-01T00:00:00Z",
                "-1|1969-12-31T23:59:59Z",
                "-0.5|1969-12-31T23:59:59.500Z",
                "1795773600|2026-11-27T10:00:00Z",
                "1795773600.25|2026-11-27T10:00:00.250Z",
                "1.7957736E9|2026-11-27T10:00:00Z",
                "1795773600123|2026-11-27T10:00:00.123Z",
                "1795773600123456|2026-11-27T10:00:00.123456Z",
                "1795773600123456789|2026-11-27T10:00:00.123456789Z"
            })
    void aTimeIsReadAsLogsAndDuckDbWriteIt(String text, Instant time) {
        assertThat(EventTime.of(text)).contains(time);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "yesterday", "10:00:00", "27/Nov/2026:10:00:00 +0000", "2026-13-01", "2026-11-31T10:00:00Z",
                "2026-11-27T25:00:00", "20261127T100000Z", "1e99", "1e999999999", "17957736001234567890123", "NaN",
                        "0x10",
                "2026-11-27T10:00:00+99", "2026-11-27T10:00:00Zjunk"
            })
    void whatIsNoTimeIsNone(String text) {
        assertThat(EventTime.of(text)).isEmpty();
    }
}
