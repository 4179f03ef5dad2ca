package com.bytefreezer.connector.api.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeColumnTest {
    @ParameterizedTest
    @CsvSource({
        "BfTs BIGINT; proc_id VARCHAR; timestamp TIMESTAMP, timestamp",
        "BfTs BIGINT; @timestamp TIMESTAMP WITH TIME ZONE; Message VARCHAR, @timestamp",
        "day DATE; seen TIMESTAMP_NS; note VARCHAR, seen",
        "created_at VARCHAR; day DATE, day",
        "TimeCreated VARCHAR; host VARCHAR, TimeCreated",
        "BfTs BIGINT; host VARCHAR, BfTs",
        "date VARCHAR; host VARCHAR, ''",
        "times TIMESTAMP[]; time STRUCT(a TIMESTAMP), ''",
        "a TIMESTAMP; b TIMESTAMP; event_time TIMESTAMP, event_time",
        "'', ''"
    })
    void theTimeIsTheLikeliestColumn(String columns, String expected) {
        Map<String, String> types = new LinkedHashMap<>();
        for (String column : columns.split("; ")) {
            if (!column.isEmpty()) {
                String[] parts = column.split(" ", 2);
                types.put(parts[0], parts[1]);
            }
        }
        assertThat(TimeColumn.guess(types).orElse("")).isEqualTo(expected);
    }
}
