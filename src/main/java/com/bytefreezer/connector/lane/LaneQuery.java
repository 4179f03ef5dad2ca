package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.LaneQueries;
import com.bytefreezer.connector.cursor.LaneQueries.Begun;
import com.bytefreezer.connector.cursor.LaneQueries.Known;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.Engine;
import com.bytefreezer.connector.query.ParsingDuckDb;
import com.bytefreezer.connector.query.Query;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The query of a lane and its former queries: an object that is started with a query is finished with it. Two texts are
 * the same query if DuckDB's parser gives the same result for both. {@link #agree} is for one thread at a time, the
 * rest for several.
 */
final class LaneQuery {
    private static final Logger LOG = LoggerFactory.getLogger(LaneQuery.class);

    /**
     * A query, and everything else that changes its records.
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

    private Used parsed(Known known) {
        try (ParsingDuckDb duckDb = ParsingDuckDb.open(engine)) {
            return new Used(
                    Query.parse(known.sql(), duckDb.connection(), isLookup),
                    known.rest().equals("omit"));
        } catch (SQLException e) {
            throw new ConnectorException("DuckDB does not end (" + e.getMessage() + ").", e);
        }
    }

    /** The id of the query in records and started objects. */
    String id() {
        return id;
    }

    /** The query that an object was started with. */
    Used of(String begunWith) {
        return former.getOrDefault(begunWith, own);
    }

    /**
     * Called before each run: claims the lane for this query.
     *
     * @throws ConnectorException if another replica has a newer query
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
                                "another replica works on this export with a newer query. This replica leaves the export alone until both have the same query. Give all replicas the same query.sql, columns and records.nulls.")
                        .of(subject.get(), "");
        }
    }

    /** The id of a former query with the same meaning, or a new id. */
    private String known() {
        String found = "";
        for (Known each : queries.of(lane)) {
            Used used;
            try {
                used = parsed(each);
            } catch (ConnectorException e) {
                LOG.debug("{}: a former query is no longer valid", subject.get(), e);
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
        // Ids were made like this before queries were kept.
        String byText = id(content);
        return queries.hasUsed(lane, byText) ? byText : own.query().id(own.omitNulls());
    }

    private boolean isSame(Used other) {
        return other.omitNulls() == own.omitNulls()
                && other.query().meaning().equals(own.query().meaning());
    }

    private void sayThatItHasChanged() {
        Begun begun = queries.begunOtherwise(lane, id);
        LOG.warn(
                "{}: the query has changed. It applies to new objects; delivered ones are not repeated{}.",
                subject.get(),
                begun.objects() == 0
                        ? ""
                        : begun.lost()
                                ? "; %d started objects start again and repeat up to %d records"
                                        .formatted(begun.objects(), begun.records())
                                : "; the former query finishes %d started objects".formatted(begun.objects()));
    }

    private static String id(String text) {
        return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
