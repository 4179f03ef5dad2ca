package com.bytefreezer.connector.delivery;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of rows into batches while it is read. Never throws for what is wrong with the stream: it ends and the
 * unit knows why. Ends early when the unit has failed or the run is being stopped; Camel's split would otherwise read
 * the rest of the result in vain.
 *
 * <p>Of a bundle of small objects nothing is given before all of it is read, so that when one of the objects cannot be
 * read, nothing of the others has been sent.
 *
 * <p>Used by one thread at a time.
 */
public final class Batches implements Iterator<Batch> {
    /** Small objects can hold very many records that are alike. */
    private static final int LARGEST_BUNDLE_BYTES = 16 * 1024 * 1024;

    private final Unit unit;
    private final Iterator<?> rows;
    private final int maxRecords;
    private final int maxBytes;
    private final int maxUnsettled;
    private final BooleanSupplier stopped;

    private byte[] lines;
    private int[] ends;
    private long[] numbers;
    private final Deque<Batch> bundle = new ArrayDeque<>();
    private byte @Nullable [] left;
    /** Which of the unit's objects {@code left} is from, and its number there. */
    private int object;

    private long record;
    private int cut;
    private int given;
    private boolean atEnd;
    private boolean offered;

    /**
     * Batches of at most {@code maxRecords} records and {@code maxBytes} bytes.
     *
     * @param rows maps with one byte[], the JSON of a record, and for a bundle the number of its object; a null marks the
     *     end
     * @param maxUnsettled batches of the unit that may be under way at the same time
     */
    public Batches(
            Unit unit, Iterator<?> rows, int maxRecords, int maxBytes, int maxUnsettled, BooleanSupplier stopped) {
        this.unit = unit;
        this.rows = rows;
        this.maxRecords = maxRecords;
        this.maxBytes = maxBytes;
        this.maxUnsettled = maxUnsettled;
        this.stopped = stopped;
        record = unit.counts().selected() - 1;
        lines = new byte[Math.min(maxBytes, 64 * 1024)];
        ends = new int[Math.min(maxRecords, 1024)];
        numbers = new long[ends.length];
    }

    /**
     * Once it has said yes it does so until {@link #next}: Camel's split asks twice, and would take a later no for the end
     * without waiting for the batches in flight.
     */
    @Override
    public boolean hasNext() {
        if (!offered && awaitSettled()) {
            offered = unit.isBundle() ? hasNextOfBundle() : hasNextRecord();
        }
        return offered;
    }

    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        offered = false;
        given++;
        return unit.isBundle() ? bundle.remove() : cut();
    }

    private boolean hasNextOfBundle() {
        if (given == 0) {
            int size = 0;
            while (size <= LARGEST_BUNDLE_BYTES && hasNextRecord()) {
                Batch batch = cut();
                size += batch.size();
                bundle.add(batch);
            }
            if (!unit.hasEnded()) {
                return false;
            }
        }
        return !bundle.isEmpty();
    }

    private boolean hasNextRecord() {
        if (left == null && !atEnd) {
            left = nextRecord();
        }
        return left != null;
    }

    private Batch cut() {
        int size = 0;
        int count = 0;
        while (left != null && count < maxRecords && (count == 0 || size + left.length < maxBytes)) {
            size = append(left, size, count++);
            left = nextRecord();
        }
        unit.selected(count);
        Batch batch = new Batch(unit, cut++, lines, Arrays.copyOf(ends, count), Arrays.copyOf(numbers, count));
        // The next batch will be about as large.
        lines = new byte[Math.min(maxBytes, size + size / 8)];
        return batch;
    }

    /** Waits for earlier batches; false when there is no point in going on. */
    private boolean awaitSettled() {
        try {
            return unit.awaitSettled(given, maxUnsettled, stopped);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            unit.failReading(e);
            return false;
        }
    }

    private int append(byte[] json, int size, int count) {
        int end = size + json.length + 1;
        if (end > lines.length) {
            lines = Arrays.copyOf(lines, Math.max(end, lines.length * 2));
        }
        if (count == ends.length) {
            ends = Arrays.copyOf(ends, count * 2);
            numbers = Arrays.copyOf(numbers, count * 2);
        }
        System.arraycopy(json, 0, lines, size, json.length);
        lines[end - 1] = '\n';
        ends[count] = end;
        numbers[count] = Batch.number(object, record);
        return end;
    }

    /** The next record, or null at the end of the stream, be it the right one or not. */
    private byte @Nullable [] nextRecord() {
        try {
            if (!rows.hasNext()) {
                atEnd = true;
                return null;
            }
            Map<?, ?> row = (Map<?, ?>) rows.next();
            Iterator<?> columns = row.values().iterator();
            byte[] json = (byte[]) columns.next();
            if (json == null) {
                atEnd = true;
                unit.ended();
            } else {
                count(columns.hasNext() ? (Integer) columns.next() : 0);
            }
            return json;
        } catch (RuntimeException e) {
            atEnd = true;
            unit.failReading(e);
            return null;
        }
    }

    private void count(int objectOfRecord) {
        record = objectOfRecord == object ? record + 1 : 0;
        object = objectOfRecord;
    }
}
