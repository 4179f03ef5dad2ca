package com.bytefreezer.connector.receive;

import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which values a place in the events of a dataset has had: the events as a whole, a member of them, the items of a list.
 * It only widens, and gives a place one type in DuckDB that holds all of them. Safe for use by several threads.
 */
public final class Shape {
    static final int BOOLEAN = 1;
    /** A whole number that a DOUBLE holds, too. */
    static final int WHOLE = 2;
    /** A whole number of 64 bits. */
    static final int LONG = 4;
    /** A whole number of 38 digits. */
    static final int HUGE = 8;
    /** A number with a fraction or an exponent. */
    static final int REAL = 16;
    /** A text, or what only a text holds. */
    static final int TEXT = 32;

    static final int OBJECT = 64;
    static final int LIST = 128;
    /** Objects with so many different members are kept as JSON: their names are data. */
    static final int MOST_MEMBERS = 200;
    /** Columns of a dataset: so many fit into the memory of a pack. */
    static final int MOST_COLUMNS = 2_000;
    /** Objects and lists deeper than this are kept as JSON. */
    static final int DEEPEST = 12;

    private static final ObjectMapper JSON = Json.mapper();

    private final int depth;
    private final AtomicInteger seen = new AtomicInteger();
    /** By the names as they are written. */
    private final Map<String, Member> members = new ConcurrentHashMap<>();
    /** By the names as DuckDB compares them. */
    private final Map<String, Member> folded = new ConcurrentHashMap<>();

    private volatile @Nullable Shape items;

    /**
     * A member of an object.
     *
     * @param name as it was first written; that is its name from then on
     * @param number in the order of appearance, from 0
     */
    record Member(String name, int number, Shape shape) {}

    private record Stored(
            int seen,
            @Nullable Map<String, Stored> members,
            @Nullable Stored items) {}

    private Shape(int depth) {
        this.depth = depth;
    }

    /** Of a dataset without events. */
    public static Shape empty() {
        return new Shape(0);
    }

    /**
     * As it was.
     *
     * @param stored from {@link #stored}; empty for a dataset without events
     */
    public static Shape of(String stored) {
        return empty().widen(stored);
    }

    /** Widens it by another one, from {@link #stored}; empty for none. */
    public Shape widen(String stored) {
        if (!stored.isEmpty()) {
            try {
                restore(JSON.readValue(stored, Stored.class));
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException("the columns of a dataset cannot be read", e);
            }
        }
        return this;
    }

    private void restore(Stored stored) {
        see(stored.seen());
        if (stored.members() != null) {
            stored.members().forEach((name, one) -> {
                Member member = member(name);
                if (member != null) {
                    member.shape().restore(one);
                }
            });
        }
        if (stored.items() != null) {
            items().restore(stored.items());
        }
    }

    /** As a text from which {@link #of} makes it again. */
    public String stored() {
        try {
            return JSON.writeValueAsString(toStored());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private Stored toStored() {
        Map<String, Stored> all = new LinkedHashMap<>();
        inOrder().forEach(one -> all.put(one.name(), one.shape().toStored()));
        Shape inner = items;
        return new Stored(seen.get(), all.isEmpty() ? null : all, inner == null ? null : inner.toStored());
    }

    void see(int kind) {
        if ((seen.get() & kind) != kind) {
            seen.getAndUpdate(before -> before | kind);
        }
    }

    /** Whether what is in its objects and lists matters. */
    boolean isOpen() {
        int kinds = seen.get();
        return depth == 0 || (depth <= DEEPEST && (kinds == OBJECT || kinds == LIST));
    }

    /** The member of a name in any case; null if there are too many others. */
    @Nullable
    Member member(String name) {
        Member known = members.get(name);
        return known != null ? known : otherwiseWritten(name);
    }

    private synchronized @Nullable Member otherwiseWritten(String name) {
        Member known = folded.get(lower(name));
        if (known != null) {
            return known;
        }
        if (folded.size() >= (depth == 0 ? MOST_COLUMNS : MOST_MEMBERS)) {
            return null;
        }
        Member created = new Member(name, folded.size(), new Shape(depth + 1));
        folded.put(lower(name), created);
        members.put(name, created);
        return created;
    }

    /** Its objects are JSON from now on. */
    void close() {
        see(TEXT);
    }

    Shape items() {
        Shape known = items;
        if (known != null) {
            return known;
        }
        synchronized (this) {
            Shape created = items == null ? new Shape(depth + 1) : items;
            items = created;
            return created;
        }
    }

    private List<Member> inOrder() {
        List<Member> all = new ArrayList<>(members.values());
        all.sort((one, other) -> Integer.compare(one.number(), other.number()));
        return all;
    }

    /** Decides on places whose type is still open, so that a pack gives them none that a later value would change. */
    public void settle() {
        int kinds = seen.get();
        boolean isEmptyObject = kinds == OBJECT
                && depth > 0
                && members.values().stream().allMatch(one -> one.shape().seen.get() == 0);
        if (isEmptyObject) {
            close();
        }
        members.values().forEach(one -> one.shape().settle());
        Shape inner = items;
        if (kinds == LIST && items().seen.get() == 0) {
            items().close();
        } else if (inner != null) {
            inner.settle();
        }
    }

    /** The columns with their types in DuckDB, in the order of appearance, without those that have no value yet. */
    public Map<String, String> columns() {
        return inOrder().stream()
                .filter(one -> one.shape().seen.get() != 0)
                .collect(Collectors.toMap(
                        Member::name, one -> one.shape().type(), (one, other) -> one, LinkedHashMap::new));
    }

    /** The type that holds all values. */
    private String type() {
        int kinds = seen.get();
        if (kinds == BOOLEAN) {
            return "BOOLEAN";
        }
        if (kinds == LIST && depth <= DEEPEST) {
            return items().type() + "[]";
        }
        if (kinds == OBJECT && depth <= DEEPEST) {
            String fields = inOrder().stream()
                    .filter(one -> one.shape().seen.get() != 0)
                    .map(one -> "\"%s\" %s"
                            .formatted(
                                    one.name().replace("\"", "\"\""),
                                    one.shape().type()))
                    .collect(Collectors.joining(", "));
            return fields.isEmpty() ? "VARCHAR" : "STRUCT(" + fields + ")";
        }
        boolean numbers = kinds != 0 && (kinds & ~(WHOLE | LONG | HUGE | REAL)) == 0;
        if (!numbers) {
            return "VARCHAR";
        }
        if ((kinds & REAL) == 0) {
            // Parquet has no HUGEINT: DuckDB would write a DOUBLE.
            return (kinds & HUGE) == 0 ? "BIGINT" : "DECIMAL(38,0)";
        }
        // A DOUBLE would change digits of the others.
        return (kinds & (LONG | HUGE)) == 0 ? "DOUBLE" : "VARCHAR";
    }

    /** As DuckDB compares names: the letters of ASCII only. */
    static String lower(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) >= 'A' && name.charAt(i) <= 'Z') {
                return name.chars()
                        .map(c -> c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            }
        }
        return name;
    }
}
