package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.lake.LakeObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Batches of records that a test wrote down. */
final class SomeBatch {
    private SomeBatch() {}

    static Unit unit(String... keys) {
        return unitOf("syslog", keys);
    }

    static Unit unitOf(String dataset, String... keys) {
        var objects = Stream.of(keys)
                .map(key -> new LakeObject("/lake/" + key, key, 42, Instant.parse("2026-11-21T00:00:00Z")))
                .toList();
        return new Unit("default", "webhook", "acme", dataset, objects, "query", null, null, true);
    }

    static Batch of(Unit unit, long firstRecord, String... records) {
        var json = Stream.of(records)
                .map(record -> record.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        var numbers =
                LongStream.range(firstRecord, firstRecord + records.length).toArray();
        return new Batch(unit, 0, json, numbers);
    }
}
