package com.bytefreezer.connector.delivery;

import java.util.Arrays;
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
 * <p>Used by one thread at a time.
 */
public final class Batches implements Iterator<Batch> {
    private final Unit unit;
    private final Iterator<?> rows;
    private final int maxRecords;
    private final int maxBytes;
    private final int maxUnsettled;
    private final BooleanSupplier stopped;

    private byte[] lines;
    private int[] ends;
    private byte @Nullable [] left;
    private int number;
    private long nextRecord;
    private boolean atEnd;
    private boolean offered;

    /**
     * Batches of at most {@code maxRecords} records and {@code maxBytes} bytes.
     *
     * @param rows maps with one byte[], the JSON of a record; a null marks the end
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
        nextRecord = unit.counts().selected();
        lines = new byte[Math.min(maxBytes, 64 * 1024)];
        ends = new int[Math.min(maxRecords, 1024)];
    }

    /**
     * Once it has said yes it does so until {@link #next}: Camel's split asks twice, and would take a later no for the end
     * without waiting for the batches in flight.
     */
    @Override
    public boolean hasNext() {
        if (!offered && awaitSettled()) {
            if (left == null && !atEnd) {
                left = nextRecord();
            }
            offered = left != null;
        }
        return offered;
    }

    @Override
    public Batch next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        offered = false;
        int size = 0;
        int count = 0;
        while (left != null && count < maxRecords && (count == 0 || size + left.length < maxBytes)) {
            size = append(left, size, count++);
            left = nextRecord();
        }
        unit.selected(count);
        Batch batch = new Batch(unit, number++, nextRecord, lines, Arrays.copyOf(ends, count));
        // The next batch will be about as large.
        lines = new byte[Math.min(maxBytes, size + size / 8)];
        nextRecord += count;
        return batch;
    }

    /** Waits for earlier batches; false when there is no point in going on. */
    private boolean awaitSettled() {
        try {
            return unit.awaitSettled(number, maxUnsettled, stopped);
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
            ends = Arrays.copyOf(ends, ends.length * 2);
        }
        System.arraycopy(json, 0, lines, size, json.length);
        lines[end - 1] = '\n';
        ends[count] = end;
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
            byte[] json = (byte[]) row.values().iterator().next();
            if (json == null) {
                atEnd = true;
                unit.ended();
            }
            return json;
        } catch (RuntimeException e) {
            atEnd = true;
            unit.failReading(e);
            return null;
        }
    }
}
