package com.bytefreezer.connector.query;

import com.bytefreezer.connector.lake.LakeObject;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The columns of wide objects whose texts are short, because the whole column has few bytes in each row group, as their footers tell. To compare the lengths of hundreds of texts in each row takes a tenth of an export's time. Where a footer is wrong, DuckDB takes more memory for a large record, and the record is the same. Safe for use by several threads.
 */
final class ShortTexts {
    /** Maximum number of remembered objects; others count as unknown. */
    private static final int MOST_KNOWN = 10_000;
    /** A value of these types, or its text, has at most the bytes that it takes in the file, or a few. */
    private static final Set<String> TYPES = Set.of("VARCHAR", "BOOLEAN", "INTEGER", "BIGINT", "FLOAT", "DOUBLE");

    private final Map<LakeObject, Known> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<LakeObject, Known> eldest) {
            return size() > MOST_KNOWN;
        }
    };

    /** Few columns are large, so these are what is kept of each object; the shape is shared. */
    private record Known(Shape shape, List<String> large) {}

    /** @param large the names of the columns that have more bytes than {@link LargeRecords#mostInStream} in a row group */
    synchronized void learn(LakeObject object, Shape shape, Set<String> large) {
        if (shape.columns().size() > RowRendering.FEW_COLUMNS) {
            known.put(
                    object.whole(),
                    new Known(
                            shape,
                            shape.columns().stream()
                                    .map(Shape.Member::name)
                                    .filter(large::contains)
                                    .toList()));
        }
    }

    /** The names of the columns that have only texts of at most {@link LargeRecords#mostInStream} bytes in all these objects. */
    synchronized Set<String> of(Collection<LakeObject> objects) {
        Set<String> all = null;
        for (LakeObject object : objects) {
            Known one = known.get(object.whole());
            if (one == null) {
                return Set.of();
            }
            Set<String> names = one.shape().columns().stream()
                    .filter(column -> TYPES.contains(column.type().name()))
                    .map(Shape.Member::name)
                    .collect(Collectors.toCollection(HashSet::new));
            one.large().forEach(names::remove);
            if (all != null) {
                names.retainAll(all);
            }
            all = names;
        }
        return all == null ? Set.of() : all;
    }
}
