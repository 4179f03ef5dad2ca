package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.lake.LakeObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Batches of records that a test wrote down. */
public final class SomeBatch {
    private SomeBatch() {}

    public static Unit unit(String... keys) {
        return unitOf("syslog", keys);
    }

    public static Unit unitOf(String dataset, String... keys) {
        var objects = Stream.of(keys)
                .map(key -> new LakeObject("/lake/" + key, key, 42, Instant.parse("2026-11-21T00:00:00Z")))
                .toList();
        return new Unit(new Lane("default", "webhook"), "acme", dataset, objects, "query", null, null, true);
    }

    public static Batch of(Unit unit, long firstRecord, String... records) {
        var json = Stream.of(records)
                .map(record -> record.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        var numbers =
                LongStream.range(firstRecord, firstRecord + records.length).toArray();
        return new Batch(unit, 0, json, numbers);
    }

    /** A batch of two small objects that are read together. */
    public static Batch firstRecordsOf(String... objects) {
        var records = new byte[][] {{'{', '}'}, {'{', '}'}};
        return new Batch(unit(objects), 0, records, new long[] {0, Batch.number(1, 0)});
    }
}
