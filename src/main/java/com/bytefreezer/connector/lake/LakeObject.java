package com.bytefreezer.connector.lake;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One Parquet object as a listing shows it. Objects are immutable (CONTRACTS §0.1), so the four together identify the
 * content.
 *
 * @param url what DuckDB reads: {@code s3://bucket/key} or an absolute path
 * @param key its name below the dataset's folder
 * @param size in bytes
 */
public record LakeObject(String url, String key, long size, Instant lastModified) {

    /** The {@code name=value} folders of the key, in order. */
    public Map<String, String> partition() {
        Map<String, String> partition = new LinkedHashMap<>();
        String[] parts = key.split("/");
        for (int i = 0; i < parts.length - 1; i++) {
            int equals = parts[i].indexOf('=');
            if (equals > 0) {
                partition.put(parts[i].substring(0, equals), parts[i].substring(equals + 1));
            }
        }
        return partition;
    }
}
