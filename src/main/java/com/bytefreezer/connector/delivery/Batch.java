package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.cursor.Counts;
import com.bytefreezer.connector.text.PlainText;
import com.bytefreezer.connector.text.Sha256;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Records that are delivered together: the bytes that DuckDB wrote, never parsed on the way.
 *
 * <p>A destination that takes a batch as a whole does nothing: when its route returns, every record is accepted. A
 * destination that answers for each record calls {@link #accept}, {@link #duplicate} and {@link #reject}, and sends the
 * {@link #open} records again. A part of a batch (see {@link #open} and {@link #halves}) is a batch too; the whole
 * keeps the results of its records.
 *
 * <p>Immutable except for the results of its records. Safe for use by several threads.
 */
public final class Batch {
    private static final int ID_BYTES = 16;
    private static final byte[] SEPARATOR = {' '};
    /** Leaves room for 10¹² records of an object. */
    private static final int OBJECT_SHIFT = 40;

    private final Unit unit;
    private final int number;
    private final byte[][] records;
    /** The number of each record in the unit; see {@link #number}. */
    private final long[] numbers;

    private final Settled settled;
    /** The names of joined records. */
    private final JoinedName @Nullable [] names;
    /** The ids of records that had ids before; otherwise the unit assigns them. */
    private final String @Nullable [] knownIds;

    /**
     * A record that the destination refuses for good, by its number in its object.
     *
     * @param id as in {@link #recordIds}; null if there is none
     */
    public record Rejection(
            String object, long recordNumber, @Nullable String id, byte[] json, String reason) {
        public Rejection {
            reason = PlainText.line(reason);
        }
    }

    /** The results of single records; shared by a batch and its parts. */
    private static final class Settled {
        private final Map<Long, Rejection> rejections = new TreeMap<>();
        private final Set<Long> duplicates = new HashSet<>();
        private final Set<Long> accepted = new HashSet<>();

        synchronized boolean contains(long record) {
            return accepted.contains(record) || duplicates.contains(record) || rejections.containsKey(record);
        }
    }

    /**
     * A batch without settled records.
     *
     * @param records the JSON of each, without line breaks
     * @param numbers of each record, made by {@link #number}
     */
    Batch(Unit unit, int number, byte[][] records, long[] numbers) {
        this(unit, number, records, numbers, new Settled(), null, null);
    }

    /**
     * A batch of joined rows.
     *
     * @param names names that distinguish the records of an object, independent of the lookups
     */
    static Batch joined(Unit unit, int number, byte[][] records, long[] numbers, JoinedName[] names) {
        return new Batch(unit, number, records, numbers, new Settled(), names, null);
    }

    /** A batch of records that were in another batch before. */
    static Batch again(Unit unit, byte[][] records, long[] numbers, String[] ids) {
        return new Batch(unit, 0, records, numbers, new Settled(), null, ids);
    }

    private Batch(
            Unit unit,
            int number,
            byte[][] records,
            long[] numbers,
            Settled settled,
            JoinedName @Nullable [] names,
            String @Nullable [] knownIds) {
        this.unit = unit;
        this.number = number;
        this.records = records;
        this.numbers = numbers;
        this.settled = settled;
        this.names = names;
        this.knownIds = knownIds;
    }

    /** Identifies the records, the same on every try and after every restart: 128 bits, in hex. */
    public String id() {
        // The other objects of a bundle do not count: a bundle may be larger after a restart.
        StringBuilder content = new StringBuilder(unit.isRepeatable() ? unit.exportOfIds() : unit.key());
        content.append(' ').append(unit.queryOfIds());
        for (int from = 0, to; from < numbers.length; from = to) {
            to = from + 1;
            while (to < numbers.length && numbers[to] == numbers[to - 1] + 1) {
                to++;
            }
            if (unit.isRepeatable()) {
                content.append(' ').append(unit.identity(objectIn(numbers[from])));
            }
            content.append(' ').append(inObject(numbers[from])).append(' ').append(to - from);
        }
        if (names != null) {
            // The numbers depend on the lookups.
            content.append(' ').append(JoinedName.checksum(names));
        }
        if (knownIds != null && unit.isRepeatable()) {
            Checksum ids = new Checksum();
            for (String id : knownIds) {
                ids.add(id.getBytes(StandardCharsets.UTF_8));
                ids.add(SEPARATOR);
            }
            content.append(' ').append(ids.value());
        }
        return HexFormat.of().formatHex(hash(content.toString()));
    }

    /**
     * An id for each record, the same on every try and after every restart: 128 bits of its object and query, and its number in the object; for a joined row, the row's number and the content.
     *
     * @return empty if the order of the records may differ between runs; then there are no stable ids
     */
    public List<String> recordIds() {
        if (!unit.isRepeatable()) {
            return List.of();
        }
        if (knownIds != null) {
            return List.of(knownIds);
        }
        List<String> ids = new ArrayList<>(numbers.length);
        int prefixed = -1;
        String prefix = "";
        for (int i = 0; i < numbers.length; i++) {
            int object = objectIn(numbers[i]);
            if (object != prefixed) {
                prefix = prefixOfIds(unit, object);
                prefixed = object;
            }
            ids.add(prefix + "-" + (names == null ? inObject(numbers[i]) : names[i]));
        }
        return ids;
    }

    private static String prefixOfIds(Unit unit, int object) {
        String content = unit.exportOfIds() + " " + unit.identity(object) + " " + unit.queryOfIds();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(hash(content));
    }

    public Unit unit() {
        return unit;
    }

    /** The position of the batch in the unit's run, from 0. */
    public int number() {
        return number;
    }

    public int recordCount() {
        return records.length;
    }

    /** The size in bytes of NDJSON. */
    public int size() {
        int size = records.length;
        for (byte[] json : records) {
            size += json.length;
        }
        return size;
    }

    /** The records as lines of JSON, each with its line break. */
    public byte[] ndjson() {
        byte[] lines = new byte[size()];
        int end = 0;
        for (byte[] json : records) {
            System.arraycopy(json, 0, lines, end, json.length);
            end += json.length;
            lines[end++] = '\n';
        }
        return lines;
    }

    /** The original's body of a webhook: {@code {"records":[…],"count":n}} (docs/contracts.md). */
    public byte[] recordsDocument() {
        ByteArrayOutputStream document = new ByteArrayOutputStream(size() + 40);
        document.writeBytes("{\"records\":[".getBytes(StandardCharsets.UTF_8));
        for (int position = 0; position < records.length; position++) {
            if (position > 0) {
                document.write(',');
            }
            document.writeBytes(records[position]);
        }
        document.writeBytes(("],\"count\":" + recordCount() + "}").getBytes(StandardCharsets.UTF_8));
        return document.toByteArray();
    }

    /** The JSON of each record. */
    public List<byte[]> records() {
        return List.of(records);
    }

    /** The two halves of a batch of several records, each with an id of its own. */
    public List<Batch> halves() {
        int middle = recordCount() / 2;
        return List.of(part(0, middle), part(middle, recordCount()));
    }

    /** The records that are neither accepted nor rejected yet; the batch itself if that is all of them. */
    public Optional<Batch> open() {
        int[] positions = IntStream.range(0, recordCount())
                .filter(position -> !settled.contains(numbers[position]))
                .toArray();
        if (positions.length == recordCount()) {
            return Optional.of(this);
        }
        if (positions.length == 0) {
            return Optional.empty();
        }
        return Optional.of(some(positions));
    }

    /** The destination has accepted the record at this position in the batch, from 0. */
    public void accept(int position) {
        synchronized (settled) {
            settled.accepted.add(numbers[position]);
        }
    }

    /** The destination had the record before. */
    public void duplicate(int position) {
        synchronized (settled) {
            settled.duplicates.add(numbers[position]);
        }
    }

    /**
     * The destination refuses a record for good.
     *
     * @param position in this batch, from 0
     * @param reason in the destination's words
     */
    public void reject(int position, String reason) {
        long record = numbers[position];
        synchronized (settled) {
            settled.rejections.put(
                    record,
                    new Rejection(
                            nameOfObject(record),
                            inObject(record),
                            unit.isRepeatable()
                                    ? some(new int[] {position}).recordIds().get(0)
                                    : null,
                            records[position],
                            reason));
        }
    }

    /** The records that the destination has refused so far, including those of the other parts of the same batch. */
    public List<Rejection> rejections() {
        synchronized (settled) {
            return List.copyOf(settled.rejections.values());
        }
    }

    /** The results of the records, after the destination has returned. */
    public Counts outcome() {
        synchronized (settled) {
            int rejected = settled.rejections.size();
            int duplicates = settled.duplicates.size();
            return new Counts(recordCount(), recordCount() - duplicates - rejected, duplicates, rejected);
        }
    }

    /** The NDJSON as text: {@code ${body}} in a route shows the records. */
    @Override
    public String toString() {
        return new String(ndjson(), StandardCharsets.UTF_8);
    }

    private Batch part(int from, int to) {
        return some(IntStream.range(from, to).toArray());
    }

    private Batch some(int[] positions) {
        return new Batch(
                unit,
                number,
                some(records, positions),
                Arrays.stream(positions)
                        .mapToLong(position -> numbers[position])
                        .toArray(),
                settled,
                names == null ? null : some(names, positions),
                knownIds == null ? null : some(knownIds, positions));
    }

    private static <T> T[] some(T[] all, int... positions) {
        T[] some = Arrays.copyOf(all, positions.length);
        Arrays.setAll(some, i -> all[positions[i]]);
        return some;
    }

    /**
     * Identifies a record of a unit.
     *
     * @param object the index of the object in the unit
     * @param record its number in the object
     */
    static long number(int object, long record) {
        return (long) object << OBJECT_SHIFT | record;
    }

    private static long inObject(long number) {
        return number & (1L << OBJECT_SHIFT) - 1;
    }

    private static int objectIn(long number) {
        return (int) (number >> OBJECT_SHIFT);
    }

    /** Unknown if the query needs several objects at once. */
    private String nameOfObject(long number) {
        return unit.isRepeatable() ? unit.objects().get(objectIn(number)).key() : unit.object();
    }

    private static byte[] hash(String content) {
        return Arrays.copyOf(Sha256.of(content), ID_BYTES);
    }
}
