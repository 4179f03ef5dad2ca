package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.query.Plan;
import com.bytefreezer.connector.query.Query;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a lane's dataset is cut into units: object by object, or all at once. {@code query.sync} and the plan of the query decide
 * it; the plan is made once, at the first run that finds an object. Safe for use by several threads.
 */
final class Cut {
    private static final Logger LOG = LoggerFactory.getLogger(Cut.class);
    /** The number of objects at either end of the dataset that are searched for an unknown column. */
    private static final int SCHEMA_SAMPLE = 500;

    private final Exports exports;
    private final ExportDefinition definition;
    private final Query query;
    private final LaneDuckDb duckDb;
    private volatile @Nullable Plan plan;

    Cut(Exports exports, ExportDefinition definition, Query query, LaneDuckDb duckDb) {
        this.exports = exports;
        this.definition = definition;
        this.query = query;
        this.duckDb = duckDb;
    }

    /** Whether a run may need all objects together. */
    boolean mayNeedAll() {
        return plan == null || is(Plan.Kind.WHOLE);
    }

    /** Whether each record comes from one record of one object. */
    boolean isRowWise() {
        return is(Plan.Kind.ROW_WISE);
    }

    /** Whether, in addition, each record gives at most one. */
    boolean isOneEach() {
        return gives(Plan.Rows.ONE_EACH);
    }

    /** Whether each record of an object is joined with lookups. */
    boolean isJoined() {
        return gives(Plan.Rows.JOINED);
    }

    private boolean gives(Plan.Rows rows) {
        Plan made = plan;
        return made != null && isRowWise() && made.rows() == rows;
    }

    /** How the dataset is cut, and why, for a person. */
    String describe() {
        Plan made = plan;
        return made == null ? "nothing to do" : "%s: %s".formatted(made.covers(definition.sync()), made.reason());
    }

    private boolean is(Plan.Kind kind) {
        Plan made = plan;
        return made != null && made.kind(definition.sync()) == kind;
    }

    /**
     * Decides it with the first objects of the run.
     *
     * @throws ConnectorException if the query does not fit the dataset
     */
    Plan.Kind decide(Run run, List<LakeObject> first) {
        Plan made = plan;
        if (made == null) {
            made = make(run, first);
            plan = made;
            tell(made);
        }
        Plan decided = made;
        exports.huntOf(definition.lane()).ifPresent(hunt -> hunt.require(decided, isJoined()));
        return made.kind(definition.sync());
    }

    private void tell(Plan made) {
        LOG.info(
                "{}: {} sync (query.sync={}): {}.",
                exports.subject(definition),
                made.covers(definition.sync()),
                definition.sync(),
                made.reason());
        if (made.kind(definition.sync()) == Plan.Kind.LIMITED && made.kind() == Plan.Kind.LIMITED) {
            LOG.warn(
                    "{}: the query has a LIMIT: each run delivers that many of the new records and skips the others for good. Remove the LIMIT from query.sql to export every record.",
                    exports.subject(definition));
        }
    }

    private Plan make(Run run, List<LakeObject> first) {
        try {
            return duckDb.of(run).planWithFirst(query, first, duckDb.schema());
        } catch (ConnectorException e) {
            long known = duckDb.schema().version();
            duckDb.learn(run, run.sample(SCHEMA_SAMPLE));
            if (duckDb.schema().version() == known) {
                throw nothingExported(e);
            }
        }
        try {
            return duckDb.of(run).planWithFirst(query, first, duckDb.schema());
        } catch (ConnectorException e) {
            throw nothingExported(e);
        }
    }

    private static ConnectorException nothingExported(ConnectorException e) {
        return new ConnectorException(e.saying(""), Problem.NOTHING_EXPORTED, "", e);
    }
}
