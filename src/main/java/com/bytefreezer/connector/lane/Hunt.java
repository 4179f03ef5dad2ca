package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.query.LookupTable;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.query.Plan;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A run over delivered objects that delivers only the records that new entries of a lookup add: records that the query returns with the current lookup, but not with a former version. Safe for use by several threads.
 */
public final class Hunt {
    private final String lookup;
    private final String version;
    private final Optional<LookupTable> former;
    private final UnaryOperator<Iterator<LakeObject>> objects;
    private volatile boolean refused;

    /**
     * A hunt for new entries.
     *
     * @param lookup its name
     * @param version the version with the new entries
     * @param former the version to compare with; empty if it is unknown, and then all records of these objects are delivered
     * @param objects selects the objects of the dataset to read
     */
    public Hunt(
            String lookup, String version, Optional<LookupTable> former, UnaryOperator<Iterator<LakeObject>> objects) {
        this.lookup = lookup;
        this.version = version;
        this.former = former;
        this.objects = objects;
    }

    /** Whether a hunt makes no sense for the query. */
    public boolean isRefused() {
        return refused;
    }

    UnaryOperator<Iterator<LakeObject>> objects() {
        return objects;
    }

    /** @throws ConnectorException if the lookup has changed since the hunt began */
    LookupTables of(LookupTables now) {
        if (!version.equals(now.versions().get(lookup))) {
            throw new ConnectorException(
                    "lookup %s has changed again.".formatted(lookup),
                    "The retro-hunt has delivered nothing.",
                    "Let the export run with the new version, then hunt again. A watch does both by itself.",
                    null);
        }
        return former.map(now::since).orElse(now);
    }

    /** @throws ConnectorException if new entries do more than add records */
    void require(Plan plan, boolean isJoined) {
        if (!isJoined) {
            throw refused("its query does not join each record by itself (%s)".formatted(plan.reason()));
        }
        if (plan.enriching().contains(lookup)) {
            throw refused(
                    "its query keeps records that do not match, as a LEFT or ANTI join does: a new entry changes or removes records that were delivered");
        }
    }

    private ConnectorException refused(String why) {
        refused = true;
        return new ConnectorException(
                "a retro-hunt for lookup %s is not possible: %s.".formatted(lookup, why),
                "Nothing was delivered.",
                "Use --mode replay with --from and --to to deliver everything again.",
                null);
    }
}
