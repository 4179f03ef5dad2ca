package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.cursor.LaneLookups;
import com.bytefreezer.connector.lake.ChosenLake;
import com.bytefreezer.connector.lake.Lake;
import com.bytefreezer.connector.query.LookupTables;
import com.bytefreezer.connector.query.Query;
import java.util.Map;

/** The lookups that the runs of a lane join with events; in a hunt also the objects that they read. Safe for use by several threads. */
final class Joins {
    private final Exports exports;
    private final Lane lane;
    private final Query query;
    private volatile Map<String, String> versions = Map.of();

    Joins(Exports exports, Lane lane, Query query) {
        this.exports = exports;
        this.lane = lane;
        this.query = query;
    }

    /** The current lookups for a run that begins; records that the lane uses these versions. */
    LookupTables open() {
        LookupTables now = exports.lookups().of(query.lookups());
        versions = now.versions();
        LaneLookups lanes = exports.cursor().lookups();
        boolean isNew = exports.lookupVersions().keep(now);
        lanes.use(lane, versions);
        if (isNew) {
            versions.keySet().forEach(name -> exports.lookupVersions().forgetUnused(name, lanes));
        }
        return exports.huntOf(lane).map(hunt -> hunt.of(now)).orElse(now);
    }

    /** The versions that the last run has joined, by name. */
    Map<String, String> versions() {
        return versions;
    }

    /** The lake, or the part of it that a hunt reads. */
    Lake chosen(Lake lake) {
        return exports.huntOf(lane)
                .map(hunt -> ChosenLake.of(lake, hunt.objects()))
                .orElse(lake);
    }
}
