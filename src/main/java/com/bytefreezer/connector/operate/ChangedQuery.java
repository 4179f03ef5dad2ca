package com.bytefreezer.connector.operate;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.cursor.LaneQueries.Known;
import com.bytefreezer.connector.delivery.DeadLetter;
import com.bytefreezer.connector.delivery.DeadLetterLine;
import com.bytefreezer.connector.lake.Credentials;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.query.RecordRows;
import com.bytefreezer.connector.query.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes the records of dead letters anew with another query, each of the row of the lake that it was made of. The id of a
 * dead letter proves which row that is: it depends on the object's content, on the query that made the record, and on the
 * record's number. For one thread.
 */
final class ChangedQuery implements Replay.Remaking, AutoCloseable {
    /** More records at a time would need more memory. */
    private static final int AT_ONCE = 1000;

    private static final String UNKNOWN =
            "The row of a record is not known: its object was changed or removed since, or its query does not make each record of one row. It stays a dead letter.";

    private final Query query;
    /** The queries that may have made the dead letters, by their ids. */
    private final Map<String, Query> former = new LinkedHashMap<>();

    private final boolean omitNulls;
    private final long maxBytes;
    private final Lake lake;
    private final Map<String, LakeObject> objects = new HashMap<>();
    private final DuckDb duckDb;
    private final Schema schema;
    private final RecordRows rows;
    private final Map<Query, Boolean> telling = new HashMap<>();

    /** The query that made dead letters of an object. */
    private record Source(LakeObject object, Query query) {}

    /**
     * Lists the dataset of an export.
     *
     * @param sql the changed query
     * @param known the queries of the lane
     * @param keys of the objects of the dead letters
     * @throws ConnectorException if the query is wrong, or the dataset cannot be listed
     */
    ChangedQuery(Planner planner, ExportDefinition export, String sql, List<Known> known, Set<String> keys) {
        omitNulls = planner.settings().omitsNulls();
        maxBytes = planner.settings().integer("records.max-bytes");
        query = planner.query(sql);
        Query present = planner.query(export);
        former.put(present.id(omitNulls), present);
        known.forEach(each -> parse(planner, each));
        Set<String> wholes = keys.stream().map(LakeObject::keyOfWhole).collect(Collectors.toSet());
        Credentials credentials = planner.credentials(export);
        lake = planner.lake(export, credentials);
        try {
            Tally all = new Tally();
            planner.tally(lake, all, object -> {
                if (keys.contains(object.key()) || wholes.contains(object.key())) {
                    objects.put(object.key(), object);
                }
                return true;
            });
            duckDb = planner.open(lake, credentials, query);
            schema = planner.learned(export, duckDb, all);
            rows = new RecordRows(duckDb);
            duckDb.lock(1);
        } catch (RuntimeException | Error e) {
            lake.close();
            throw e;
        }
    }

    private void parse(Planner planner, Known known) {
        try {
            former.putIfAbsent(known.id(), planner.query(known.sql()));
        } catch (ConnectorException e) {
            // A query of an earlier version of DuckDB; its records cannot be made again.
        }
    }

    @Override
    public int atOnce() {
        return AT_ONCE;
    }

    @Override
    public Replay.Remade of(List<DeadLetterLine> lines) {
        Map<Source, List<DeadLetterLine>> bySource = new LinkedHashMap<>();
        List<DeadLetterLine> remade = new ArrayList<>();
        long failed = 0;
        String why = null;
        for (DeadLetterLine line : lines) {
            Source source = line.letter().map(this::source).orElse(null);
            if (source == null) {
                failed++;
                why = line.letter().isEmpty() ? line.problem() : UNKNOWN;
            } else {
                bySource.computeIfAbsent(source, any -> new ArrayList<>()).add(line);
            }
        }
        long tried = 0;
        for (Map.Entry<Source, List<DeadLetterLine>> each : bySource.entrySet()) {
            try {
                remade.addAll(remade(each.getKey(), each.getValue()));
                tried += each.getValue().size();
            } catch (ConnectorException e) {
                if (e.kind() == Kind.BAD_SQL) {
                    throw e;
                }
                failed += each.getValue().size();
                why = e.saying(each.getKey().object().key());
            }
        }
        return new Replay.Remade(remade, tried - remade.size(), failed, why);
    }

    private @Nullable Source source(DeadLetter letter) {
        LakeObject listed = objects.get(letter.object());
        LakeObject whole = listed == null ? objects.get(LakeObject.keyOfWhole(letter.object())) : listed;
        if (whole == null) {
            return null;
        }
        LakeObject object = whole.part(letter.object());
        return former.entrySet().stream()
                .filter(each -> letter.isMadeOf(object, each.getKey()))
                .findFirst()
                .map(each -> new Source(object, each.getValue()))
                .orElse(null);
    }

    private List<DeadLetterLine> remade(Source source, List<DeadLetterLine> lines) {
        LakeObject object = source.object();
        requireRows(query, object, Kind.BAD_SQL, "SQL: the changed query");
        requireRows(source.query(), object, Kind.OTHER, "the query that made its records");
        Map<Long, Long> rowOf = rows.of(
                source.query(),
                object,
                schema,
                lines.stream()
                        .flatMap(line -> line.letter().stream())
                        .map(DeadLetter::recordNumber)
                        .toList());
        Map<Long, byte[]> records =
                rowOf.isEmpty() ? Map.of() : rows.records(query, object, schema, omitNulls, rowOf.values(), maxBytes);
        return lines.stream()
                .flatMap(line -> line.letter().stream()
                        .flatMap(letter -> Optional.ofNullable(rowOf.get(letter.recordNumber())).stream()
                                .flatMap(row -> Optional.ofNullable(records.get(row)).stream())
                                .map(json -> line.with(letter.with(json)))))
                .toList();
    }

    private void requireRows(Query each, LakeObject object, Kind kind, String subject) {
        if (!telling.computeIfAbsent(each, any -> rows.canTell(each, object, schema))) {
            throw new ConnectorException(
                    new Problem(
                            kind,
                            "",
                            subject
                                    + " must make one record of each row that it selects from events, without joins, UNNEST and file_row_number: otherwise it is not known which record belongs to which dead letter.",
                            "It stays a dead letter.",
                            ""),
                    null);
        }
    }

    @Override
    public void close() {
        try (lake) {
            duckDb.close();
        }
    }
}
