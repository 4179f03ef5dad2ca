package com.bytefreezer.connector.query;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The known columns of a dataset: those of all its objects, each with one type for all. Grows with every object; a type only widens. Safe for use by several threads.
 */
public final class Schema {
    private static final ObjectMapper JSON = Json.mapper();
    /** Maximum number of remembered objects; the footers of others are read again. */
    private static final int MOST_KNOWN = 10_000;

    /** Maximum number of types that a message names for a column. */
    private static final int MOST_SEEN = 8;

    private final Map<String, ColumnType> pinned;
    private final List<Column> columns = new ArrayList<>();
    private final Map<String, List<Column>> byName = new HashMap<>();
    /** The folded names of all columns in SQL. */
    private final Set<String> names = new HashSet<>();

    private final Map<LakeObject, Shape> shapes;
    private final Set<Shape> learned = new HashSet<>();
    private long version;

    /** A column of the dataset; guarded by the schema. */
    private static final class Column {
        /** The name in SQL. */
        private final String name;
        /** The name in files, where two columns may have the same. */
        private final String written;

        private ColumnType type = Widening.NOTHING;
        /** The types in objects, and the minimum number of objects that other processes have seen with each. */
        private final Map<String, Long> seen = new TreeMap<>();
        /** What is lost of the values of objects, for people. */
        private final Set<String> losses = new LinkedHashSet<>();
        /** Whether only folders have it. */
        private boolean folderOnly;

        private Column(String name, String written, boolean folderOnly) {
            this.name = name;
            this.written = written;
            this.folderOnly = folderOnly;
        }
    }

