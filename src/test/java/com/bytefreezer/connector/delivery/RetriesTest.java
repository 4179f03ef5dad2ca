package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.signs.Signs;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
    private final Retries retries = new Retries(3, Duration.ofSeconds(30), new Circuit(new Signs()));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Retry-After | 1                             | PT1S",
                "retry-after | ' 120 '                       | PT2M",
                "RETRY-AFTER | 999999999                     | PT277777H46M39S",
                "Retry-After | Sun, 01 Nov 2026 12:00:30 GMT | PT30S",
                "Retry-After | Sun, 1 Nov 2026 12:00:30 GMT  | PT30S"
            })
    void theWaitIsReadFromSecondsAndDates(String name, String value, Duration wait) {
        assertThat(Retries.retryAfter(Map.of("Date", "x", name, value), NOW)).contains(wait);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-1", "1.5", "0", "Sun, 01 Nov 2026 11:59:59 GMT", "99999999999"})
    void whatIsNoWaitLeavesTheUsualDelay(String value) {
        assertThat(Retries.retryAfter(Map.of("Retry-After", value), NOW)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "301,true",
        "302,true",
        "400,true",
        "401,true",
        "403,true",
        "404,true",
        "413,true",
        "422,true",
        "408,false",
        "425,false",
        "429,false",
        "500,false",
        "502,false",
        "503,false",
        "504,false"
    })
    void onlyAnswersThatMayChangeAreWorthARetry(int status, boolean last) {
        assertThat(retries.isFinal(new HttpOperationFailedException("http://x", status, "", null, null, null)))
                .isEqualTo(last);
    }

    @Test
    void whatAPersonMustSeeToIsNotTriedAgain() {
        assertThat(retries.isFinal(new ConnectorException("x"))).isTrue();
    }

    @Test
    void noAnswerAtAllIsWorthARetry() {
        assertThat(retries.isFinal(new IOException())).isFalse();
    }
}
