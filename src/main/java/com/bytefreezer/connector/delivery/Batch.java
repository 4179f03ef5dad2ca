package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.cursor.Counts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;

/**
 * Records that are delivered together: the bytes that DuckDB wrote, never parsed on the way. A part of a batch (see
 * {@link #halves}) is a batch too; what becomes of its records is kept with the whole.
 *
 * <p>Immutable but for the rejections. Safe for use by several threads.
 */
public final class Batch {
    private static final int ID_BYTES = 16;

    private final Unit unit;
    private final int number;
    private final long firstRecord;
    private final byte[] lines;
    /** Where each record ends, its line break included; the first record begins at {@code start}. */
    private final int[] ends;

    private final int start;
    private final Map<Long, Rejection> rejections;

    /** A record that the destination refuses for good, by its number in the unit. */
    public record Rejection(long recordNumber, byte[] json, String reason) {}

    Batch(Unit unit, int number, long firstRecord, byte[] lines, int[] ends) {
        this(unit, number, firstRecord, lines, 0, ends, new ConcurrentSkipListMap<>());
    }

    private Batch(
            Unit unit,
            int number,
            long firstRecord,
            byte[] lines,
            int start,
            int[] ends,
            Map<Long, Rejection> rejections) {
        this.unit = unit;
        this.number = number;
        this.firstRecord = firstRecord;
        this.lines = lines;
        this.start = start;
        this.ends = ends;
        this.rejections = rejections;
    }

    /** The same for the same records on every try and after every restart: 128 bits, in hex. */
    public String id() {
        String content = unit.key() + " " + firstRecord + " " + ends.length;
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, ID_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public Unit unit() {
        return unit;
    }

    /** Counted from 0 in the unit's run. */
    public int number() {
        return number;
    }

    public int recordCount() {
        return ends.length;
    }

    /** In bytes of NDJSON. */
    public int size() {
        return ends[ends.length - 1] - start;
    }

    /** The records as lines of JSON, each with its line break. */
    public byte[] ndjson() {
        return Arrays.copyOfRange(lines, start, start + size());
    }

    /** Writes the records as lines of JSON, without a copy of them. */
    void writeTo(OutputStream out) throws IOException {
        out.write(lines, start, size());
    }

    /** The original's body of a webhook: {@code {"records":[…],"count":n}} (CONTRACTS §3.9). */
    public byte[] recordsDocument() {
        ByteArrayOutputStream document = new ByteArrayOutputStream(size() + 40);
        document.writeBytes("{\"records\":[".getBytes(StandardCharsets.UTF_8));
        int from = start;
        for (int end : ends) {
            if (from > start) {
                document.write(',');
            }
            document.write(lines, from, end - 1 - from);
            from = end;
        }
        document.writeBytes(("],\"count\":" + recordCount() + "}").getBytes(StandardCharsets.UTF_8));
        return document.toByteArray();
    }

    /** The JSON of each record. */
    public List<byte[]> records() {
        return IntStream.range(0, recordCount()).mapToObj(this::json).toList();
    }

    /** The two halves of a batch of several records, each with an id of its own. */
    public List<Batch> halves() {
        int middle = recordCount() / 2;
        int[] left = Arrays.copyOfRange(ends, 0, middle);
        int[] right = Arrays.copyOfRange(ends, middle, ends.length);
        return List.of(
                new Batch(unit, number, firstRecord, lines, start, left, rejections),
                new Batch(unit, number, firstRecord + middle, lines, ends[middle - 1], right, rejections));
    }

    /**
     * The destination refuses one record for good.
     *
     * @param position in this batch, from 0
     * @param reason in the destination's words
     */
    public void reject(int position, String reason) {
        long record = firstRecord + position;
        rejections.put(record, new Rejection(record, json(position), reason));
    }

    List<Rejection> rejections() {
        return List.copyOf(rejections.values());
    }

    /** What became of the records, when the destination has returned. */
    Counts outcome() {
        int rejected = rejections.size();
        return new Counts(recordCount(), recordCount() - rejected, 0, rejected);
    }

    /** The NDJSON as text, so that {@code ${body}} in a route shows the records. */
    @Override
    public String toString() {
        return new String(lines, start, size(), StandardCharsets.UTF_8);
    }

    private byte[] json(int position) {
        int from = position == 0 ? start : ends[position - 1];
        return Arrays.copyOfRange(lines, from, ends[position] - 1);
    }
}
