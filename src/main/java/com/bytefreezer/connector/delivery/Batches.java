package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.query.RefusedRecord;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of rows into batches while it is read. Does not throw if the stream fails: the batches end, and the
 * unit has the reason. Ends early if the unit has failed or the run is stopping; otherwise Camel's split would read the
 * rest of the result for nothing.
 *
 * <p>Returns no batch of a bundle of small objects before all of it is read. So if one of the objects cannot be read, nothing of the others has been sent.
 *
 * <p>Used by one thread at a time.
 */
public final class Batches implements Iterator<Batch> {
    /** Small objects can hold very many similar records. */
    private static final int LARGEST_BUNDLE_BYTES = 16 * 1024 * 1024;

    private final Unit unit;
    private final Iterator<Object[][]> rows;
    private final int maxRecords;
    private final int maxBytes;
    private final int maxUnsettled;
    private final BooleanSupplier stopped;

    private byte[][] records;
    private long[] numbers;
    /** The names of {@code left} and of {@link #records} if rows are joined. */
    private @Nullable JoinedName name;

    private JoinedName[] names = {};
    private final NamesOfJoined namesOfJoined = new NamesOfJoined();
    /** The number of delivered records that are read again for their names. */
    private long delivered;

    private final Deque<Batch> bundle = new ArrayDeque<>();
    private Object[] block = {};
    private Object @Nullable [] objects;
    private int read;
    private byte @Nullable [] left;
    /** Why {@code left} is refused; then it only describes the record. Null if {@code left} is the record itself. */
    private @Nullable String refusal;

    /** Which of the unit's objects {@code left} is from, and its number in the object. */
    private int object;

    private long record;
    private int cut;
    private int given;
    /** The latest batches, each at its number modulo the length. */
    private final int[] sizes;

    private boolean atEnd;
    private @Nullable Batch next;

    /**
     * Batches of at most {@code maxRecords} records and {@code maxBytes} bytes.
     *
     * @param rows of each block of records an array of byte[], the JSON of each, or a {@link RefusedRecord} in its
     *     place, and for a bundle an array of the numbers of their objects, where rows are joined of their rows; a null
     *     in place of a record marks the end
     * @param maxUnsettled how many batches of the unit may be under way at the same time, two or more; fewer, but still
     *     two, if records have more than {@code maxBytes}
     */
    public Batches(
            Unit unit,
            Iterator<Object[][]> rows,
            int maxRecords,
            int maxBytes,
            int maxUnsettled,
            BooleanSupplier stopped) {
        this.unit = unit;
        this.rows = rows;
        this.maxRecords = maxRecords;
        this.maxBytes = maxBytes;
        this.maxUnsettled = maxUnsettled;
        this.stopped = stopped;
        record = unit.isJoined() ? -1 : unit.counts().selected() - 1;
        delivered = unit.isJoined() ? unit.counts().selected() : 0;
        records = new byte[Math.min(maxRecords, 1024)][];
        numbers = new long[records.length];
        sizes = new int[maxUnsettled];
    }

    /**
     * Stays true until {@link #next}: Camel's split asks twice, and would take a later false for the end without
     * waiting for the batches in flight.
     */
    @Override
    public boolean hasNext() {
        if (next == null && awaitSettled()) {
            next = nextBatch();
        }
        return next != null;
    }