    /** @param mostKnown maximum number of remembered objects */
    Schema(Map<String, ColumnType> pinned, int mostKnown) {
        this.pinned = pinned;
        shapes = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<LakeObject, Shape> eldest) {
                return size() > mostKnown;
            }
        };
    }

    /** The schema of an unknown dataset. The setting columns.types pins types. */
    public static Schema of(Settings settings) {
        return new Schema(PinnedTypes.of(settings), MOST_KNOWN);
    }

    /** Whether no object has been seen. */
    public synchronized boolean isEmpty() {
        return learned.isEmpty() && columns.isEmpty();
    }

    /** Changes whenever objects are to be read differently. */
    public synchronized long version() {
        return version;
    }

    /** The columns with different types in different objects. */
    public synchronized List<MixedColumn> mixed() {
        List<Column> mixed =
                columns.stream().filter(column -> column.seen.size() > 1).toList();
        if (mixed.isEmpty()) {
            return List.of();
        }
        count();
        return mixed.stream()
                .map(column -> new MixedColumn(
                        column.name,
                        Widening.type(typeOf(column)),
                        column.seen.entrySet().stream()
                                .map(seen -> new MixedColumn.Seen(seen.getKey(), seen.getValue()))
                                .toList()))
                .toList();
    }

    /** What is lost of values: a line for people for each column and kind of loss. */
    public synchronized List<String> losses() {
        return columns.stream()
                .flatMap(column -> column.losses.stream()
                        .map(loss -> "the column %s %s".formatted(Query.identifier(column.name), loss)))
                .toList();
    }

    /** The number of remembered objects; an object counts once, even if it is read several times. */
    private void count() {
        IdentityHashMap<Shape, Long> alike = new IdentityHashMap<>();
        Map<Column, Map<String, Long>> counts = new HashMap<>();
        shapes.forEach((object, shape) -> {
            alike.merge(shape, 1L, Long::sum);
            object.partition().forEach((name, value) -> {
                List<Column> known = named(name);
                if (!known.isEmpty() && !value.equals(FolderValues.NULL)) {
                    count(counts, known.get(0), FolderValues.type(name, value), 1);
                }
            });
        });
        alike.forEach((shape, objects) -> {
            List<@Nullable Column> places = places(shape);
            for (int i = 0; i < places.size(); i++) {
                Column column = places.get(i);
                if (column != null) {
                    count(counts, column, spoken(shape.columns().get(i)), objects);
                }
            }
        });
        counts.forEach((column, types) -> types.forEach(
                (type, objects) -> column.seen.computeIfPresent(type, (same, most) -> Math.max(most, objects))));
    }

    private static void count(Map<Column, Map<String, Long>> counts, Column column, ColumnType type, long objects) {
        counts.computeIfAbsent(column, any -> new HashMap<>()).merge(Widening.type(type), objects, Long::sum);
    }

    // -- learning

    /** Learns from the names of these objects. */
    public synchronized void learnFolders(Collection<LakeObject> objects) {
        // All objects of a folder have the same values.
        objects.stream()
                .collect(
                        Collectors.toMap(LakeObject::folder, object -> object, (one, other) -> one, LinkedHashMap::new))
                .values()
                .forEach(this::learnFolders);
    }

    /** Learns from the name of this object. */
    public synchronized void learnFolders(LakeObject object) {
        object.partition().forEach((name, value) -> {
            List<Column> known = named(name);
            Column column = known.isEmpty() ? add(name, true) : known.get(0);
            if (!value.equals(FolderValues.NULL)) {
                see(column, FolderValues.type(name, value));
            }
        });
    }

    /** Learns the columns of an object. */
    synchronized void learn(LakeObject object, Shape shape) {
        shapes.put(object.whole(), shape);
        if (learned.add(shape)) {
            List<@Nullable Column> places = places(shape);
            for (int i = 0; i < places.size(); i++) {
                Shape.Member member = shape.columns().get(i);
                Column known = places.get(i);
                String name = member.name().isEmpty() ? "C" + i : member.name();
                Column column = known == null ? add(name, false) : known.folderOnly ? inFile(known, name) : known;
                see(column, spoken(member));
                version += column.losses.addAll(member.losses()) ? 1 : 0;
            }
        }
        learnFolders(object);
    }

    private static ColumnType spoken(Shape.Member member) {
        return member.type().isUnspeakable() ? Widening.JSON : Widening.inDataset(member.meant());
    }

    /** A column of a folder that files have, too, takes the position that it has in the file. */
    private Column inFile(Column folder, String name) {
        columns.remove(folder);
        names.remove(folded(folder.name));
        named(name).remove(folder);
        Column column = add(name, false);
        folder.seen.keySet().forEach(type -> see(column, ColumnType.of(type)));
        return column;
    }

    /** The known columns of an object; empty if its footer must be read. */
    synchronized Optional<Shape> shape(LakeObject object) {
        return Optional.ofNullable(shapes.get(object.whole()));
    }

    /** The known column for each column of a file; null for an unknown one. */
    private List<@Nullable Column> places(Shape shape) {
        Column[] places = new Column[shape.columns().size()];
        Set<Column> taken = new HashSet<>();
        // Equal names first, because two names in a file may differ only in case, in any order.
        for (boolean exactly : new boolean[] {true, false}) {
            for (int i = 0; i < places.length; i++) {
                String name = shape.columns().get(i).name();
                if (places[i] == null) {
                    places[i] = named(name.isEmpty() ? "C" + i : name).stream()
                            .filter(column -> !taken.contains(column))
                            .filter(column -> !exactly || column.written.equals(name))
                            .findFirst()
                            .orElse(null);
                    if (places[i] != null) {
                        taken.add(places[i]);
                    }
                }
            }
        }
        return Arrays.asList(places);
    }

    private List<Column> named(String name) {
        return byName.computeIfAbsent(folded(name), any -> new ArrayList<>());
    }

    private Column add(String written, boolean folderOnly) {
        // No name in SQL can contain a NUL.
        String plain = written.replace("\0", "");
        String name = plain;
        for (int i = 1; !names.add(folded(name)); i++) {
            name = plain + "_" + i;
        }
        Column column = new Column(name, written, folderOnly);
        columns.add(column);
        named(written).add(column);
        version++;
        return column;
    }

    private void see(Column column, ColumnType type) {
        if (!type.equals(Widening.NOTHING) && column.seen.size() < MOST_SEEN) {
            column.seen.putIfAbsent(Widening.type(type), 0L);
        }
        widen(column, type);
    }

    private void widen(Column column, ColumnType type) {
        ColumnType wider = Widening.of(column.type, type);
        if (!wider.equals(column.type)) {
            column.type = wider;
            version++;
        }
    }

    /** Folds names as DuckDB does when it compares them. */
    static String folded(String name) {
        StringBuilder folded = new StringBuilder(name);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                folded.setCharAt(i, (char) (c + 'a' - 'A'));
            }
        }
        return folded.toString();
    }

    // -- SQL

    /** Whether there is a column of this name. */
    synchronized boolean has(String name) {
        return names.contains(folded(name));
    }

    /** The select list of a table with all columns and no rows. */
    synchronized String nothing() {
        return inOrder().stream()
                .map(column -> "NULL::%s AS %s".formatted(Widening.type(typeOf(column)), Query.identifier(column.name)))
                .collect(Collectors.joining(", "));
    }

    /**
     * The select list over a file whose own columns are named {@code c0}, {@code c1}, ….
     *
     * @param raw the types of its columns if they differ from those of its shape, or null
     * @param folders expressions for the unchanged values of its folders, by name
     */
    synchronized List<String> selectList(
            Shape shape,
            @Nullable List<ColumnType> raw,
            Use use,
            Predicate<String> isRead,
            Map<String, String> folders) {
        Map<Column, Integer> places = new HashMap<>();
        List<@Nullable Column> known = places(shape);
        for (int i = 0; i < known.size(); i++) {
            Column column = known.get(i);
            if (column != null) {
                places.put(column, i);
            }
        }
        Map<String, String> byFoldedName = folders.entrySet().stream()
                .collect(Collectors.toMap(
                        folder -> folded(folder.getKey()), Map.Entry::getValue, (first, second) -> first));
        return inOrder().stream()
                .filter(column -> isRead.test(column.name))
                .map(column ->
                        value(column, shape, raw, use, places.get(column), byFoldedName.get(folded(column.written)))
                                + " AS " + Query.identifier(column.name))
                .toList();
    }

    private String value(
            Column column,
            Shape shape,
            @Nullable List<ColumnType> raw,
            Use use,
            @Nullable Integer place,
            @Nullable String folder) {
        ColumnType type = typeOf(column);
        if (folder != null) {
            return type.equals(Widening.TEXT) ? folder : folder + "::" + Widening.type(type);
        }
        if (place == null) {
            return "NULL::" + Widening.type(type);
        }
        return FileValues.sql("c" + place, shape.columns().get(place), raw == null ? null : raw.get(place), type, use);
    }

    private ColumnType typeOf(Column column) {
        return pinned.getOrDefault(folded(column.name), column.type);
    }

    /** Columns of files come first, as in DuckDB. */
    private List<Column> inOrder() {
        return columns.stream()
                .sorted(Comparator.comparing(column -> column.folderOnly))
                .toList();
    }

    // -- keeping

    /** Its content for {@link #add} to another one. */
    public synchronized String toJson() {
        count();
        ArrayNode list = JSON.createArrayNode();
        for (Column column : columns) {
            ObjectNode entry = list.addObject();
            entry.put("name", column.written);
            entry.put("type", column.type.toString());
            entry.put("folder", column.folderOnly);
            column.seen.keySet().forEach(entry.putArray("seen")::add);
            column.seen.values().forEach(entry.putArray("objects")::add);
        }
        return list.toString();
    }

    /** Learns the content of another one. */
    public synchronized void add(String json) {
        try {
            Map<String, Integer> counts = new HashMap<>();
            for (JsonNode entry : JSON.readTree(json)) {
                String written = entry.path("name").asText();
                boolean folderOnly = entry.path("folder").asBoolean();
                List<Column> known = named(written);
                // The second column of a name is the second one there, too.
                int number = counts.merge(folded(written), 1, Integer::sum) - 1;
                Column column = number < known.size() ? known.get(number) : add(written, folderOnly);
                column.folderOnly &= folderOnly;
                widen(column, ColumnType.of(entry.path("type").asText()));
                for (int i = 0; i < entry.path("seen").size(); i++) {
                    // Older versions stored no numbers.
                    long objects = entry.path("objects").path(i).asLong();
                    column.seen.merge(entry.path("seen").path(i).asText(), objects, Math::max);
                }
            }
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("no columns: " + json, e);
        }
    }
}
