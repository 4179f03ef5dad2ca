package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.LaneQueries;
import com.bytefreezer.connector.cursor.LaneQueries.Begun;
import com.bytefreezer.connector.cursor.LaneQueries.Known;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.query.Query;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The query of a lane, and those that it had before: what is begun with one is finished with it. Two texts are the same query
 * when DuckDB's parser makes the same of them. {@link #agree} is for one thread at a time, the rest for several.
 */
final class LaneQuery {
    private static final Logger LOG = LoggerFactory.getLogger(LaneQuery.class);

    /**
     * A query, and what else changes its records.
     *
     * @param omitNulls whether a NULL is left out
     */
    record Used(Query query, boolean omitNulls) {}

    private final Lane lane;
    private final Supplier<String> subject;
    private final Engine engine;
    private final Predicate<String> isLookup;
    private final LaneQueries queries;
    private final String content;
    private final Used own;
    private final Map<String, Used> former = new ConcurrentHashMap<>();
    private volatile String id = "";

    LaneQuery(
            Lane lane,
            Supplier<String> subject,
            Engine engine,
            Predicate<String> isLookup,
            LaneQueries queries,
            Query own,
            String text,
            String nulls) {
        this.lane = lane;
        this.subject = subject;
        this.engine = engine;
        this.isLookup = isLookup;
        this.queries = queries;
        content = text + "\n" + nulls;
        this.own = new Used(own, nulls.equals("omit"));
    }

    private Used parsed(String of) {
        int end = of.lastIndexOf('\n');
        try (Connection connection = DuckDb.forParsing(engine)) {
            return new Used(
                    Query.parse(of.substring(0, end), connection, isLookup),
                    of.substring(end + 1).equals("omit"));
        } catch (SQLException e) {
            throw new ConnectorException("DuckDB does not end (" + e.getMessage() + ").", e);
        }
    }

    /** By which the records and the objects that are begun know it. */
    String id() {
        return id;
    }

    /** What an object was begun with. */
    Used of(String begunWith) {
        return former.getOrDefault(begunWith, own);
    }

    /**
     * Before each run: the lane is this query's, or another replica's.
     *
     * @throws ConnectorException when it is another's, which has a newer query
     */
    void agree() {
        if (id.isEmpty()) {
            id = known();
        }
        switch (queries.agree(lane, new Known(id, content))) {
            case SAME -> {}
            case CHANGED -> sayThatItHasChanged();
            case OTHERS ->
                throw new ConnectorException(
                                "another replica works on this export with a newer query. This one leaves it alone until both have the same. Give all replicas the same query.sql, columns and records.nulls.")
                        .of(subject.get(), "");
        }
    }

    /** The id of a query of before that means the same, or a new one. */
    private String known() {
        String found = "";
        for (Known each : queries.of(lane)) {
            Used used;
            try {
                used = parsed(each.text());
            } catch (ConnectorException e) {
                LOG.debug("{}: a former query is none any more", subject.get(), e);
                continue;
            }
            if (found.isEmpty() && isSame(used)) {
                found = each.id();
            }
            former.put(each.id(), used);
        }
        if (!found.isEmpty()) {
            return found;
        }
        // So did an id come about before queries were kept.
        String byText = id(content);
        return queries.hasUsed(lane, byText) ? byText : id(own.query().meaning() + "\n" + own.omitNulls());
    }

    private boolean isSame(Used other) {
        return other.omitNulls() == own.omitNulls()
                && other.query().meaning().equals(own.query().meaning());
    }

    private void sayThatItHasChanged() {
        Begun begun = queries.begunOtherwise(lane, id);
        LOG.warn(
                "{}: the query has changed. What is delivered stays as it is, and new objects go by the new query{}.",
                subject.get(),
                begun.objects() == 0
                        ? ""
                        : begun.lost()
                                ? "; of %d objects that were begun up to %d records come again"
                                        .formatted(begun.objects(), begun.records())
                                : "; %d objects that were begun are finished with the former one"
                                        .formatted(begun.objects()));
    }

    private static String id(String text) {
        return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
