package com.bytefreezer.connector.lake;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One Parquet object as a listing shows it. Objects are immutable; {@link #content} distinguishes versions.
 *
 * @param url for DuckDB: {@code s3://bucket/key} or an absolute path
 * @param key its name below the dataset's folder
 * @param size in bytes
 * @param etag the bucket's name for the bytes; null if the listing has none
 * @param slice the part of its rows, or null for all of them
 */
public record LakeObject(
        String url,
        String key,
        long size,
        Instant lastModified,
        @Nullable String etag,
        @Nullable Slice slice) {
    /** The end of a slice's key. */
    private static final Pattern SLICE = Pattern.compile("#(\\d{12,18})-(\\d{12,18})$");

    /**
     * Some rows of an object. A big object is delivered as several units at the same time.
     *
     * @param of the whole object's key
     * @param from the number of its first row, counted from 0
     * @param to the number after its last row
     * @param count number of slices of the object
     */
    public record Slice(String of, long from, long to, int count) {}

    /** A whole object of a listing without ETags. */
    public LakeObject(String url, String key, long size, Instant lastModified) {
        this(url, key, size, lastModified, null, null);
    }

    /** The whole object, if this is a slice. */
    public LakeObject whole() {
        return slice == null ? this : new LakeObject(url, slice.of(), size, lastModified, etag, null);
    }

    /**
     * Identifies its bytes, wherever the object is. A copy of the same bytes has the same ETag but a new LastModified,
     * which counts only without an ETag.
     */
    public String content() {
        return size + " " + (etag == null ? lastModified : etag);
    }

    /** Identifies the object and its content, independent of its place. */
    public String identity() {
        return key + " " + content();
    }

    /** The object's name in ids from before cursors stored ETags; objects begun then are finished with the same ids. */
    public String formerIdentity() {
        return "LakeObject[url=%s, key=%s, size=%d, lastModified=%s, slice=%s]"
                .formatted(url, key, size, lastModified, slice);
    }

    /** Whether it counts as an object: only the first of several slices does. */
    public boolean isCounted() {
        return slice == null || slice.from() == 0;
    }

    /** The whole object's key in the key of an object or of a slice. */
    public static String keyOfWhole(String key) {
        return SLICE.matcher(key).replaceFirst("");
    }

    /** The slice of this object with this key; the object itself if the key is not that of a slice. */
    public LakeObject part(String partKey) {
        Matcher range = SLICE.matcher(partKey);
        return range.find() && !partKey.equals(key)
                ? new LakeObject(
                        url,
                        partKey,
                        size,
                        lastModified,
                        etag,
                        new Slice(key, Long.parseLong(range.group(1)), Long.parseLong(range.group(2)), 1))
                : this;
    }

    /** The object, which has {@code rows} rows, in slices of {@code rowsEach}. */
    public List<LakeObject> slices(long rows, long rowsEach) {
        int count = (int) ((rows + rowsEach - 1) / rowsEach);
        List<LakeObject> slices = new ArrayList<>();
        for (long from = 0; from < rows; from += rowsEach) {
            long to = Math.min(rows, from + rowsEach);
            String name = "%s#%012d-%012d".formatted(key, from, to);
            slices.add(new LakeObject(url, name, size, lastModified, etag, new Slice(key, from, to, count)));
        }
        return slices;
    }

    /**
     * Whether its partition begins in this range, {@code to} exclusive; an object without a time belongs to every
     * range.
     */
    public boolean beginsIn(Instant from, Instant to) {
        return partitionTime()
                .map(time -> !time.isBefore(from) && time.isBefore(to))
                .orElse(true);
    }

    /**
     * The start of its partition, from folders like {@code year=2026/month=11/day=20/hour=01} or {@code 2026/11/20}.
     */
    public Optional<Instant> partitionTime() {
        return Period.of(key).map(Period::from);
    }

    /** As {@link #partitionTime}, but also for a folder of a whole month or year. */
    public Optional<Instant> folderTime() {
        return Period.of(folder()).map(Period::from);
    }

    /** The part of its key before its own name, with a slash at the end; empty if there is none. */
    public String folder() {
        return key.substring(0, key.lastIndexOf('/') + 1);
    }

    /**
     * The {@code name=value} folders of the key, in order; the first of two with the same name. The first {@code =}
     * ends the name, and the value is percent-decoded.
     */
    public Map<String, String> partition() {
        Map<String, String> partition = new LinkedHashMap<>();
        String[] parts = key.split("/");
        for (int i = 0; i < parts.length - 1; i++) {
            int equals = parts[i].indexOf('=');
            if (equals > 0) {
                partition.putIfAbsent(parts[i].substring(0, equals), decoded(parts[i].substring(equals + 1)));
            }
        }
        return partition;
    }

    /** As DuckDB's url_decode: invalid encoding stays as it is. */
    private static String decoded(String value) {
        if (value.indexOf('%') < 0) {
            return value;
        }
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        ByteBuffer decoded = ByteBuffer.allocate(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            int high = i + 2 < bytes.length && bytes[i] == '%' ? Character.digit(bytes[i + 1], 16) : -1;
            int low = high < 0 ? -1 : Character.digit(bytes[i + 2], 16);
            decoded.put(low < 0 ? bytes[i] : (byte) (high * 16 + low));
            i += low < 0 ? 0 : 2;
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(decoded.flip()).toString();
        } catch (CharacterCodingException e) {
            return value;
        }
    }
}