    @Override
    public Batch next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException();
        }
        Batch taken = next;
        next = null;
        sizes[given++ % sizes.length] = taken.size();
        return taken;
    }

    private @Nullable Batch nextBatch() {
        try {
            if (unit.isBundle()) {
                return nextOfBundle();
            }
            return hasNextRecord() ? cut() : null;
        } catch (Error e) {
            // Camel's split handles only exceptions; after an error the unit would never end.
            unit.failReading(e);
            return null;
        }
    }

    private @Nullable Batch nextOfBundle() {
        if (given == 0) {
            int size = 0;
            while (size <= LARGEST_BUNDLE_BYTES && hasNextRecord()) {
                Batch batch = cut();
                size += batch.size();
                bundle.add(batch);
            }
            if (!unit.hasEnded()) {
                return null;
            }
        }
        return bundle.poll();
    }

    private boolean hasNextRecord() {
        while (delivered > 0 && !atEnd) {
            nextRecord();
            delivered--;
        }
        if (left == null && !atEnd) {
            left = nextRecord();
        }
        return left != null;
    }

    private Batch cut() {
        if (refusal != null && left != null) {
            String reason = refusal;
            append(left, 0);
            left = nextRecord();
            unit.selected(1);
            Batch refused = batch(1);
            refused.reject(0, reason);
            return refused;
        }
        int size = 0;
        int count = 0;
        while (left != null && refusal == null && count < maxRecords && (count == 0 || size + left.length < maxBytes)) {
            size += left.length + 1;
            append(left, count++);
            left = nextRecord();
        }
        unit.selected(count);
        return batch(count);
    }

    private Batch batch(int count) {
        byte[][] some = Arrays.copyOf(records, count);
        long[] theirs = Arrays.copyOf(numbers, count);
        return unit.isJoined() && unit.isRepeatable()
                ? Batch.joined(unit, cut++, some, theirs, Arrays.copyOf(names, count))
                : new Batch(unit, cut++, some, theirs);
    }

    /** Waits for earlier batches; false if continuing is pointless. */
    private boolean awaitSettled() {
        try {
            return unit.awaitSettled(given, mostUnsettled(), stopped);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            unit.failReading(e);
            return false;
        }
    }

    /** Limits the batches under way to what the heap can hold with the next one. */
    private int mostUnsettled() {
        long bytes = left == null ? 0 : left.length;
        for (int most = 1; most < maxUnsettled && most <= given; most++) {
            bytes += sizes[(given - most) % sizes.length];
            if (bytes > (long) maxBytes * maxUnsettled) {
                // With a limit of one, the thread that delivers a batch would wait for itself before it continues to
                // read.
                return Math.max(2, most);
            }
        }
        return maxUnsettled;
    }

    private void append(byte[] json, int count) {
        if (count == records.length) {
            records = Arrays.copyOf(records, count * 2);
            numbers = Arrays.copyOf(numbers, count * 2);
        }
        if (name != null) {
            names = names.length < records.length ? Arrays.copyOf(names, records.length) : names;
            names[count] = name;
        }
        records[count] = json;
        numbers[count] = Batch.number(object, record);
    }

    /** The next record, or null at the end of the stream, complete or not. */
    private byte @Nullable [] nextRecord() {
        try {
            if (read == block.length && !nextBlock()) {
                atEnd = true;
                return null;
            }
            byte[] json = json(block[read]);
            if (json == null) {
                atEnd = true;
                unit.ended();
            } else {
                count(objectOf(json));
                read++;
            }
            return json;
        } catch (RuntimeException e) {
            atEnd = true;
            unit.failReading(e);
            return null;
        }
    }

    private byte @Nullable [] json(@Nullable Object record) {
        refusal = record instanceof RefusedRecord refused ? refused.reason() : null;
        return record instanceof RefusedRecord refused ? DeadLetter.standIn(refused.bytes()) : (byte[]) record;
    }

    private boolean nextBlock() {
        if (!rows.hasNext()) {
            return false;
        }
        Object[][] columns = rows.next();
        block = columns[0];
        objects = columns.length > 1 ? columns[1] : null;
        read = 0;
        return true;
    }

    private int objectOf(byte[] json) {
        if (objects == null) {
            return 0;
        }
        if (unit.isJoined()) {
            long row = (Long) objects[read];
            name = namesOfJoined.of(row, json);
            return NamesOfJoined.objectOf(row);
        }
        return (Integer) objects[read];
    }

    private void count(int objectOfRecord) {
        record = objectOfRecord == object ? record + 1 : 0;
        object = objectOfRecord;
    }
}
